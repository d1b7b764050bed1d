// Views in functional form, joins, repetitions, padding, copies. Most sizes are simply those captured.

#include "Call.h"

#include "tc/Dialect/TC/IR/SizeRange.h"

using namespace mlir;

namespace tc::decompose {

static Results identity(Call &c) { return c.expr(0); }
// Conversions: the captured type says to what.
static Results convert(Call &c) { return castTo(c.expr(0), c.element()); }
static Results reshapeFunction(Call &c) { return reshape(c.expr(0), c.resultSizes()); }
static Results expand(Call &c) { return broadcast(c.expr(0), c.resultSizes()); }
// copy(self, src): src in self's type and sizes.
static Results copy(Call &c) { return castTo(c.expr(1), c.element()); }
static Results bitcastFunction(Call &c) {
  Expr x = c.expr(0);
  Type from = x.getElementType(), to = c.element();
  if (from && x.isTensor() && from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth())
    return Expr(c, ReinterpretOp::create(c, c.loc, c.resultType(), x.getValue()));
  return from == to ? x : bitcast(x, to);
}

static Results permute(Call &c) { return transpose(c.expr(0), c.integers(1)); }
static Results transposeInt(Call &c) { return swapDims(c.expr(0), c.integer(1), c.integer(2)); }
static Results transposeMatrix(Call &c) {
  Expr x = c.expr(0);
  return x.getRank() < 2 ? x : swapDims(x, -1, -2);
}
static Results reverseDims(Call &c) {
  Ints dims = allDims(c.expr(0));
  std::reverse(dims.begin(), dims.end());
  return transpose(c.expr(0), dims);
}
static Results movedim(Call &c) {
  Expr x = c.expr(0);
  Ints from = c.integers(1), to = c.integers(2), permutation(x.getRank(), -1);
  SmallVector<bool> used(x.getRank(), false);
  for (auto [source, target] : llvm::zip(from, to)) {
    int64_t dim = wrapDim(c, source, x.getRank());
    permutation[wrapDim(c, target, x.getRank())] = dim;
    used[dim] = true;
  }
  int64_t next = 0;
  for (int64_t &dim : permutation) {
    if (dim >= 0)
      continue;
    while (next < x.getRank() && used[next])
      ++next;
    dim = next++;
  }
  return transpose(x, permutation);
}

// select.int(self, dim, index).
static Results selectInt(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(1, x.getRank());
  return at(x, dim, wrapIndex(c.sizeArg(2), x.getSize(dim), c.getOp()));
}
// slice.Tensor(self, dim, start, end, step): the captured size is the length.
static Results sliceTensor(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(1, x.getRank(), 0);
  SizeAttr size = x.getSize(dim), start = c.isNone(2) ? c.size(0) : wrapIndex(c.sizeArg(2), size, c.getOp());
  Sizes sizes = c.resultSizes();
  if (x.getRank() == 0 || sizes.size() != x.getSizes().size()) {
    c.fail("a slice of a tensor of another rank");
    return Expr();
  }
  if (sizes[dim].getConstant() == 0 || (c.integer(4, 1) == 1 && sizes[dim] == size))
    start = c.size(0);
  return slice(x, dim, start, sizes[dim], c.integer(4, 1));
}
static Results narrow(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(1, x.getRank());
  return slice(x, dim, wrapIndex(c.sizeArg(2), x.getSize(dim), c.getOp()), c.sizeArg(3));
}

// split, chunk, tensor_split: parts of the captured sizes, one after the other.
static Results splitAlong(Call &c, int64_t dim) {
  Expr x = c.expr(0);
  SmallVector<Expr> parts;
  SizeAttr offset = c.size(0);
  for (size_t i = 0; i < c.getNumResults(); ++i) {
    Sizes sizes = c.resultSizes(i);
    if (sizes.size() != x.getSizes().size() || sizes.empty()) {
      c.fail("a part of another rank");
      return Expr();
    }
    parts.push_back(slice(x, dim, offset, sizes[dim]));
    offset = offset + sizes[dim];
  }
  return parts;
}
static Results split(Call &c) { return splitAlong(c, c.dim(2, c.expr(0).getRank(), 0)); }
static Results unbind(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(1, x.getRank(), 0);
  SmallVector<Expr> parts;
  for (size_t i = 0; i < c.getNumResults(); ++i)
    parts.push_back(at(x, dim, c.size(i)));
  return parts;
}

static Results diagonal(Call &c) {
  Expr x = c.expr(0);
  int64_t offset = c.integer(1, 0), a = c.dim(2, x.getRank(), 0), b = c.dim(3, x.getRank(), 1);
  Expr i = iota(c, c.resultSizes().back());
  Expr row = i + std::max<int64_t>(-offset, 0), column = i + std::max<int64_t>(offset, 0);
  return moveDim(gather(x, {row, column}, {a, b}, Range::Known), 0, -1);
}
static Results diagEmbed(Call &c) {
  Expr x = c.expr(0);
  Sizes sizes = c.resultSizes();
  int64_t offset = c.integer(1, 0), a = c.dim(2, sizes.size(), -2), b = c.dim(3, sizes.size(), -1);
  Expr i = iota(c, x.getSize(-1));
  Expr row = i + std::max<int64_t>(-offset, 0), column = i + std::max<int64_t>(offset, 0);
  return scatter(full(c, sizes, 0, c.element()), {row, column}, moveDim(x, -1, 0), {a, b}, std::nullopt, Range::Known);
}

//===----------------------------------------------------------------------===//
// Joining and repeating
//===----------------------------------------------------------------------===//

// cat(tensors, dim); empty vectors of the old kind do not take part.
static Results cat(Call &c) {
  SmallVector<Expr> inputs;
  for (const Expr &input : c.exprs(0)) {
    Sizes sizes = input.getSizes();
    if (!(sizes.size() == 1 && sizes[0].getConstant() == 0 && c.resultSizes().size() > 1))
      inputs.push_back(castTo(input, c.element()));
  }
  if (inputs.empty())
    return full(c, c.resultSizes(), 0, c.element());
  return concat(inputs, c.dim(1, c.resultSizes().size(), 0));
}
static Results stack(Call &c) {
  int64_t dim = c.dim(1, c.resultSizes().size(), 0);
  SmallVector<Expr> inputs;
  for (const Expr &input : c.exprs(0))
    inputs.push_back(unsqueeze(castTo(input, c.element()), dim));
  return concat(inputs, dim);
}

// repeat(self, repeats): each dimension [r, n] in turn, joined.
static Results repeat(Call &c) {
  Expr x = c.expr(0);
  Sizes repeats = c.sizes(1), result = c.resultSizes();
  if (repeats.size() < static_cast<size_t>(x.getRank()) && c.getPacket() == "tile")
    repeats.insert(repeats.begin(), x.getRank() - repeats.size(), c.size(1));
  while (x.getRank() < static_cast<int64_t>(repeats.size()))
    x = unsqueeze(x, 0);
  Sizes sizes = x.getSizes(), interleaved, repeated;
  for (auto [size, times] : llvm::zip(sizes, repeats)) {
    interleaved.append({c.size(1), size});
    repeated.append({times, size});
  }
  return reshape(broadcast(reshape(x, interleaved), repeated), result);
}
// repeat_interleave.self_int(self, repeats, dim).
static Results repeatInterleave(Call &c) {
  Expr x = c.isNone(2) ? flatten(c.expr(0)) : c.expr(0);
  int64_t dim = c.dim(2, x.getRank(), 0);
  Sizes sizes = x.getSizes();
  sizes.insert(sizes.begin() + dim + 1, c.sizeArg(1));
  return reshape(broadcast(unsqueeze(x, dim + 1), sizes), c.resultSizes());
}

static Results flip(Call &c) { return reverse(c.expr(0), c.integers(1)); }
static Results fliplr(Call &c) { return reverse(c.expr(0), c.getPacket() == "fliplr" ? 1 : 0); }

// roll(self, shifts, dims): the last part comes first.
static Results roll(Call &c) {
  Expr x = c.expr(0);
  Sizes original = x.getSizes(), shifts = c.sizes(1);
  Ints dims = c.integers(2);
  if (dims.empty()) {
    x = flatten(x);
    dims = {0};
  }
  for (auto [dim, shift] : llvm::zip(dims, shifts)) {
    SizeAttr size = x.getSize(dim);
    if (size.getConstant() == 0)
      continue;
    SizeAttr first = mod(shift, size), rest = size - first;
    if (first.getConstant() == 0)
      continue;
    x = concat({slice(x, dim, rest, first), slice(x, dim, c.size(0), rest)}, dim);
  }
  return reshape(x, original);
}

// unfold(self, dimension, size, step): windows as a new last dimension.
static Results unfold(Call &c) {
  Expr x = c.expr(0);
  Sizes result = c.resultSizes();
  if (x.getRank() == 0)
    return reshape(x, result);
  int64_t dim = c.dim(1, x.getRank());
  Expr start = iota(c, result[dim]) * c.integer(3), offset = iota(c, result.back());
  Expr windows = gather(x, unsqueeze(start, 1) + offset, dim, Range::Known);
  return moveDim(moveDim(windows, 1, -1), 0, dim);
}

//===----------------------------------------------------------------------===//
// Padding: lists run from the last dimension to the first, (low, high) each
//===----------------------------------------------------------------------===//

// constant_pad_nd(self, pad, value); `pad` has the value in another place.
static Expr padWith(Call &c, size_t valueArg) {
  Expr x = c.expr(0);
  Sizes list = c.sizes(1), low(x.getRank(), c.size(0)), high = low;
  if (list.size() % 2 || list.size() / 2 > low.size()) {
    c.fail("padding of " + Twine(list.size()) + " entries for a tensor of rank " + Twine(low.size()));
    return Expr();
  }
  // Negative padding cuts.
  for (size_t i = 0; i < list.size() / 2; ++i) {
    int64_t dim = x.getRank() - 1 - i;
    SizeAttr before = list[2 * i], after = list[2 * i + 1], offset = c.size(0), size = x.getSize(dim);
    if (before.getConstant().value_or(0) < 0) {
      offset = c.size(-*before.getConstant());
      size = size + before;
      before = c.size(0);
    }
    if (after.getConstant().value_or(0) < 0) {
      size = size + after;
      after = c.size(0);
    }
    x = slice(x, dim, offset, size);
    low[dim] = before;
    high[dim] = after;
  }
  return pad(x, c.isNone(valueArg) ? Expr(0) : c.expr(valueArg), low, high);
}
static Results constantPad(Call &c) { return padWith(c, 2); }

// Where each element of a padded dimension comes from.
enum class PadMode { Reflect, Replicate, Circular };
static Expr padSource(Call &c, SizeAttr result, SizeAttr size, SizeAttr before, PadMode mode) {
  Expr position = iota(c, result) - Expr(before), last = Expr(size - 1);
  if (mode == PadMode::Replicate)
    return clamp(position, 0, last);
  if (mode == PadMode::Circular)
    return remainder(position, Expr(size));
  // |p|, and as much before the last as p is beyond it.
  return last - abs(last - abs(position));
}

static SizeAttr beforeOf(Call &c, ArrayRef<SizeAttr> list, int64_t fromLast) {
  return 2 * fromLast < static_cast<int64_t>(list.size()) ? list[2 * fromLast] : c.size(0);
}

template <PadMode mode> static Results padFrom(Call &c) {
  Expr x = c.expr(0);
  Sizes list = c.sizes(1), result = c.resultSizes();
  for (size_t i = 0; i < list.size() / 2 && static_cast<int64_t>(i) < x.getRank(); ++i) {
    int64_t dim = x.getRank() - 1 - i;
    Expr source = padSource(c, result[dim], x.getSize(dim), beforeOf(c, list, i), mode);
    x = moveDim(gather(x, source, dim, Range::Known), 0, dim);
  }
  return x;
}
// pad(self, pad, mode, value), as files hold it.
static Results padInMode(Call &c) {
  StringRef mode = c.string(2, "constant");
  if (mode == "constant")
    return padWith(c, 3);
  if (mode == "reflect")
    return padFrom<PadMode::Reflect>(c);
  if (mode == "replicate")
    return padFrom<PadMode::Replicate>(c);
  if (mode != "circular")
    c.reject("padding in mode '" + mode + "'");
  return padFrom<PadMode::Circular>(c);
}

// reflection_pad2d_backward(grad, self, padding): each element of the gradient goes back to its source.
template <PadMode mode> static Results padFromBackward(Call &c) {
  Expr grad = c.wide(0);
  Sizes list = c.sizes(2), result = c.resultSizes();
  for (size_t i = 0; i < list.size() / 2 && static_cast<int64_t>(i) < grad.getRank(); ++i) {
    int64_t dim = grad.getRank() - 1 - i;
    Expr source = padSource(c, grad.getSize(dim), result[dim], beforeOf(c, list, i), mode);
    Sizes sizes = grad.getSizes();
    sizes[dim] = result[dim];
    grad = scatter(full(c, sizes, 0.0, grad.getElementType()), source, moveDim(grad, dim, 0), dim, ReductionKind::sum,
                   Range::Known);
  }
  return grad;
}

static Results pixelShuffle(Call &c) {
  Expr x = c.expr(0);
  int64_t r = c.integer(1), rank = x.getRank();
  Expr y = unflatten(x, rank - 3, {floorDiv(x.getSize(-3), c.size(r * r)), c.size(r), c.size(r)});
  // [C, r, s, H, W] as [C, H, r, W, s].
  y = moveDim(moveDim(y, rank - 2, rank), rank - 2, rank + 1);
  return reshape(y, c.resultSizes());
}
static Results pixelUnshuffle(Call &c) {
  Expr x = c.expr(0);
  int64_t r = c.integer(1), rank = x.getRank();
  Expr y = unflatten(x, rank - 1, {floorDiv(x.getSize(-1), c.size(r)), c.size(r)});
  y = unflatten(y, rank - 2, {floorDiv(x.getSize(-2), c.size(r)), c.size(r)});
  // [C, H, r, W, s] as [C, r, s, H, W].
  y = moveDim(moveDim(y, rank - 1, rank - 2), rank + 1, rank - 1);
  return reshape(y, c.resultSizes());
}

// diff(self, n, dim, prepend, append).
static Results diff(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(2, x.getRank(), -1);
  SmallVector<Expr> parts;
  for (size_t i : {3, 0, 4})
    if (Expr part = c.expr(i))
      parts.push_back(part);
  x = concat(parts, dim);
  for (int64_t n = c.integer(1, 1); n > 0 && x.isTensor(); --n) {
    SizeAttr length = x.getSize(dim) - 1;
    x = slice(x, dim, c.size(1), length) - slice(x, dim, c.size(0), length);
  }
  return x;
}

void addShape(Decompositions &d) {
  d.add({"clone", "contiguous", "alias", "detach", "lift", "lift_fresh", "lift_fresh_copy"}, identity);
  d.add({"_to_copy", "to.*", "type_as", "prims::convert_element_type", "prims::device_put",
         "_autocast_to_reduced_precision", "_autocast_to_full_precision"},
        convert);
  d.add({"view", "_unsafe_view", "reshape", "_reshape_alias", "flatten.*", "unflatten.*", "squeeze.*", "unsqueeze",
         "view_as", "reshape_as", "ravel", "atleast_1d", "atleast_2d", "atleast_3d", "prims::view_of",
         "prims::collapse_view"},
        reshapeFunction);
  d.add("view.dtype", bitcastFunction);
  d.add({"expand", "expand_as", "broadcast_to"}, expand);
  d.add("copy", copy);
  d.add("permute", permute);
  d.add({"transpose.int", "swapaxes", "swapdims"}, transposeInt);
  d.add({"t", "mT", "adjoint", "matrix_H"}, transposeMatrix);
  d.add("numpy_T", reverseDims);
  d.add({"movedim.int", "movedim.intlist", "moveaxis.int", "moveaxis.intlist"}, movedim);
  d.add("select.int", selectInt);
  d.add("slice.Tensor", sliceTensor);
  d.add("narrow", narrow);
  d.add({"split.*", "split_with_sizes", "chunk", "unsafe_split.*", "unsafe_split_with_sizes", "unsafe_chunk",
         "tensor_split.*"},
        split);
  d.add("unbind.int", unbind);
  d.add("diagonal", diagonal);
  d.add("diag_embed", diagEmbed);
  d.add({"cat", "concat", "concatenate"}, cat);
  d.add("stack", stack);
  d.add({"repeat", "tile"}, repeat);
  d.add("repeat_interleave.self_int", repeatInterleave);
  d.add("flip", flip);
  d.add({"fliplr", "flipud"}, fliplr);
  d.add("roll", roll);
  d.add("unfold", unfold);
  d.add("constant_pad_nd", constantPad);
  d.add("pad", padInMode);
  d.add({"reflection_pad1d", "reflection_pad2d", "reflection_pad3d"}, padFrom<PadMode::Reflect>);
  d.add({"replication_pad1d", "replication_pad2d", "replication_pad3d"}, padFrom<PadMode::Replicate>);
  d.add("_pad_circular", padFrom<PadMode::Circular>);
  d.add({"reflection_pad1d_backward", "reflection_pad2d_backward", "reflection_pad3d_backward"},
        padFromBackward<PadMode::Reflect>);
  d.add({"replication_pad1d_backward", "replication_pad2d_backward", "replication_pad3d_backward"},
        padFromBackward<PadMode::Replicate>);
  d.add("pixel_shuffle", pixelShuffle);
  d.add("pixel_unshuffle", pixelUnshuffle);
  d.add("diff", diff);
}

} // namespace tc::decompose
