// Bytes of constant tensors as the runtime lays them out.

#include "Constants.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "tc/Conversion/HostProgram/HostProgram.h"

using namespace mlir;

namespace tc {

FailureOr<runtime::Constant> getConstant(mlir::Operation *op, mlir::ElementsAttr value,
                                         std::shared_ptr<const void> owner) {
  auto type = cast<RankedTensorType>(value.getType());
  FailureOr<runtime::DType> dtype = getDType(type.getElementType());
  if (failed(dtype) || !type.hasStaticShape())
    return op->emitError("constant has no layout at run time: ") << type;
  int64_t width = runtime::getByteSize(*dtype);
  int64_t bytes = type.getNumElements() * width;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return op->emitError("constant refers to the resource \"")
             << resource.getRawHandle().getKey() << "\", which has no data";
    if (static_cast<int64_t>(blob->getData().size()) != bytes)
      return op->emitError("constant expected ") << bytes << " bytes in resource \"" << resource.getRawHandle().getKey()
                                                 << "\", found " << blob->getData().size();
    return runtime::Constant{resource.getRawHandle().getKey().str(), blob->getData().data(), bytes, std::move(owner)};
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return op->emitError("constant expected dense elements, found ") << value;
  // Written out for the runtime, which has no splats; a short text must not fill the memory.
  constexpr int64_t maxExpandedBytes = int64_t(1) << 30;
  if (bytes > maxExpandedBytes)
    return op->emitError("constant of ") << bytes << " bytes, expected at most " << maxExpandedBytes;
  std::vector<char> expanded;
  ArrayRef<char> raw = dense.getRawData();
  if (type.getElementType().isInteger(1)) {
    for (bool value : dense.getValues<bool>())
      expanded.push_back(value);
  } else if (dense.isSplat()) {
    expanded.reserve(bytes);
    for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
      expanded.insert(expanded.end(), raw.begin(), raw.begin() + width);
  } else {
    return runtime::Constant::copy("", raw.data(), bytes);
  }
  return runtime::Constant::copy("", expanded.data(), bytes);
}

} // namespace tc
