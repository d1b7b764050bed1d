// Reading and writing captured tensors through their views.

#include "Functionalizer.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

Storage &Functionalizer::addStorage(Value ref, Value value, std::optional<Layout> layout) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!layout)
    layout = Layout::contiguous(type.getContext(), getSizes(type));
  unsigned version = nextVersion();
  storages.push_back({.value = value, .version = version, .layout = layout, .initialVersion = version});
  tensorIds[ref] = tensors.size();
  tensors.push_back({.storage = static_cast<unsigned>(storages.size() - 1), .type = type, .layout = layout});
  return storages.back();
}

Value Functionalizer::readPrefix(Location loc, const Tensor &tensor, size_t numSteps) {
  Value value = storages[tensor.storage].value;
  for (const ViewStep &step : ArrayRef<ViewStep>(tensor.steps).take_front(numSteps))
    value = applyStep(builder, loc, step, value);
  return value;
}

Value Functionalizer::read(Location loc, Value value) {
  auto id = tensorIds.find(value);
  if (id == tensorIds.end())
    return value;
  const Tensor &tensor = tensors[id->second];
  unsigned version = storages[tensor.storage].version;
  auto &[cached, cachedVersion] = cache[id->second];
  if (!cached || cachedVersion != version) {
    cached = readPrefix(loc, tensor, tensor.steps.size());
    cachedVersion = version;
  }
  return cached;
}

LogicalResult Functionalizer::write(Location loc, Value ref, Value value) {
  unsigned id = tensorIds.lookup(ref);
  const Tensor &tensor = tensors[id];
  Value written = value;
  for (size_t step = tensor.steps.size(); step-- > 0;) {
    written = invertStep(builder, loc, tensor.steps[step], [&]() { return readPrefix(loc, tensor, step); }, written);
    if (!written)
      return emitError(loc, "cannot write through the view '") << tensor.steps[step].forwardName << "'";
  }
  Storage &storage = storages[tensor.storage];
  storage.value = written;
  storage.version = nextVersion();
  cache[id] = {value, storage.version};
  ++numWrites;
  return success();
}
