// Operators that AOTAutograd takes apart before we see them, and files of torch.export hold as they are: einsum and its
// kin, distances, stacks, sampling at a grid.

#include "Call.h"

#include <cmath>

using namespace mlir;

namespace tc::decompose {

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

namespace {
/// A tensor whose dimensions have names.
struct Named {
  Expr value;
  std::string letters;
};
} // namespace

// The operand's dimensions in the order of `letters`, of size 1 where it has none.
static Expr arrange(const Named &operand, StringRef letters) {
  Ints permutation;
  Sizes sizes;
  for (char letter : letters) {
    size_t place = operand.letters.find(letter);
    if (place != std::string::npos)
      permutation.push_back(place);
    sizes.push_back(place == std::string::npos ? operand.value.getBuilder()->size(1) : operand.value.getSize(place));
  }
  return reshape(transpose(operand.value, permutation), sizes);
}

// The dimensions that `kept` does not name, summed.
static Named sumOthers(const Named &operand, StringRef kept) {
  Ints dims;
  Named result{operand.value, ""};
  for (auto [dim, letter] : llvm::enumerate(operand.letters)) {
    if (kept.contains(letter))
      result.letters += letter;
    else
      dims.push_back(dim);
  }
  if (!dims.empty())
    result.value = sum(operand.value, dims);
  return result;
}

// The product of two operands, summed over what `kept` does not name.
static Named multiply(Named a, Named b, StringRef kept) {
  a = sumOthers(a, kept.str() + b.letters);
  b = sumOthers(b, kept.str() + a.letters);
  // A dimension of size 1 is repeated along one of another size.
  auto dropRepeated = [](Named &x, const Named &other) {
    Ints dims;
    std::string letters;
    for (auto [dim, letter] : llvm::enumerate(x.letters)) {
      size_t place = other.letters.find(letter);
      if (place != std::string::npos && x.value.getSize(dim).getConstant() == 1)
        dims.push_back(dim);
      else
        letters += letter;
    }
    if (!dims.empty())
      x = {squeeze(x.value, dims), letters};
  };
  dropRepeated(a, b);
  dropRepeated(b, a);
  std::string all = a.letters, result;
  for (char letter : b.letters)
    if (!StringRef(all).contains(letter))
      all += letter;
  for (char letter : all)
    if (kept.contains(letter))
      result += letter;
  if (result == all)
    return {arrange(a, all) * arrange(b, all), all};
  // What only one of them has by now is not summed with the other's.
  a = sumOthers(a, result + b.letters);
  b = sumOthers(b, result + a.letters);
  return {contract(a.value, b.value, a.letters + "," + b.letters + "->" + result), result};
}

// The letters of one operand or of the result, without spaces. The dimensions behind "..." are named by digits, from
// the last.
static FailureOr<std::string> readLetters(StringRef text, size_t numOfEllipsis) {
  std::string letters;
  while (!text.empty()) {
    if (text.consume_front("...")) {
      for (size_t i = numOfEllipsis; i > 0; --i)
        letters += static_cast<char>('0' + i - 1);
    } else if (llvm::isAlpha(text.front())) {
      letters += text.front();
      text = text.drop_front();
    } else {
      return failure();
    }
  }
  return letters;
}

// einsum(equation, tensors, *, path).
static Results einsum(Call &c) {
  std::string equation = c.string(0).str();
  llvm::erase(equation, ' ');
  auto [left, right] = StringRef(equation).split("->");
  bool hasResult = StringRef(equation).contains("->");
  SmallVector<StringRef> parts;
  left.split(parts, ',');
  SmallVector<Expr> tensors = c.exprs(1);
  if (parts.size() != tensors.size()) {
    c.fail("an equation of " + Twine(parts.size()) + " operands, found " + Twine(tensors.size()));
    return Expr();
  }
  SmallVector<Named> operands;
  std::string used, ellipsis;
  for (auto [part, tensor] : llvm::zip_equal(parts, tensors)) {
    size_t named = part.size() - (part.contains("...") ? 3 : 0);
    size_t rest =
        part.contains("...") && tensor.getRank() >= static_cast<int64_t>(named) ? tensor.getRank() - named : 0;
    FailureOr<std::string> letters = readLetters(part, rest);
    if (failed(letters) || rest > 9 || letters->size() != static_cast<size_t>(tensor.getRank())) {
      c.fail("the operand \"" + part + "\" of an equation does not fit its tensor");
      return Expr();
    }
    for (auto [i, letter] : llvm::enumerate(*letters))
      if (letters->find(letter, i + 1) != std::string::npos) {
        c.reject("a diagonal in an equation");
        return Expr();
      }
    if (rest > ellipsis.size())
      ellipsis = *readLetters("...", rest);
    used += *letters;
    operands.push_back({tensor, *letters});
  }
  std::string result;
  if (hasResult) {
    FailureOr<std::string> letters = readLetters(right, ellipsis.size());
    if (failed(letters)) {
      c.fail("the result \"" + right + "\" of an equation");
      return Expr();
    }
    result = *letters;
  } else {
    // What occurs once, in alphabetic order, after the dimensions without names.
    std::string once;
    for (char letter : used)
      if (llvm::isAlpha(letter) && llvm::count(used, letter) == 1)
        once += letter;
    llvm::sort(once);
    result = ellipsis + once;
  }
  for (char letter : result)
    if (!StringRef(used).contains(letter)) {
      c.fail("the result \"" + right + "\" of an equation has a letter that no operand has");
      return Expr();
    }
  Named product = operands.front();
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string kept = result;
    for (const Named &later : ArrayRef(operands).drop_front(i + 1))
      kept += later.letters;
    product = multiply(product, operands[i], kept);
  }
  return arrange(sumOthers(product, result), result);
}

// tensordot(self, other, dims_self, dims_other).
static Results tensordot(Call &c) {
  Named a{c.expr(0), ""}, b{c.expr(1), ""};
  Ints dimsA = c.integers(2), dimsB = c.integers(3);
  int64_t rankA = a.value.getRank(), rankB = b.value.getRank();
  if (dimsA.size() != dimsB.size() || rankA + rankB > 50) {
    c.fail("dimensions to be contracted that do not fit");
    return Expr();
  }
  for (int64_t i = 0; i < rankA; ++i)
    a.letters += static_cast<char>(i < 26 ? 'a' + i : 'A' + i - 26);
  for (int64_t i = rankA; i < rankA + rankB; ++i)
    b.letters += static_cast<char>(i < 26 ? 'a' + i : 'A' + i - 26);
  std::string result = a.letters + b.letters;
  for (auto [dimA, dimB] : llvm::zip_equal(dimsA, dimsB)) {
    char shared = a.letters[wrapDim(c, dimA, rankA)];
    llvm::erase(result, shared);
    llvm::erase(result, b.letters[wrapDim(c, dimB, rankB)]);
    b.letters[wrapDim(c, dimB, rankB)] = shared;
  }
  return arrange(multiply(a, b, result), result);
}

//===----------------------------------------------------------------------===//
// Distances
//===----------------------------------------------------------------------===//

static Expr norm(const Expr &x, double p, int64_t dim, bool keep) {
  Expr size = abs(x);
  if (std::isinf(p))
    return p > 0 ? amax(size, dim, keep) : reduce(ReductionKind::min, size, dim, keep);
  if (p == 0)
    return sum(castTo(ne(size, 0), x.getElementType()), dim, keep);
  if (p == 1)
    return sum(size, dim, keep);
  return p == 2 ? sqrt(sum(square(size), dim, keep)) : pow(sum(pow(size, p), dim, keep), 1 / p);
}

// cosine_similarity(x1, x2, dim, eps).
static Results cosineSimilarity(Call &c) {
  Expr x = c.real(0), y = c.real(1);
  int64_t rank = std::max(x.getRank(), y.getRank());
  auto lift = [&](Expr z) {
    while (z.isTensor() && z.getRank() < rank)
      z = unsqueeze(z, 0);
    return z;
  };
  x = lift(x);
  y = lift(y);
  int64_t dim = c.dim(2, rank, 1);
  double eps = c.number(3, 1e-8);
  auto unit = [&](const Expr &z) { return z / maximum(norm(z, 2, dim, true), eps); };
  return sum(unit(x) * unit(y), dim);
}

// pairwise_distance(x1, x2, p, eps, keepdim).
static Results pairwiseDistance(Call &c) {
  return norm(c.real(0) - c.real(1) + c.number(3, 1e-6), c.number(2, 2), -1, c.flag(4, false));
}

// cdist(x1 [..., P, M], x2 [..., R, M], p, compute_mode).
static Results cdist(Call &c) {
  return norm(unsqueeze(c.real(0), -2) - unsqueeze(c.real(1), -3), c.number(2, 2), -1, false);
}

//===----------------------------------------------------------------------===//
// Stacks
//===----------------------------------------------------------------------===//

static Results broadcastTensors(Call &c) { return c.exprs(0); }

// Dimensions of size 1 added: in front of a scalar, before a vector or behind it, behind a matrix.
static Expr atLeast(const Expr &x, int64_t rank) {
  Expr result = x;
  if (result.getRank() == 0)
    result = unsqueeze(result, 0);
  if (result.getRank() == 1 && rank > 1)
    result = unsqueeze(result, 0);
  return result.getRank() == 2 && rank > 2 ? unsqueeze(result, 2) : result;
}
template <int64_t rank> static Results atLeastEach(Call &c) {
  return llvm::map_to_vector(c.exprs(0), [](const Expr &x) { return atLeast(x, rank); });
}
template <int64_t rank, int64_t dim> static Results stackAlong(Call &c) {
  SmallVector<Expr> inputs = llvm::map_to_vector(c.exprs(0), [](const Expr &x) { return atLeast(x, rank); });
  // hstack joins vectors end to end.
  bool areVectors = rank == 1 && !inputs.empty() && inputs.front().getRank() == 1;
  return concat(inputs, areVectors ? 0 : dim);
}
static Results columnStack(Call &c) {
  return concat(
      llvm::map_to_vector(c.exprs(0), [](const Expr &x) { return x.getRank() < 2 ? unsqueeze(flatten(x), 1) : x; }), 1);
}

// tril_indices(row, col, offset, …): rows and columns of what is on and below the diagonal.
template <bool lower> static Results triangleIndices(Call &c) {
  int64_t rows = c.integer(0), columns = c.integer(1), offset = c.integer(2, 0);
  SmallVector<int64_t> both[2];
  constexpr int64_t limit = 1 << 24;
  if (rows < 0 || columns < 0 || (columns && rows > limit / columns)) {
    c.reject("indices of a large triangle");
    return Expr();
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      if (lower ? column - row <= offset : column - row >= offset) {
        both[0].push_back(row);
        both[1].push_back(column);
      }
  auto type = RankedTensorType::get({2, static_cast<int64_t>(both[0].size())}, c.i64());
  both[0].append(both[1]);
  return castTo(Expr(c, ConstantOp::create(c, c.loc, DenseElementsAttr::get(type, ArrayRef<int64_t>(both[0])))),
                c.element());
}

//===----------------------------------------------------------------------===//
// Sampling
//===----------------------------------------------------------------------===//

// affine_grid_generator(theta [N, k, k + 1], size [N, C, spatial…], align_corners): [N, spatial…, k], where the last
// spatial dimension is the first coordinate.
static Results affineGrid(Call &c) {
  Expr theta = c.wide(0);
  Sizes size = c.sizes(1);
  bool aligned = c.flag(2);
  int64_t k = static_cast<int64_t>(size.size()) - 2;
  if (k < 1 || theta.getRank() != 3) {
    c.fail("a grid of rank " + Twine(size.size()));
    return Expr();
  }
  auto column = [&](int64_t j) { // [N, 1, …, k]
    Expr x = at(theta, 2, c.size(j));
    for (int64_t d = 0; d < k; ++d)
      x = unsqueeze(x, 1);
    return x;
  };
  Expr grid = column(k);
  for (int64_t j = 0; j < k; ++j) {
    int64_t dim = k - 1 - j;
    SizeAttr length = size[2 + dim];
    Expr i = castTo(iota(c, length), theta.getElementType());
    Expr steps = castTo(Expr(length).as(c, c.i64()), theta.getElementType());
    // From -1 to 1 between the outer elements' centres or edges.
    Expr at = aligned ? i * 2.0 / maximum(steps - 1.0, 1.0) - 1.0 : (i * 2.0 + 1.0) / steps - 1.0;
    if (aligned && length.getConstant() == 1)
      at = i * 0.0;
    grid = grid + column(j) * alongDim(at, 1 + dim, k + 2);
  }
  return grid;
}

namespace {
enum class Padding { Zeros, Border, Reflection };
} // namespace

// A coordinate of [-1, 1] as a position along a dimension of this size.
static Expr toPosition(const Expr &x, const Expr &size, Padding padding, bool aligned) {
  Expr position = aligned ? (x + 1.0) * ((size - 1.0) * 0.5) : ((x + 1.0) * size - 1.0) * 0.5;
  if (padding == Padding::Zeros)
    return position;
  if (padding == Padding::Reflection) {
    Expr low = aligned ? Expr(0.0) : Expr(-0.5), span = aligned ? size - 1.0 : size;
    Expr from = abs(position - low), extra = fmod(from, span), flips = floor(from / span);
    position = select(eq(remainder(flips, 2.0), 0.0), extra + low, span + low - extra);
    position = select(span <= 0.0, 0.0, position);
  }
  return minimum(maximum(position, 0.0), size - 1.0);
}

// grid_sampler(input [N, C, H, W], grid [N, h, w, 2], interpolation_mode, padding_mode, align_corners).
static Results gridSampler(Call &c) {
  constexpr int64_t bilinear = 0, nearest = 1;
  Expr x = c.wide(0), grid = c.wide(1);
  int64_t mode = c.integer(2);
  auto padding = static_cast<Padding>(c.integer(3));
  bool aligned = c.flag(4);
  if (x.getRank() != 4 || grid.getRank() != 4 || (mode != bilinear && mode != nearest)) {
    c.reject("sampling other than bilinear and nearest in two dimensions");
    return Expr();
  }
  Type element = grid.getElementType();
  auto number = [&](SizeAttr size) { return castTo(Expr(size).as(c, c.i64()), element); };
  Expr height = number(x.getSize(2)), width = number(x.getSize(3));
  // [N, h, w].
  Expr column = toPosition(at(grid, 3, c.size(0)), width, padding, aligned);
  Expr row = toPosition(at(grid, 3, c.size(1)), height, padding, aligned);
  Expr batch = iota(c, column.getSizes(), 0);
  // [N, h, w, C] at whole positions; nothing is outside.
  auto read = [&](const Expr &y, const Expr &z) {
    Expr inside = (y >= 0.0) & (y < height) & (z >= 0.0) & (z < width);
    auto index = [&](const Expr &position) { return castTo(select(inside, position, 0.0), c.i64()); };
    Expr value = gather(moveDim(x, 1, 3), {batch, index(y), index(z)}, {0, 1, 2}, Range::Known);
    return select(unsqueeze(inside, 3), value, 0);
  };
  Expr result;
  if (mode == nearest) {
    result = read(round(row), round(column));
  } else {
    Expr top = floor(row), left = floor(column);
    Expr down = unsqueeze(row - top, 3), across = unsqueeze(column - left, 3);
    result = read(top, left) * (1.0 - down) * (1.0 - across) + read(top, left + 1.0) * (1.0 - down) * across +
             read(top + 1.0, left) * down * (1.0 - across) + read(top + 1.0, left + 1.0) * down * across;
  }
  return moveDim(result, 3, 1);
}

//===----------------------------------------------------------------------===//
// Bags of embeddings
//===----------------------------------------------------------------------===//

// embedding_bag(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset,
// padding_idx): a bag's rows, from its offset to the next one's, are summed, averaged, or their maximum taken.
static Results embeddingBag(Call &c) {
  enum { Sum, Mean, Max };
  Expr weight = c.expr(0), indices = c.expr(1), offsets = c.expr(2);
  int64_t mode = c.integer(4, 0), padding = c.integer(8, -1);
  for (size_t result = 1; result < c.getNumResults(); ++result)
    if (c.isUsed(result))
      c.reject("what the backward of a bag of embeddings needs");
  if (indices.getRank() != 1 || offsets.getRank() != 1 || mode > Mean)
    c.reject("a bag of embeddings in this form");
  if (c.isRejected())
    return Expr();
  Sizes sizes = c.resultSizes();
  SizeAttr count = indices.getSize(0);
  // How many bags have begun.
  Expr place = unsqueeze(castTo(iota(c, count), offsets.getElementType()), 1);
  Expr bag = sum(castTo(unsqueeze(offsets, 0) <= place, c.i64()), 1) - 1;
  if (c.flag(7, false))
    bag = minimum(bag, Expr(sizes[0]) - 1);
  Expr rows = widen(gather(weight, castTo(indices, c.i64()), 0)), one = full(c, {count}, 1, rows.getElementType());
  if (Expr factors = c.wide(6))
    rows = rows * unsqueeze(factors, 1);
  if (padding != -1) {
    SizeAttr numRows = weight.getSize(0);
    Expr kept = ne(castTo(indices, c.i64()), padding < 0 ? Expr(numRows) + padding : Expr(padding));
    rows = select(unsqueeze(kept, 1), rows, 0);
    one = select(kept, one, 0);
  }
  auto collect = [&](const Expr &values, ArrayRef<SizeAttr> to) {
    return scatter(full(c, to, 0, values.getElementType()), bag, values, 0, ReductionKind::sum);
  };
  Expr sums = collect(rows, sizes);
  if (mode == Mean)
    sums = sums / unsqueeze(maximum(collect(one, sizes[0]), 1), 1);
  SmallVector<Expr> results{sums};
  results.resize(c.getNumResults());
  return results;
}

void addComposites(Decompositions &d) {
  d.add("einsum", einsum);
  d.add("tensordot", tensordot);
  d.add("cosine_similarity", cosineSimilarity);
  d.add("pairwise_distance", pairwiseDistance);
  d.add("cdist", cdist);
  d.add("broadcast_tensors", broadcastTensors);
  d.add("atleast_1d.Sequence", atLeastEach<1>);
  d.add("atleast_2d.Sequence", atLeastEach<2>);
  d.add("atleast_3d.Sequence", atLeastEach<3>);
  d.add("hstack", stackAlong<1, 1>);
  d.add({"vstack", "row_stack"}, stackAlong<2, 0>);
  d.add("dstack", stackAlong<3, 2>);
  d.add("column_stack", columnStack);
  d.add("tril_indices", triangleIndices<true>);
  d.add("triu_indices", triangleIndices<false>);
  d.add("affine_grid_generator", affineGrid);
  d.add("grid_sampler", gridSampler);
  d.add({"embedding_bag", "embedding_bag.padding_idx"}, embeddingBag);
}

} // namespace tc::decompose
