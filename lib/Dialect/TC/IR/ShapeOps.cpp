// Ops that move elements: verifiers.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace tc;

#define GET_OP_CLASSES
#include "tc/Dialect/TC/IR/TCOps.cpp.inc"

// Every dim is in [0, rank) and named once.
static LogicalResult verifyDims(Operation *op, ArrayRef<int64_t> dims, int64_t rank) {
  llvm::SmallBitVector seen(rank);
  for (int64_t dim : dims) {
    if (dim < 0 || dim >= rank)
      return op->emitOpError("dimension ") << dim << " is outside a tensor of rank " << rank;
    if (seen.test(dim))
      return op->emitOpError("dimension ") << dim << " occurs twice";
    seen.set(dim);
  }
  return success();
}

static LogicalResult verifyCount(Operation *op, StringRef what, size_t found, size_t expected) {
  if (found == expected)
    return success();
  return op->emitOpError("expected ") << expected << " " << what << ", found " << found;
}

// Compares sizes, naming both on failure.
static LogicalResult verifySizes(Operation *op, Type found, ArrayRef<SizeAttr> expected) {
  if (ArrayRef<SizeAttr>(getSizes(found)) == expected)
    return success();
  std::string text;
  llvm::raw_string_ostream os(text);
  printSizes(os, expected);
  return op->emitOpError("expected a result of sizes ") << text << ", found " << found;
}

static LogicalResult verifySameElement(Operation *op, Type a, Type b) {
  if (getElementTypeOrSelf(a) == getElementTypeOrSelf(b))
    return success();
  return op->emitOpError("must keep the element type, found ") << a << " and " << b;
}

LogicalResult SizeOp::verify() {
  if (getType().getRank() == 0 && getType().getElementType().isInteger(64))
    return success();
  return emitOpError("expected a 0-d i64 result, found ") << getType();
}

LogicalResult IotaOp::verify() { return verifyDims(*this, getDim(), getType().getRank()); }

LogicalResult BroadcastOp::verify() {
  if (failed(verifySameElement(*this, getInput().getType(), getType())))
    return failure();
  SmallVector<SizeAttr> from = getSizes(getInput().getType()), to = getSizes(getType());
  if (from.size() > to.size())
    return emitOpError("cannot broadcast ") << getInput().getType() << " to the lower rank of " << getType();
  for (auto [dim, size] : llvm::enumerate(from))
    if (size != to[to.size() - from.size() + dim] && size.getConstant() != 1)
      return emitOpError("cannot broadcast ") << getInput().getType() << " to " << getType();
  return success();
}

LogicalResult TransposeOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (failed(verifyCount(*this, "entries in the permutation", getPermutation().size(), rank)) ||
      failed(verifyDims(*this, getPermutation(), rank)) ||
      failed(verifySameElement(*this, getInput().getType(), getType())))
    return failure();
  SmallVector<SizeAttr> from = getSizes(getInput().getType()), expected;
  for (int64_t dim : getPermutation())
    expected.push_back(from[dim]);
  return verifySizes(*this, getType(), expected);
}

LogicalResult ReshapeOp::verify() {
  if (failed(verifySameElement(*this, getInput().getType(), getType())))
    return failure();
  SizeAttr from = product(getContext(), getSizes(getInput().getType())),
           to = product(getContext(), getSizes(getType()));
  // Products of symbols can be equal without being the same expression; constants cannot.
  if (from.getConstant() && to.getConstant() && from != to)
    return emitOpError("must keep the number of elements, found ")
           << *from.getConstant() << " and " << *to.getConstant();
  return success();
}

// Bits of an element in memory.
static int64_t getMemoryBits(Type element) {
  if (auto complex = dyn_cast<ComplexType>(element))
    return 2 * getMemoryBits(complex.getElementType());
  return element.isIntOrFloat() ? std::max(8u, element.getIntOrFloatBitWidth()) : 0;
}

LogicalResult ReinterpretOp::verify() {
  SizeAttr from = product(getContext(), getSizes(getInput().getType())) *
                  getMemoryBits(getInput().getType().getElementType()),
           to = product(getContext(), getSizes(getType())) * getMemoryBits(getType().getElementType());
  if (from.getConstant() && to.getConstant() && from != to)
    return emitOpError("must keep the number of bits, found ") << *from.getConstant() << " and " << *to.getConstant();
  return success();
}

// Whether a slice of `length` elements from `offset` on, `stride` apart, leaves a dimension, as far as constants say.
static bool isOutside(SizeAttr offset, int64_t stride, SizeAttr length, SizeAttr size) {
  if (length.getConstant() == 0)
    return offset.getConstant().value_or(0) < 0;
  SizeAttr last = offset + (length - 1) * stride;
  return offset.getConstant().value_or(0) < 0 ||
         (last.getConstant() && size.getConstant() && *last.getConstant() >= *size.getConstant());
}

LogicalResult SliceOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (failed(verifyCount(*this, "offsets", getOffsets().size(), rank)) ||
      failed(verifyCount(*this, "strides", getStrides().size(), rank)) ||
      failed(verifyCount(*this, "result dimensions", getType().getRank(), rank)))
    return failure();
  SmallVector<SizeAttr> from = getSizes(getInput().getType()), to = getSizes(getType()),
                        offsets = toSizes(getOffsets());
  for (auto [dim, stride] : llvm::enumerate(getStrides())) {
    if (stride < 1)
      return emitOpError("expected a stride of at least 1 in dimension ") << dim << ", found " << stride;
    if (isOutside(offsets[dim], stride, to[dim], from[dim]))
      return emitOpError("reads outside dimension ") << dim << " of " << getInput().getType();
  }
  return verifySameElement(*this, getInput().getType(), getType());
}

LogicalResult InsertSliceOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (failed(verifyCount(*this, "offsets", getOffsets().size(), rank)) ||
      failed(verifyCount(*this, "strides", getStrides().size(), rank)) ||
      failed(verifyCount(*this, "source dimensions", getSource().getType().getRank(), rank)) ||
      failed(verifySizes(*this, getType(), getSizes(getInput().getType()))) ||
      failed(verifySameElement(*this, getInput().getType(), getType())))
    return failure();
  SmallVector<SizeAttr> sizes = getSizes(getType()), lengths = getSizes(getSource().getType()),
                        offsets = toSizes(getOffsets());
  for (auto [dim, stride] : llvm::enumerate(getStrides())) {
    if (stride < 1)
      return emitOpError("expected a stride of at least 1 in dimension ") << dim << ", found " << stride;
    if (isOutside(offsets[dim], stride, lengths[dim], sizes[dim]))
      return emitOpError("writes outside dimension ") << dim << " of " << getType();
  }
  return verifySameElement(*this, getSource().getType(), getType());
}

LogicalResult PadOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (failed(verifyCount(*this, "low paddings", getLow().size(), rank)) ||
      failed(verifyCount(*this, "high paddings", getHigh().size(), rank)))
    return failure();
  if (getValue().getType().getRank() != 0)
    return emitOpError("expected a 0-d padding value, found ") << getValue().getType();
  if (failed(verifySameElement(*this, getInput().getType(), getType())) ||
      failed(verifySameElement(*this, getValue().getType(), getType())))
    return failure();
  SmallVector<SizeAttr> expected = getSizes(getInput().getType());
  for (auto [size, low, high] : llvm::zip_equal(expected, toSizes(getLow()), toSizes(getHigh()))) {
    if (low.getConstant().value_or(0) < 0 || high.getConstant().value_or(0) < 0)
      return emitOpError("negative padding: slice instead");
    size = size + low + high;
  }
  return verifySizes(*this, getType(), expected);
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("expected at least one input");
  int64_t rank = getType().getRank();
  if (failed(verifyDims(*this, getDim(), rank)))
    return failure();
  SizeAttr total = SizeAttr::constant(getContext(), 0);
  SmallVector<SizeAttr> expected = getSizes(getType());
  for (Value input : getInputs()) {
    SmallVector<SizeAttr> sizes = getSizes(input.getType());
    if (failed(verifyCount(*this, "dimensions in an input", sizes.size(), rank)) ||
        failed(verifySameElement(*this, input.getType(), getType())))
      return failure();
    total = total + sizes[getDim()];
    sizes[getDim()] = expected[getDim()];
    if (failed(verifySizes(*this, getType(), sizes)))
      return failure();
  }
  expected[getDim()] = total;
  return verifySizes(*this, getType(), expected);
}

LogicalResult ReverseOp::verify() {
  if (failed(verifyDims(*this, getDims(), getType().getRank())) ||
      failed(verifySameElement(*this, getInput().getType(), getType())))
    return failure();
  return verifySizes(*this, getType(), getSizes(getInput().getType()));
}

// The shape that tc.gather gives and tc.scatter's updates have: the indices' broadcast sizes, then the dimensions not
// indexed.
static LogicalResult verifyIndexed(Operation *op, Type indexed, ValueRange indices, ArrayRef<int64_t> dims,
                                   Type selected) {
  SmallVector<SizeAttr> sizes = getSizes(indexed), expected;
  if (failed(verifyCount(op, "index tensors", indices.size(), dims.size())) ||
      failed(verifyDims(op, dims, sizes.size())))
    return failure();
  for (Value index : indices) {
    if (!isa<IntegerType>(getElementTypeOrSelf(index.getType())))
      return op->emitOpError("expected integer indices, found ") << index.getType();
    FailureOr<SmallVector<SizeAttr>> next = broadcastSizes(expected, getSizes(index.getType()));
    if (failed(next))
      return op->emitOpError("index tensors do not broadcast against one another");
    expected = *next;
  }
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      expected.push_back(size);
  return verifySizes(op, selected, expected);
}

LogicalResult GatherOp::verify() {
  if (failed(verifySameElement(*this, getInput().getType(), getType())))
    return failure();
  return verifyIndexed(*this, getInput().getType(), getIndices(), getDims(), getType());
}

LogicalResult ScatterOp::verify() {
  if (failed(verifySameElement(*this, getUpdates().getType(), getType())) ||
      failed(verifySameElement(*this, getInput().getType(), getType())) ||
      failed(verifySizes(*this, getType(), getSizes(getInput().getType()))))
    return failure();
  return verifyIndexed(*this, getInput().getType(), getIndices(), getDims(), getUpdates().getType());
}
