// NumPy's .npy files: a magic number, a version, a header that is a Python dict, the bytes.

#include "Array.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace tc::runtime;

namespace tc::tool {

namespace {

struct TypeName {
  DType dtype;
  const char *name;
};

/// Element types without the byte order; what NumPy lacks is V and its width.
constexpr TypeName typeNames[] = {{DType::Bool, "b1"}, {DType::I8, "i1"},   {DType::I16, "i2"}, {DType::I32, "i4"},
                                  {DType::I64, "i8"},  {DType::U8, "u1"},   {DType::U16, "u2"}, {DType::U32, "u4"},
                                  {DType::U64, "u8"},  {DType::F16, "f2"},  {DType::F32, "f4"}, {DType::F64, "f8"},
                                  {DType::C64, "c8"},  {DType::C128, "c16"}};

struct Header {
  llvm::StringRef descr;
  bool fortranOrder = false;
  std::vector<int64_t> sizes;
};

llvm::Error fail(llvm::StringRef path, const llvm::Twine &message) {
  return llvm::createStringError("'" + path + "': " + message);
}

/// What follows `'key':`.
bool findKey(llvm::StringRef text, llvm::StringRef key, llvm::StringRef &value) {
  auto [before, after] = text.split(("'" + key + "':").str());
  value = after.ltrim();
  return !value.empty();
}

bool parseHeader(llvm::StringRef text, Header &header) {
  llvm::StringRef descr, order, shape;
  if (!findKey(text, "descr", descr) || !findKey(text, "fortran_order", order) || !findKey(text, "shape", shape))
    return false;
  if (!descr.consume_front("'") || !shape.consume_front("(") || !shape.contains(')'))
    return false; // a list of fields, say
  header.descr = descr.split('\'').first;
  header.fortranOrder = order.starts_with("True");
  if (!header.fortranOrder && !order.starts_with("False"))
    return false;
  llvm::SmallVector<llvm::StringRef> parts;
  shape.split(')').first.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    int64_t size;
    if (part.trim().empty())
      continue;
    if (part.trim().getAsInteger(10, size) || size < 0)
      return false;
    header.sizes.push_back(size);
  }
  return header.sizes.size() <= maxRank;
}

llvm::Expected<DType> parseType(llvm::StringRef path, llvm::StringRef descr, DType expected) {
  llvm::StringRef name = descr.drop_front(descr.empty() ? 0 : 1);
  bool isBig = descr.starts_with(">");
  for (const TypeName &type : typeNames)
    if (name == type.name && !(isBig && getByteSize(type.dtype) > 1))
      return type.dtype;
  if (name == "V" + std::to_string(getByteSize(expected)))
    return expected;
  return fail(path, "unsupported element type '" + descr + "'");
}

std::string getDescr(DType dtype) {
  for (const TypeName &type : typeNames)
    if (type.dtype == dtype)
      return (getByteSize(dtype) == 1 ? "|" : "<") + std::string(type.name);
  return "|V" + std::to_string(getByteSize(dtype));
}

} // namespace

llvm::Expected<Array> readNpy(llvm::StringRef path, DType expected) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return fail(path, file.getError().message());
  llvm::StringRef bytes = (*file)->getBuffer();
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 10)
    return fail(path, "is no .npy file");
  unsigned major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3)
    return fail(path, "unsupported version " + llvm::Twine(major) + " of the .npy format");
  bytes = bytes.drop_front(8);
  size_t lengthBytes = major == 1 ? 2 : 4;
  if (bytes.size() < lengthBytes)
    return fail(path, "its header is truncated");
  size_t length =
      major == 1 ? llvm::support::endian::read16le(bytes.data()) : llvm::support::endian::read32le(bytes.data());
  bytes = bytes.drop_front(lengthBytes);
  Header header;
  if (bytes.size() < length || !parseHeader(bytes.take_front(length), header))
    return fail(path, "its header is malformed");
  bytes = bytes.drop_front(length);
  llvm::Expected<DType> dtype = parseType(path, header.descr, expected);
  if (!dtype)
    return dtype.takeError();

  std::vector<int64_t> strides = getRowMajorStrides(header.sizes);
  if (header.fortranOrder) {
    std::vector<int64_t> reversed(header.sizes.rbegin(), header.sizes.rend());
    strides = getRowMajorStrides(reversed);
    std::reverse(strides.begin(), strides.end());
  }
  // Before memory is asked for: a corrupt size must not take more of it than the file has.
  uint64_t needed = getByteSize(*dtype);
  for (int64_t size : header.sizes)
    if (__builtin_mul_overflow(needed, static_cast<uint64_t>(size), &needed))
      return fail(path, "its sizes are too large");
  if (bytes.size() != needed)
    return fail(path, "expected " + llvm::Twine(needed) + " bytes of data, found " + llvm::Twine(bytes.size()));
  llvm::Expected<Array> array = Array::allocate(*dtype, header.sizes, std::move(strides));
  if (!array)
    return fail(path, llvm::toString(array.takeError()));
  if (needed)
    std::memcpy(array->data, bytes.data(), needed);
  return array;
}

llvm::Error writeNpy(llvm::StringRef path, const TensorView &tensor) {
  std::string header = "{'descr': '" + getDescr(tensor.dtype) + "', 'fortran_order': False, 'shape': (";
  for (int32_t dim = 0; dim < tensor.rank; ++dim)
    header += std::to_string(tensor.sizes[dim]) + (tensor.rank == 1 || dim + 1 < tensor.rank ? "," : "");
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::error_code error;
  llvm::raw_fd_ostream os(path, error, llvm::sys::fs::OF_None);
  if (error)
    return fail(path, error.message());
  os << llvm::StringRef("\x93NUMPY\x01\0", 8) << char(header.size() & 255) << char(header.size() >> 8) << header;
  forEachElement(tensor, [&](char *element) { os.write(element, getByteSize(tensor.dtype)); });
  os.close();
  if (os.has_error()) {
    std::string message = os.error().message();
    os.clear_error();
    return fail(path, message);
  }
  return llvm::Error::success();
}

} // namespace tc::tool
