// Expressions: reductions, scans, sorts, contractions.

#include "Expr.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace tc::decompose {

Ints allDims(const Expr &x) { return llvm::to_vector(llvm::seq<int64_t>(0, x.getRank())); }

Ints otherDims(const Expr &x, ArrayRef<int64_t> dims) {
  Ints others;
  for (int64_t dim : allDims(x))
    if (!llvm::is_contained(dims, dim) && !llvm::is_contained(dims, dim - x.getRank()))
      others.push_back(dim);
  return others;
}

static Ints wrapDims(const Expr &x, ArrayRef<int64_t> dims) {
  if (x.getRank() == 0)
    return {};
  Ints wrapped = llvm::map_to_vector(dims, [&](int64_t dim) { return wrapDim(*x.getBuilder(), dim, x.getRank()); });
  llvm::sort(wrapped);
  wrapped.erase(llvm::unique(wrapped), wrapped.end());
  return wrapped;
}

// The sizes that reducing `dims` leaves.
static Sizes reducedSizes(const Expr &x, ArrayRef<int64_t> dims, bool keep) {
  Sizes result;
  for (auto [dim, size] : llvm::enumerate(x.getSizes())) {
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      result.push_back(size);
    else if (keep)
      result.push_back(x.getBuilder()->size(1));
  }
  return result;
}

Expr reduce(ReductionKind kind, const Expr &x, ArrayRef<int64_t> dims, bool keep) {
  if (!x.isTensor())
    return {};
  ExprBuilder &b = *x.getBuilder();
  Ints wrapped = wrapDims(x, dims);
  Type element = x.getElementType();
  if (isReducedFloat(element) && (kind == ReductionKind::sum || kind == ReductionKind::prod))
    element = b.f32();
  if (wrapped.empty())
    return castTo(x, element);
  auto type = getTensorType(reducedSizes(x, wrapped, false), element);
  return reshape(Expr(b, ReduceOp::create(b, b.loc, type, kind, x.getValue(), wrapped)),
                 reducedSizes(x, wrapped, keep));
}

Expr sum(const Expr &x, ArrayRef<int64_t> dims, bool keep) { return reduce(ReductionKind::sum, x, dims, keep); }
Expr amax(const Expr &x, ArrayRef<int64_t> dims, bool keep) { return reduce(ReductionKind::max, x, dims, keep); }

SizeAttr countElements(const Expr &x, ArrayRef<int64_t> dims) {
  if (!x.getBuilder())
    return {};
  Sizes sizes = x.getSizes();
  return product(x.getBuilder()->getContext(),
                 llvm::map_to_vector(wrapDims(x, dims), [&](int64_t dim) { return sizes[dim]; }));
}

Expr mean(const Expr &x, ArrayRef<int64_t> dims, bool keep) {
  if (!x.isTensor())
    return {};
  return sum(x, dims, keep) / Expr(countElements(x, dims));
}

ValueAndIndex argReduce(ReductionKind kind, const Expr &x, int64_t dim, bool keep) {
  if (!x.isTensor())
    return {};
  ExprBuilder &b = *x.getBuilder();
  if (x.getRank() == 0)
    return {x, Expr(int64_t(0)).as(b, b.i64())};
  dim = wrapDim(b, dim, x.getRank());
  Sizes sizes = reducedSizes(x, dim, false);
  auto op =
      ArgReduceOp::create(b, b.loc, TypeRange{getTensorType(sizes, x.getElementType()), getTensorType(sizes, b.i64())},
                          ReductionKindAttr::get(b.getContext(), kind), x.getValue(), b.getI64IntegerAttr(dim));
  Sizes kept = reducedSizes(x, dim, keep);
  return {reshape(Expr(b, op.getValue()), kept), reshape(Expr(b, op.getIndex()), kept)};
}

Expr scan(ReductionKind kind, const Expr &x, int64_t dim) {
  if (!x.isTensor() || x.getRank() == 0)
    return x;
  ExprBuilder &b = *x.getBuilder();
  return Expr(b, ScanOp::create(b, b.loc, x.getValue().getType(), kind, x.getValue(), wrapDim(b, dim, x.getRank())));
}

ValueAndIndex sort(const Expr &x, int64_t dim, bool descending) {
  if (!x.isTensor())
    return {};
  ExprBuilder &b = *x.getBuilder();
  if (x.getRank() == 0)
    return {x, Expr(int64_t(0)).as(b, b.i64())};
  auto op = SortOp::create(b, b.loc, TypeRange{x.getValue().getType(), getTensorType(x.getSizes(), b.i64())},
                           x.getValue(), b.getI64IntegerAttr(wrapDim(b, dim, x.getRank())), b.getBoolAttr(descending));
  return {Expr(b, op.getValues()), Expr(b, op.getIndices())};
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

Expr contract(const Expr &lhs, const Expr &rhs, StringRef spec) {
  if (!lhs.isTensor() || !rhs.isTensor())
    return {};
  ExprBuilder &b = *lhs.getBuilder();
  Type element = promote(b, {lhs, rhs});
  Expr operands[] = {castTo(lhs, element), castTo(rhs, element)};
  auto [inputs, output] = spec.split("->");
  auto [left, right] = inputs.split(',');
  StringRef letters[] = {left, right};
  llvm::StringMap<SizeAttr> bound;
  for (auto [operand, indices] : llvm::zip_equal(operands, letters)) {
    Sizes sizes = operand.getSizes();
    if (sizes.size() != indices.size()) {
      b.fail("operand of rank " + Twine(sizes.size()) + " for the indices " + indices + " of a contraction");
      return {};
    }
    // The first name of a size is used throughout; constants must agree.
    for (auto [position, letter] : llvm::enumerate(indices)) {
      auto [it, inserted] = bound.try_emplace(StringRef(&letter, 1), sizes[position]);
      auto known = it->second.getConstant(), found = sizes[position].getConstant();
      if (known && found && *known != *found) {
        b.fail("sizes to be contracted differ: " + Twine(*known) + " and " + Twine(*found));
        return {};
      }
      sizes[position] = it->second;
    }
    operand = reshape(operand, sizes);
  }
  Sizes sizes = llvm::map_to_vector(output, [&](char letter) { return bound.lookup(StringRef(&letter, 1)); });
  Type result = isReducedFloat(element) ? b.f32() : element;
  return Expr(b, ContractOp::create(b, b.loc, getTensorType(sizes, result), operands[0].getValue(),
                                    operands[1].getValue(), b.getStringAttr(spec)));
}

// Batch dimensions that both have are shared letters; one that a side lacks, or has as 1, is a letter of the other side
// alone.
Expr matmul(const Expr &lhs, const Expr &rhs) {
  if (!lhs.isTensor() || !rhs.isTensor())
    return {};
  ExprBuilder &b = *lhs.getBuilder();
  int64_t rankL = lhs.getRank(), rankR = rhs.getRank(), batch = std::max(rankL, rankR) - 2;
  if (rankL < 2 || rankR < 2 || batch > 20) {
    b.fail("a product of tensors of rank " + Twine(rankL) + " and " + Twine(rankR));
    return {};
  }
  std::string left, right, output;
  Ints unitL, unitR, unitOut;
  for (int64_t d = 0; d < batch; ++d) {
    int64_t dimL = rankL - 2 - batch + d, dimR = rankR - 2 - batch + d;
    bool hasL = dimL >= 0, hasR = dimR >= 0;
    bool isUnitL = hasL && lhs.getSizes()[dimL].getConstant() == 1,
         isUnitR = hasR && rhs.getSizes()[dimR].getConstant() == 1;
    char letter = 'a' + d;
    bool keepL = hasL && !isUnitL, keepR = hasR && !isUnitR;
    if (isUnitL)
      unitL.push_back(dimL);
    if (isUnitR)
      unitR.push_back(dimR);
    if (keepL)
      left += letter;
    if (keepR)
      right += letter;
    if (keepL || keepR)
      output += letter;
    else
      unitOut.push_back(d);
  }
  Expr result = contract(squeeze(lhs, unitL), squeeze(rhs, unitR), left + "xz," + right + "zy->" + output + "xy");
  if (!result)
    return {};
  Sizes sizes = result.getSizes();
  for (int64_t d : unitOut)
    sizes.insert(sizes.begin() + d, b.size(1));
  return reshape(result, sizes);
}

} // namespace tc::decompose
