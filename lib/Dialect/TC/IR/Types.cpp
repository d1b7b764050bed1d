// The tensors there are: element types and sizes that the dialects admit; tc.ref's assembly.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tc;

static constexpr int64_t maxElements = int64_t(1) << 56;

bool tc::isElementType(Type type) {
  if (auto complex = dyn_cast<ComplexType>(type))
    return isa<Float16Type, Float32Type, Float64Type>(complex.getElementType());
  if (auto integer = dyn_cast<IntegerType>(type)) {
    unsigned width = integer.getWidth();
    return integer.isSignless()   ? width == 1 || width == 8 || width == 16 || width == 32 || width == 64
           : integer.isUnsigned() ? width == 8 || width == 16 || width == 32 || width == 64
                                  : false;
  }
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type, Float8E4M3FNType, Float8E5M2Type, Float8E4M3FNUZType,
             Float8E5M2FNUZType, Float8E8M0FNUType>(type);
}

// Sizes of 0 do not hide the others: strides are products of them all the same.
static bool isSmallEnough(ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  return llvm::all_of(sizes, [&](int64_t size) {
    return ShapedType::isDynamic(size) ||
           (size >= 0 && !llvm::MulOverflow(count, std::max<int64_t>(size, 1), count) && count <= maxElements);
  });
}

bool tc::isTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isElementType(tensor.getElementType()) && isSmallEnough(tensor.getShape());
}

LogicalResult RefType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<SizeAttr> sizes,
                              Type elementType) {
  if (!isElementType(elementType))
    return emitError() << "expected a reference to booleans, integers, floating-point or complex numbers, found "
                       << elementType;
  SmallVector<int64_t> constants;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    std::optional<int64_t> constant = size.getConstant();
    if (constant.value_or(0) < 0)
      return emitError() << "expected a size of at least 0 in dimension " << dim << ", found " << *constant;
    constants.push_back(constant.value_or(ShapedType::kDynamic));
  }
  if (!isSmallEnough(constants))
    return emitError() << "expected at most 2^56 elements";
  return success();
}

void RefType::print(AsmPrinter &printer) const {
  printer << "<";
  printSizes(printer.getStream(), getSizes());
  printer << ", " << getElementType() << ">";
}

Type RefType::parse(AsmParser &parser) {
  SmallVector<SizeAttr> sizes;
  Type elementType;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parseSizes(parser, sizes) || parser.parseComma() || parser.parseType(elementType) ||
      parser.parseGreater())
    return {};
  return parser.getChecked<RefType>(location, parser.getContext(), ArrayRef<SizeAttr>(sizes), elementType);
}
