// Reductions, contractions, convolutions, windows: verifiers.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tc;

static LogicalResult verifyResultSizes(Operation *op, Type found, ArrayRef<SizeAttr> expected) {
  if (ArrayRef<SizeAttr>(getSizes(found)) == expected)
    return success();
  std::string text;
  llvm::raw_string_ostream os(text);
  printSizes(os, expected);
  return op->emitOpError("expected a result of sizes ") << text << ", found " << found;
}

// Complex numbers stay complex, and nothing else becomes complex.
static LogicalResult verifyElement(Operation *op, Type from, Type to) {
  Type a = getElementTypeOrSelf(from), b = getElementTypeOrSelf(to);
  if (a == b || (!isa<ComplexType>(a) && !isa<ComplexType>(b)))
    return success();
  return op->emitOpError("cannot compute ") << to << " from " << from;
}

// Of an attribute that is read as unsigned, so that a negative dimension is a large one.
static LogicalResult verifyDim(Operation *op, uint64_t dim, RankedTensorType type) {
  if (dim < static_cast<uint64_t>(type.getRank()))
    return success();
  return op->emitOpError("dimension ") << static_cast<int64_t>(dim) << " is outside " << type;
}

// Windows, strides, padding and dilation fit into 32 bits, so that products of two and sums do not overflow 64.
static LogicalResult verifyWindowEntries(Operation *op, std::initializer_list<ArrayRef<int64_t>> lists, size_t count) {
  for (ArrayRef<int64_t> list : lists) {
    if (list.size() != count)
      return op->emitOpError("expected ") << count << " entries a list, found " << list.size();
    for (int64_t entry : list)
      if (!llvm::isInt<32>(entry))
        return op->emitOpError("expected entries of 32 bits, found ") << entry;
  }
  return success();
}

LogicalResult ReduceOp::verify() {
  SmallVector<SizeAttr> expected, sizes = getSizes(getInput().getType());
  for (auto [position, dim] : llvm::enumerate(getDims())) {
    if (dim < 0 || dim >= static_cast<int64_t>(sizes.size()))
      return emitOpError("dimension ") << dim << " is outside " << getInput().getType();
    if (llvm::is_contained(getDims().take_front(position), dim))
      return emitOpError("dimension ") << dim << " occurs twice";
  }
  if (failed(verifyElement(*this, getInput().getType(), getType())))
    return failure();
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (!llvm::is_contained(getDims(), static_cast<int64_t>(dim)))
      expected.push_back(size);
  return verifyResultSizes(*this, getType(), expected);
}

LogicalResult ArgReduceOp::verify() {
  if (getKind() != ReductionKind::max && getKind() != ReductionKind::min)
    return emitOpError("expected max or min, found ") << stringifyReductionKind(getKind());
  SmallVector<SizeAttr> expected = getSizes(getInput().getType());
  if (failed(verifyDim(*this, getDim(), getInput().getType())))
    return failure();
  expected.erase(expected.begin() + getDim());
  if (!getElementTypeOrSelf(getIndex().getType()).isInteger(64))
    return emitOpError("expected i64 indices, found ") << getIndex().getType();
  if (failed(verifyElement(*this, getInput().getType(), getValue().getType())))
    return failure();
  return success(succeeded(verifyResultSizes(*this, getValue().getType(), expected)) &&
                 succeeded(verifyResultSizes(*this, getIndex().getType(), expected)));
}

LogicalResult ScanOp::verify() {
  if (failed(verifyDim(*this, getDim(), getInput().getType())) ||
      failed(verifyElement(*this, getInput().getType(), getType())))
    return failure();
  return verifyResultSizes(*this, getType(), getSizes(getInput().getType()));
}

LogicalResult SortOp::verify() {
  if (failed(verifyDim(*this, getDim(), getInput().getType())))
    return failure();
  if (getElementTypeOrSelf(getValues().getType()) != getElementTypeOrSelf(getInput().getType()))
    return emitOpError("must keep the element type, found ")
           << getInput().getType() << " and " << getValues().getType();
  if (!isa<IntegerType>(getElementTypeOrSelf(getIndices().getType())))
    return emitOpError("expected integer indices, found ") << getIndices().getType();
  return success(succeeded(verifyResultSizes(*this, getValues().getType(), getSizes(getInput().getType()))) &&
                 succeeded(verifyResultSizes(*this, getIndices().getType(), getSizes(getInput().getType()))));
}

StringRef ContractOp::getLhsIndices() { return getSpec().split("->").first.split(',').first; }
StringRef ContractOp::getRhsIndices() { return getSpec().split("->").first.split(',').second; }
StringRef ContractOp::getResultIndices() { return getSpec().split("->").second; }

LogicalResult ContractOp::verify() {
  if (getElementTypeOrSelf(getLhs().getType()) != getElementTypeOrSelf(getRhs().getType()))
    return emitOpError("operands must have one element type, found ")
           << getLhs().getType() << " and " << getRhs().getType();
  if (failed(verifyElement(*this, getLhs().getType(), getType())))
    return failure();
  if (getSpec().count(',') != 1 || getSpec().count("->") != 1)
    return emitOpError("expected a spec such as \"ik,kj->ij\", found \"") << getSpec() << "\"";
  llvm::StringMap<SizeAttr> sizes;
  auto bind = [&](StringRef what, StringRef letters, Type type) -> LogicalResult {
    SmallVector<SizeAttr> found = getSizes(type);
    if (letters.size() != found.size())
      return emitOpError() << what << " has rank " << found.size() << " and " << letters.size() << " indices";
    for (auto [letter, size] : llvm::zip_equal(letters, found)) {
      if (letters.count(letter) != 1)
        return emitOpError("index '") << Twine(letter) << "' occurs twice in " << what;
      auto [it, inserted] = sizes.try_emplace(StringRef(&letter, 1), size);
      if (it->second != size)
        return emitOpError("index '") << Twine(letter) << "' has two sizes, in " << getLhs().getType() << " and "
                                      << getRhs().getType();
    }
    return success();
  };
  if (failed(bind("lhs", getLhsIndices(), getLhs().getType())) ||
      failed(bind("rhs", getRhsIndices(), getRhs().getType())))
    return failure();
  for (char letter : getResultIndices())
    if (!getLhsIndices().contains(letter) && !getRhsIndices().contains(letter))
      return emitOpError("index '") << Twine(letter) << "' of the result is in neither operand";
  return bind("result", getResultIndices(), getType());
}

LogicalResult ConvolveOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (rank < 3 || getFilter().getType().getRank() != rank || getType().getRank() != rank)
    return emitOpError("expected input, filter and result of one rank, at least 3, found ")
           << getInput().getType() << ", " << getFilter().getType() << " and " << getType();
  size_t spatial = rank - 2;
  if (failed(verifyWindowEntries(*this, {getStrides(), getLow(), getHigh(), getDilation(), getInputDilation()},
                                 spatial)) ||
      failed(verifyElement(*this, getInput().getType(), getFilter().getType())) ||
      failed(verifyElement(*this, getInput().getType(), getType())))
    return failure();
  for (ArrayRef<int64_t> list : {getStrides(), getDilation(), getInputDilation()})
    for (int64_t value : list)
      if (value < 1)
        return emitOpError("strides and dilations must be positive, found ") << value;
  if (static_cast<int64_t>(getGroups()) < 1)
    return emitOpError("expected a positive number of groups, found ") << static_cast<int64_t>(getGroups());
  SmallVector<SizeAttr> in = getSizes(getInput().getType()), filter = getSizes(getFilter().getType());
  if (filter.back() * static_cast<int64_t>(getGroups()) != in.back())
    return emitOpError("filter's channels times groups differ from the input's channels: ")
           << getFilter().getType() << ", " << getGroups() << " groups, " << getInput().getType();
  SmallVector<SizeAttr> expected{in.front()};
  for (size_t d = 0; d < spatial; ++d) {
    SizeAttr extent = (in[d + 1] - 1) * getInputDilation()[d] + 1 + (getLow()[d] + getHigh()[d]);
    SizeAttr window = (filter[d + 1] - 1) * getDilation()[d] + 1;
    expected.push_back(floorDiv(extent - window, SizeAttr::constant(getContext(), getStrides()[d])) + 1);
  }
  expected.push_back(filter.front());
  return verifyResultSizes(*this, getType(), expected);
}

template <typename Op> static LogicalResult verifyWindow(Op op, RankedTensorType result) {
  size_t rank = op.getInput().getType().getRank();
  if (failed(verifyWindowEntries(op, {op.getWindow(), op.getStrides(), op.getLow(), op.getHigh(), op.getDilation()},
                                 rank)))
    return failure();
  SmallVector<SizeAttr> sizes = getSizes(op.getInput().getType()), expected;
  for (size_t d = 0; d < rank; ++d) {
    if (op.getWindow()[d] < 1 || op.getStrides()[d] < 1 || op.getDilation()[d] < 1)
      return op.emitOpError("windows, strides and dilations must be positive");
    int64_t window = (op.getWindow()[d] - 1) * op.getDilation()[d] + 1;
    SizeAttr extent = sizes[d] + (op.getLow()[d] + op.getHigh()[d] - window);
    expected.push_back(floorDiv(extent, SizeAttr::constant(op.getContext(), op.getStrides()[d])) + 1);
  }
  return verifyResultSizes(op, result, expected);
}

LogicalResult WindowOp::verify() {
  if (failed(verifyElement(*this, getInput().getType(), getType())))
    return failure();
  return verifyWindow(*this, getType());
}
LogicalResult ArgWindowOp::verify() {
  if (getKind() != ReductionKind::max && getKind() != ReductionKind::min)
    return emitOpError("expected max or min, found ") << stringifyReductionKind(getKind());
  if (!isa<IntegerType>(getElementTypeOrSelf(getIndex().getType())))
    return emitOpError("expected integer indices, found ") << getIndex().getType();
  if (failed(verifyElement(*this, getInput().getType(), getValue().getType())))
    return failure();
  if (failed(verifyWindow(*this, cast<RankedTensorType>(getValue().getType()))))
    return failure();
  return verifyWindow(*this, cast<RankedTensorType>(getIndex().getType()));
}

LogicalResult RandomBitsOp::verify() {
  for (Value operand : {getKey(), getOffset()}) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getRank() != 0 || !type.getElementType().isInteger(64))
      return emitOpError("expected a 0-d i64 key and offset, found ") << type;
  }
  if (!getType().getElementType().isInteger(32))
    return emitOpError("expected an i32 result, found ") << getType();
  return success();
}
