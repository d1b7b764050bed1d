// Expressions: views, padding, joining, and data-dependent indices.

#include "Expr.h"

#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace tc::decompose {

int64_t wrapDim(ExprBuilder &b, int64_t dim, int64_t rank) {
  int64_t range = std::max<int64_t>(rank, 1);
  if (dim < -range || dim >= range) {
    b.fail("dimension " + Twine(dim) + " is outside a tensor of rank " + Twine(rank));
    return 0;
  }
  return dim < 0 ? dim + range : dim;
}

static RankedTensorType typeOf(const Expr &x, ArrayRef<SizeAttr> sizes) {
  return getTensorType(sizes, x.getElementType());
}

Expr reshape(const Expr &x, ArrayRef<SizeAttr> sizes) {
  if (!x.isTensor() || ArrayRef<SizeAttr>(x.getSizes()) == sizes)
    return x;
  ExprBuilder &b = *x.getBuilder();
  auto from = product(b.getContext(), x.getSizes()).getConstant(), to = product(b.getContext(), sizes).getConstant();
  if (from && to && *from != *to) {
    b.fail("cannot reshape " + Twine(*from) + " elements to " + Twine(*to));
    return {};
  }
  return Expr(b, ReshapeOp::create(b, b.loc, typeOf(x, sizes), x.getValue()));
}

Expr transpose(const Expr &x, ArrayRef<int64_t> permutation) {
  if (!x.isTensor() || llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return x;
  ExprBuilder &b = *x.getBuilder();
  Sizes from = x.getSizes(), to;
  llvm::SmallBitVector seen(from.size());
  Ints wrapped;
  for (int64_t dim : permutation) {
    wrapped.push_back(wrapDim(b, dim, from.size()));
    seen.set(wrapped.back());
    to.push_back(from[wrapped.back()]);
  }
  if (!seen.all() || wrapped.size() != from.size()) {
    b.fail("not a permutation of " + Twine(from.size()) + " dimensions");
    return {};
  }
  return Expr(b, TransposeOp::create(b, b.loc, typeOf(x, to), x.getValue(), wrapped));
}

Expr swapDims(const Expr &x, int64_t first, int64_t second) {
  if (!x.isTensor() || x.getRank() == 0)
    return x;
  Ints permutation = allDims(x);
  std::swap(permutation[wrapDim(*x.getBuilder(), first, x.getRank())],
            permutation[wrapDim(*x.getBuilder(), second, x.getRank())]);
  return transpose(x, permutation);
}

Expr moveDim(const Expr &x, int64_t from, int64_t to) {
  if (!x.isTensor() || x.getRank() == 0)
    return x;
  from = wrapDim(*x.getBuilder(), from, x.getRank());
  to = wrapDim(*x.getBuilder(), to, x.getRank());
  Ints permutation = otherDims(x, from);
  permutation.insert(permutation.begin() + to, from);
  return transpose(x, permutation);
}

Expr unsqueeze(const Expr &x, int64_t dim) {
  if (!x.isTensor())
    return x;
  Sizes sizes = x.getSizes();
  sizes.insert(sizes.begin() + wrapDim(*x.getBuilder(), dim, sizes.size() + 1), x.getBuilder()->size(1));
  return reshape(x, sizes);
}

Expr squeeze(const Expr &x, ArrayRef<int64_t> dims) {
  if (!x.isTensor())
    return x;
  Sizes sizes = x.getSizes(), kept;
  llvm::SmallBitVector removed(sizes.size() + 1);
  for (int64_t dim : dims)
    removed.set(wrapDim(*x.getBuilder(), dim, sizes.size()));
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (!removed.test(dim) || size.getConstant() != 1)
      kept.push_back(size);
  return reshape(x, kept);
}

Expr flatten(const Expr &x, int64_t first, int64_t last) {
  if (!x.isTensor())
    return x;
  ExprBuilder &b = *x.getBuilder();
  Sizes sizes = x.getSizes();
  if (sizes.empty())
    return reshape(x, b.size(1));
  first = wrapDim(b, first, sizes.size());
  last = wrapDim(b, last, sizes.size());
  if (first > last) {
    b.fail("cannot flatten dimensions " + Twine(first) + " to " + Twine(last));
    return {};
  }
  Sizes joined(ArrayRef<SizeAttr>(sizes).take_front(first));
  joined.push_back(product(b.getContext(), ArrayRef<SizeAttr>(sizes).slice(first, last - first + 1)));
  joined.append(sizes.begin() + last + 1, sizes.end());
  return reshape(x, joined);
}

Expr unflatten(const Expr &x, int64_t dim, ArrayRef<SizeAttr> inner) {
  if (!x.isTensor())
    return x;
  Sizes sizes = x.getSizes();
  dim = wrapDim(*x.getBuilder(), dim, sizes.size());
  if (sizes.empty())
    return reshape(x, inner);
  sizes.erase(sizes.begin() + dim);
  sizes.insert(sizes.begin() + dim, inner.begin(), inner.end());
  return reshape(x, sizes);
}

Expr unsqueezeTo(const Expr &x, int64_t rank) {
  if (!x.isTensor())
    return x;
  Sizes sizes = x.getSizes();
  while (static_cast<int64_t>(sizes.size()) < rank)
    sizes.push_back(x.getBuilder()->size(1));
  return reshape(x, sizes);
}

Expr alongDim(const Expr &vector, int64_t dim, int64_t rank) {
  if (!vector.isTensor() || vector.getRank() == 0)
    return vector;
  ExprBuilder &b = *vector.getBuilder();
  return unsqueezeTo(vector, rank - wrapDim(b, dim, rank));
}

Expr broadcast(const Expr &x, ArrayRef<SizeAttr> sizes) {
  if (!x.isTensor())
    return x;
  ExprBuilder &b = *x.getBuilder();
  Sizes from = x.getSizes();
  if (from.size() > sizes.size()) {
    b.fail("cannot broadcast rank " + Twine(from.size()) + " to rank " + Twine(sizes.size()));
    return {};
  }
  bool renamed = false;
  for (auto [size, target] : llvm::zip_equal(from, sizes.take_back(from.size()))) {
    if (size == target || size.getConstant() == 1)
      continue;
    if (size.getConstant() && target.getConstant()) {
      b.fail("cannot broadcast size " + Twine(*size.getConstant()) + " to " + Twine(*target.getConstant()));
      return {};
    }
    size = target;
    renamed = true;
  }
  Expr source = renamed ? reshape(x, from) : x;
  if (ArrayRef<SizeAttr>(from) == sizes)
    return source;
  return Expr(b, BroadcastOp::create(b, b.loc, typeOf(x, sizes), source.getValue()));
}

Expr slice(const Expr &x, int64_t dim, SizeAttr offset, SizeAttr length, int64_t stride) {
  if (!x.isTensor())
    return x;
  ExprBuilder &b = *x.getBuilder();
  Sizes sizes = x.getSizes();
  dim = wrapDim(b, dim, sizes.size());
  if (sizes.empty() || (offset == b.size(0) && stride == 1 && length == sizes[dim]))
    return x;
  Sizes offsets(sizes.size(), b.size(0));
  Ints strides(sizes.size(), 1);
  auto start = offset.getConstant(), count = length.getConstant(), extent = sizes[dim].getConstant();
  if (stride < 1 || (start && *start < 0) || (count && *count < 0) ||
      (start && count && extent && *count > 0 && *start + (*count - 1) * stride >= *extent)) {
    b.fail("a slice outside dimension " + Twine(dim));
    return {};
  }
  sizes[dim] = length;
  offsets[dim] = offset;
  strides[dim] = stride;
  return Expr(b,
              SliceOp::create(b, b.loc, typeOf(x, sizes), x.getValue(), toArrayAttr(b.getContext(), offsets), strides));
}

Expr at(const Expr &x, int64_t dim, SizeAttr index) {
  if (!x.isTensor())
    return x;
  return squeeze(slice(x, dim, index, x.getBuilder()->size(1)), dim);
}

Expr insertSlice(const Expr &x, const Expr &source, int64_t dim, SizeAttr offset, int64_t stride) {
  ExprBuilder *b = x.getBuilder();
  if (!x.isTensor() || !source)
    return {};
  Sizes sizes = x.getSizes();
  dim = wrapDim(*b, dim, sizes.size());
  if (sizes.empty())
    return source;
  Expr update = source.as(*b, x.getElementType());
  Sizes offsets(sizes.size(), b->size(0));
  Ints strides(sizes.size(), 1);
  offsets[dim] = offset;
  strides[dim] = stride;
  return Expr(*b, InsertSliceOp::create(*b, b->loc, x.getValue().getType(), x.getValue(), update.getValue(),
                                        toArrayAttr(b->getContext(), offsets), strides));
}

Expr pad(const Expr &x, const Expr &value, ArrayRef<SizeAttr> low, ArrayRef<SizeAttr> high) {
  if (!x.isTensor())
    return {};
  ExprBuilder &b = *x.getBuilder();
  Sizes sizes = x.getSizes();
  for (auto [size, before, after] : llvm::zip_equal(sizes, low, high))
    size = size + before + after;
  if (sizes == x.getSizes())
    return x;
  Value filler = value.as(b, x.getElementType()).getValue();
  if (!filler)
    return {};
  return Expr(b, PadOp::create(b, b.loc, typeOf(x, sizes), x.getValue(), filler, toArrayAttr(b.getContext(), low),
                               toArrayAttr(b.getContext(), high)));
}

Expr concat(ArrayRef<Expr> inputs, int64_t dim) {
  if (inputs.empty() || !inputs.front().isTensor())
    return {};
  ExprBuilder &b = *inputs.front().getBuilder();
  Type element = promote(b, inputs);
  Sizes sizes = inputs.front().getSizes();
  dim = wrapDim(b, dim, sizes.size());
  if (sizes.empty()) {
    b.fail("cannot join tensors of rank 0");
    return {};
  }
  SizeAttr total = b.size(0);
  SmallVector<Value> values;
  for (const Expr &input : inputs) {
    if (!input.isTensor() || input.getRank() != static_cast<int64_t>(sizes.size())) {
      b.fail("cannot join tensors of different ranks");
      return {};
    }
    sizes[dim] = input.getSizes()[dim];
    total = total + sizes[dim];
    Expr renamed = reshape(castTo(input, element), sizes);
    if (!renamed)
      return {};
    values.push_back(renamed.getValue());
  }
  sizes[dim] = total;
  if (values.size() == 1)
    return Expr(b, values.front());
  return Expr(b, ConcatOp::create(b, b.loc, getTensorType(sizes, element), values, dim));
}

Expr reverse(const Expr &x, ArrayRef<int64_t> dims) {
  if (!x.isTensor() || dims.empty() || x.getRank() == 0)
    return x;
  ExprBuilder &b = *x.getBuilder();
  Ints wrapped = llvm::map_to_vector(dims, [&](int64_t dim) { return wrapDim(b, dim, x.getRank()); });
  return Expr(b,
              ReverseOp::create(b, b.loc, mlir::cast<RankedTensorType>(x.getValue().getType()), x.getValue(), wrapped));
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Expr iota(ExprBuilder &b, ArrayRef<SizeAttr> sizes, int64_t dim) {
  if (sizes.empty())
    return Expr(int64_t(0)).as(b, b.i64());
  return Expr(b, IotaOp::create(b, b.loc, getTensorType(sizes, b.i64()), wrapDim(b, dim, sizes.size())));
}

Expr iota(ExprBuilder &b, SizeAttr size) { return iota(b, ArrayRef<SizeAttr>(size), 0); }

bool isKnownInRange(Value index, SizeAttr size) {
  while (Operation *op = index.getDefiningOp()) {
    if (auto iota = dyn_cast<IotaOp>(op)) {
      SizeAttr extent = getSizes(iota.getType())[iota.getDim()];
      auto known = extent.getConstant(), limit = size.getConstant();
      return extent == size || (known && limit && *known <= *limit);
    }
    if (!isa<ReshapeOp, BroadcastOp, TransposeOp, SliceOp, CastOp>(op))
      return false;
    index = op->getOperand(0);
  }
  return false;
}

static SmallVector<Value> alignIndices(ExprBuilder &b, const Expr &x, ArrayRef<Expr> indices, ArrayRef<int64_t> dims,
                                       Sizes &sizes, bool &checked) {
  SmallVector<Value> values;
  checked = false;
  Sizes from = x.getSizes();
  for (auto [index, dim] : llvm::zip_equal(indices, dims)) {
    Expr tensor = index.as(b, index.isTensor() && isInteger(index) ? index.getElementType() : b.i64());
    if (!tensor)
      return {};
    // Broadcasting against what came before names equal sizes alike.
    FailureOr<Sizes> next = broadcastSizes(sizes, tensor.getSizes());
    if (failed(next)) {
      Sizes target = sizes;
      if (tensor.getSizes().size() <= target.size())
        tensor = broadcast(tensor, target);
      next = tensor ? broadcastSizes(sizes, tensor.getSizes()) : FailureOr<Sizes>(failure());
      if (failed(next)) {
        b.fail("index tensors do not broadcast against one another");
        return {};
      }
    }
    sizes = *next;
    checked |= !isKnownInRange(tensor.getValue(), from[dim]);
    values.push_back(tensor.getValue());
  }
  for (auto [dim, size] : llvm::enumerate(from))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      sizes.push_back(size);
  return values;
}

Expr gather(const Expr &x, ArrayRef<Expr> indices, ArrayRef<int64_t> dims, Range range) {
  if (!x.isTensor() || indices.empty())
    return x;
  ExprBuilder &b = *x.getBuilder();
  Sizes sizes;
  bool checked;
  SmallVector<Value> values = alignIndices(b, x, indices, dims, sizes, checked);
  if (values.empty())
    return {};
  checked &= range == Range::Checked;
  return Expr(b, GatherOp::create(b, b.loc, typeOf(x, sizes), x.getValue(), values, dims, checked));
}

Expr scatter(const Expr &x, ArrayRef<Expr> indices, const Expr &updates, ArrayRef<int64_t> dims,
             std::optional<ReductionKind> kind, Range range) {
  if (!x.isTensor() || !updates)
    return {};
  ExprBuilder &b = *x.getBuilder();
  Sizes sizes;
  bool checked;
  SmallVector<Value> values = alignIndices(b, x, indices, dims, sizes, checked);
  Expr source = broadcast(updates.as(b, x.getElementType()), sizes);
  if (values.empty() || !source)
    return {};
  checked &= range == Range::Checked;
  ReductionKindAttr kindAttr = kind ? ReductionKindAttr::get(b.getContext(), *kind) : ReductionKindAttr();
  return Expr(b, ScatterOp::create(b, b.loc, x.getValue().getType(), x.getValue(), values, source.getValue(),
                                   b.getDenseI64ArrayAttr(dims), kindAttr, checked ? b.getUnitAttr() : UnitAttr()));
}

SmallVector<Expr> alongIndices(const Expr &index, int64_t dim) {
  SmallVector<Expr> indices;
  Sizes sizes = index.getSizes();
  for (int64_t d : allDims(index))
    indices.push_back(d == dim ? index : iota(*index.getBuilder(), sizes, d));
  return indices;
}

Expr wrapIndex(const Expr &index, SizeAttr size) {
  if (!index.isTensor() || isKnownInRange(index.getValue(), size))
    return index;
  return select(index < 0, index + Expr(size), index);
}

Expr full(ExprBuilder &b, ArrayRef<SizeAttr> sizes, const Expr &value, Type elementType) {
  return broadcast(value.as(b, elementType), sizes);
}

} // namespace tc::decompose
