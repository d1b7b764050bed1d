// Copies go to the null stream, which the runs of tools use as well: each is in order.

#include "DeviceMemory.h"

#include <cstring>

using namespace tc::runtime;

namespace tc::tool {

DeviceMemory::~DeviceMemory() {
  for (auto [device, data] : owned)
    if (llvm::Expected<CudaDriver *> cuda = activate(device))
      (*cuda)->deallocate(data);
    else
      llvm::consumeError(cuda.takeError());
}

llvm::Expected<CudaDriver *> DeviceMemory::activate(Device device) {
  if (!driver) {
    Expected<CudaDriver *> cuda = runtime.getCuda();
    if (!cuda)
      return llvm::createStringError(cuda.message());
    driver = *cuda;
  }
  if (Error error = driver->activate(device.ordinal))
    return llvm::createStringError(error.message());
  return driver;
}

llvm::Expected<std::vector<Argument>> DeviceMemory::upload(const Program &program, const Inputs &inputs) {
  std::vector<Argument> arguments = inputs.arguments;
  size_t array = 0;
  for (auto [argument, input] : llvm::zip_equal(arguments, program.inputs)) {
    if (argument.kind != Argument::Kind::Tensor)
      continue;
    const Array &host = inputs.arrays[array++];
    if (input.device.kind == DeviceKind::CPU)
      continue;
    llvm::Expected<CudaDriver *> cuda = activate(input.device);
    if (!cuda)
      return cuda.takeError();
    Expected<void *> data = (*cuda)->allocate(host.getNumBytes());
    if (!data)
      return llvm::createStringError(data.message());
    owned.push_back({input.device, *data});
    argument.tensor.data = *data;
    argument.tensor.device = input.device;
    if (Error error = (*cuda)->copy(*data, host.data, host.getNumBytes(), /*stream=*/nullptr))
      return llvm::createStringError(error.message());
  }
  return arguments;
}

llvm::Expected<Array> DeviceMemory::download(const TensorView &tensor) {
  std::vector<int64_t> sizes(tensor.sizes, tensor.sizes + tensor.rank), strides = getRowMajorStrides(sizes);
  if (tensor.strides)
    strides.assign(tensor.strides, tensor.strides + tensor.rank);
  llvm::Expected<Array> array = Array::allocate(tensor.dtype, std::move(sizes), std::move(strides));
  if (!array)
    return array;
  int64_t bytes = array->getNumBytes();
  if (bytes == 0)
    return array;
  if (tensor.device.kind == DeviceKind::CPU) {
    std::memcpy(array->data, tensor.data, bytes);
    return array;
  }
  llvm::Expected<CudaDriver *> cuda = activate(tensor.device);
  if (!cuda)
    return cuda.takeError();
  Error error = (*cuda)->copy(array->data, tensor.data, bytes, /*stream=*/nullptr);
  if (!error)
    error = (*cuda)->synchronize(/*stream=*/nullptr);
  if (error)
    return llvm::createStringError(error.message());
  return array;
}

llvm::Error DeviceMemory::synchronize() {
  for (auto [device, data] : owned) {
    llvm::Expected<CudaDriver *> cuda = activate(device);
    if (!cuda)
      return cuda.takeError();
    if (Error error = (*cuda)->synchronize(/*stream=*/nullptr))
      return llvm::createStringError(error.message());
    break; // the inputs of a graph are on one device
  }
  return llvm::Error::success();
}

void DeviceMemory::release(llvm::ArrayRef<Result> results) {
  for (const Result &result : results) {
    if (result.kind != Result::Kind::Tensor)
      continue;
    if (result.device.kind == DeviceKind::CPU) {
      runtime.getAllocator().deallocate(result.data);
    } else if (llvm::Expected<CudaDriver *> cuda = activate(result.device)) {
      (*cuda)->deallocate(result.data);
    } else {
      llvm::consumeError(cuda.takeError());
    }
  }
}

} // namespace tc::tool
