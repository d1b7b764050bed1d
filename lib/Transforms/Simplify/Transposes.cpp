// Arithmetic on permutations.

#include "Transposes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

Permutation simplify::invert(ArrayRef<int64_t> permutation) {
  Permutation inverse(permutation.size());
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  return inverse;
}

bool simplify::isReshape(ArrayRef<SizeAttr> sizes, ArrayRef<int64_t> permutation) {
  int64_t last = -1;
  for (int64_t dim : permutation) {
    if (sizes[dim].getConstant() == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

TransposeOp simplify::getSinkableTranspose(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (!transpose || isReshape(getSizes(transpose.getInput().getType()), transpose.getPermutation()) ||
      isFromConstants(transpose.getInput()))
    return {};
  return transpose;
}

Permutation simplify::extend(ArrayRef<int64_t> permutation, int64_t rank) {
  int64_t leading = rank - permutation.size();
  Permutation result = llvm::to_vector(llvm::seq<int64_t>(0, leading));
  for (int64_t dim : permutation)
    result.push_back(leading + dim);
  return result;
}

Value simplify::transpose(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<SizeAttr> sizes = getSizes(type);
  RankedTensorType to = getTensorType(permute<SizeAttr>(sizes, permutation), type.getElementType());
  if (isReshape(sizes, permutation))
    return builder.createOrFold<ReshapeOp>(loc, to, value);
  return builder.createOrFold<TransposeOp>(loc, to, value, permutation);
}

static SmallVector<SizeAttr> padSizes(Type type, size_t rank) {
  SmallVector<SizeAttr> sizes = getSizes(type);
  sizes.insert(sizes.begin(), rank - sizes.size(), SizeAttr::constant(type.getContext(), 1));
  return sizes;
}

Value simplify::transposeBroadcast(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() == 0)
    return value;
  // What is transposed the other way already is taken as it was; a transpose of its reshape would have to sink first.
  if (auto transposed = value.getDefiningOp<TransposeOp>();
      transposed && extend(transposed.getPermutation(), permutation.size()) == invert(permutation)) {
    value = transposed.getInput();
    RankedTensorType padded = getTensorType(padSizes(value.getType(), permutation.size()), type.getElementType());
    return padded == value.getType() ? value : builder.createOrFold<ReshapeOp>(loc, padded, value);
  }
  RankedTensorType padded = getTensorType(padSizes(type, permutation.size()), type.getElementType());
  if (padded != type)
    value = builder.createOrFold<ReshapeOp>(loc, padded, value);
  return transpose(builder, loc, value, permutation);
}

bool simplify::isCheapToTranspose(Value value, ArrayRef<int64_t> permutation) {
  if (auto transpose = value.getDefiningOp<TransposeOp>())
    if (extend(transpose.getPermutation(), permutation.size()) == invert(permutation))
      return true;
  return isReshape(padSizes(value.getType(), permutation.size()), permutation) || isFromConstants(value);
}
