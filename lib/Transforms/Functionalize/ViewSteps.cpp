// View steps: forward and inverse.

#include "ViewSteps.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

static RankedTensorType i64Scalar(OpBuilder &builder) { return RankedTensorType::get({}, builder.getI64Type()); }

// A size as a 0-d tensor.
static Value sizeTensor(OpBuilder &builder, Location loc, SizeAttr size) {
  if (std::optional<int64_t> constant = size.getConstant())
    return ConstantOp::create(builder, loc, DenseElementsAttr::get(i64Scalar(builder), APInt(64, *constant, true)));
  return SizeOp::create(builder, loc, i64Scalar(builder), size);
}

// offset + sum of index * coefficient, over the leading dimensions.
static Value buildIndex(OpBuilder &builder, Location loc, const AffineIndex &index, ArrayRef<SizeAttr> leading) {
  RankedTensorType type = getTensorType(leading, builder.getI64Type());
  Value sum;
  for (auto [dim, coefficient] : llvm::enumerate(index.coefficients)) {
    if (coefficient.getConstant() == 0)
      continue;
    Value term = IotaOp::create(builder, loc, type, dim);
    if (coefficient.getConstant() != 1)
      term = MulOp::create(builder, loc, term, sizeTensor(builder, loc, coefficient));
    sum = sum ? AddOp::create(builder, loc, sum, term).getResult() : term;
  }
  Value offset = sizeTensor(builder, loc, index.offset);
  if (!sum)
    return BroadcastOp::create(builder, loc, type, offset);
  return index.offset.getConstant() == 0 ? sum : AddOp::create(builder, loc, sum, offset).getResult();
}

static SmallVector<Value> buildIndices(OpBuilder &builder, Location loc, const ViewStep &step) {
  SmallVector<SizeAttr> leading = getSizes(step.to);
  leading.truncate(step.indices.front().coefficients.size());
  return llvm::map_to_vector(step.indices,
                             [&](const AffineIndex &index) { return buildIndex(builder, loc, index, leading); });
}

static SmallVector<int64_t> invertPermutation(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  return inverse;
}

static Value callAten(OpBuilder &builder, Location loc, StringRef name, ArrayAttr args, Value input, Type type) {
  return AtenOp::create(builder, loc, TypeRange(type), builder.getStringAttr(name), ValueRange(input), args)
      .getResult(0);
}

Value functionalize::applyStep(OpBuilder &builder, Location loc, const ViewStep &step, Value input) {
  switch (step.kind) {
  case ViewStep::Kind::Reshape:
    return ReshapeOp::create(builder, loc, step.to, input);
  case ViewStep::Kind::Transpose:
    return TransposeOp::create(builder, loc, step.to, input, step.dims);
  case ViewStep::Kind::Slice:
    return SliceOp::create(builder, loc, step.to, input, toArrayAttr(builder.getContext(), step.offsets), step.dims);
  case ViewStep::Kind::Broadcast:
    return BroadcastOp::create(builder, loc, step.to, input);
  case ViewStep::Kind::Bitcast:
    return BitcastOp::create(builder, loc, step.to, input);
  case ViewStep::Kind::Reinterpret:
    return ReinterpretOp::create(builder, loc, step.to, input);
  case ViewStep::Kind::Gather:
    return GatherOp::create(builder, loc, step.to, input, buildIndices(builder, loc, step), step.dims,
                            /*checked=*/false);
  case ViewStep::Kind::Aten:
    return callAten(builder, loc, step.forwardName, step.args, input, step.to);
  }
  llvm_unreachable("covered switch");
}

// Writing to a broadcast tensor writes all repetitions; they are equal where eager allows it, so the first one counts.
static Value invertBroadcast(OpBuilder &builder, Location loc, const ViewStep &step, Value written) {
  SmallVector<SizeAttr> from = getSizes(step.from), to = getSizes(step.to), sizes = to;
  size_t leading = to.size() - from.size();
  SizeAttr one = SizeAttr::constant(builder.getContext(), 1), zero = SizeAttr::constant(builder.getContext(), 0);
  for (size_t dim = 0; dim < to.size(); ++dim)
    sizes[dim] = dim < leading ? one : from[dim - leading];
  Type elementType = step.to.getElementType();
  SmallVector<SizeAttr> offsets(to.size(), zero);
  Value first = SliceOp::create(builder, loc, getTensorType(sizes, elementType), written,
                                toArrayAttr(builder.getContext(), offsets), SmallVector<int64_t>(to.size(), 1));
  return leading ? ReshapeOp::create(builder, loc, step.from, first).getResult() : first;
}

Value functionalize::invertStep(OpBuilder &builder, Location loc, const ViewStep &step, function_ref<Value()> input,
                                Value written) {
  switch (step.kind) {
  case ViewStep::Kind::Reshape:
    return ReshapeOp::create(builder, loc, step.from, written);
  case ViewStep::Kind::Transpose:
    return TransposeOp::create(builder, loc, step.from, written, invertPermutation(step.dims));
  case ViewStep::Kind::Slice:
    if (step.from == step.to)
      return written;
    return InsertSliceOp::create(builder, loc, step.from, input(), written,
                                 toArrayAttr(builder.getContext(), step.offsets), step.dims);
  case ViewStep::Kind::Broadcast:
    return invertBroadcast(builder, loc, step, written);
  case ViewStep::Kind::Bitcast:
    return BitcastOp::create(builder, loc, step.from, written);
  case ViewStep::Kind::Reinterpret:
    return ReinterpretOp::create(builder, loc, step.from, written);
  case ViewStep::Kind::Gather: {
    Value before = input();
    SmallVector<Value> indices = buildIndices(builder, loc, step);
    return ScatterOp::create(builder, loc, step.from, before, indices, written, step.dims,
                             /*kind=*/ReductionKindAttr(), /*checked=*/false);
  }
  case ViewStep::Kind::Aten:
    if (step.inverseName.empty())
      return {};
    return callAten(builder, loc, step.inverseName, builder.getArrayAttr({OperandAttr::get(builder.getContext(), 0)}),
                    written, step.from);
  }
  llvm_unreachable("covered switch");
}

void ViewBuilder::push(ViewStep step) {
  step.from = type;
  type = step.to;
  steps.push_back(std::move(step));
}

void ViewBuilder::reshape(ArrayRef<SizeAttr> sizes) {
  RankedTensorType to = getTensorType(sizes, type.getElementType());
  if (to != type)
    push({.kind = ViewStep::Kind::Reshape, .to = to});
}

void ViewBuilder::transpose(ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return;
  SmallVector<SizeAttr> sizes = getSizes(), permuted;
  for (int64_t dim : permutation)
    permuted.push_back(sizes[dim]);
  push({.kind = ViewStep::Kind::Transpose,
        .to = getTensorType(permuted, type.getElementType()),
        .dims = SmallVector<int64_t>(permutation)});
}

void ViewBuilder::slice(ArrayRef<SizeAttr> offsets, ArrayRef<int64_t> strides, ArrayRef<SizeAttr> sizes) {
  RankedTensorType to = getTensorType(sizes, type.getElementType());
  // A slice of all elements is the tensor: its strides are at least 1.
  if (to != type)
    push({.kind = ViewStep::Kind::Slice,
          .to = to,
          .dims = SmallVector<int64_t>(strides),
          .offsets = SmallVector<SizeAttr>(offsets)});
}

void ViewBuilder::slice(int64_t dim, SizeAttr offset, int64_t stride, SizeAttr size) {
  SmallVector<SizeAttr> sizes = getSizes(), offsets(sizes.size(), SizeAttr::constant(type.getContext(), 0));
  SmallVector<int64_t> strides(sizes.size(), 1);
  sizes[dim] = size;
  offsets[dim] = offset;
  strides[dim] = stride;
  slice(offsets, strides, sizes);
}

void ViewBuilder::broadcast(ArrayRef<SizeAttr> sizes) {
  RankedTensorType to = getTensorType(sizes, type.getElementType());
  if (to != type)
    push({.kind = ViewStep::Kind::Broadcast, .to = to});
}

void ViewBuilder::bitcast(Type elementType) {
  if (elementType != type.getElementType())
    push({.kind = ViewStep::Kind::Bitcast, .to = withElementType(type, elementType)});
}

void ViewBuilder::reinterpret(RankedTensorType to) { push({.kind = ViewStep::Kind::Reinterpret, .to = to}); }

// Whether the index is outside a dimension of this size, as far as constants say.
static bool isOutside(const AffineIndex &index, ArrayRef<SizeAttr> leading, SizeAttr size) {
  if (llvm::any_of(leading, [](SizeAttr extent) { return extent.getConstant() == 0; }))
    return false;
  SizeAttr last = index.offset;
  bool isNegative = index.offset.getConstant().value_or(0) < 0;
  for (auto [extent, coefficient] : llvm::zip_equal(leading, index.coefficients)) {
    isNegative |= coefficient.getConstant().value_or(0) < 0;
    last = last + (extent - 1) * coefficient;
  }
  std::optional<int64_t> constant = last.getConstant(), end = size.getConstant();
  return isNegative || (constant && end && *constant >= *end);
}

LogicalResult ViewBuilder::gather(ArrayRef<int64_t> dims, ArrayRef<SizeAttr> leading, ArrayRef<AffineIndex> indices) {
  for (auto [dim, index] : llvm::zip_equal(dims, indices))
    if (isOutside(index, leading, getSizes()[dim]))
      return failure();
  SmallVector<SizeAttr> sizes(leading);
  for (auto [dim, size] : llvm::enumerate(getSizes()))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      sizes.push_back(size);
  push({.kind = ViewStep::Kind::Gather,
        .to = getTensorType(sizes, type.getElementType()),
        .dims = SmallVector<int64_t>(dims),
        .indices = SmallVector<AffineIndex>(indices)});
  return success();
}

void ViewBuilder::aten(StringRef forward, StringRef inverse, ArrayAttr args, RankedTensorType to) {
  push({.kind = ViewStep::Kind::Aten, .to = to, .forwardName = forward, .inverseName = inverse, .args = args});
}
