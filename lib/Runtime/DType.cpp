// Facts about element types, in one table.

#include "tc/Runtime/DType.h"

namespace tc::runtime {

namespace {

struct Entry {
  std::string_view name;
  int64_t bytes;
  DLPackType dlpack;
};

constexpr Entry entries[numDTypes] = {
    {"bool", 1, {6, 8}},    {"i8", 1, {0, 8}},          {"i16", 2, {0, 16}},        {"i32", 4, {0, 32}},
    {"i64", 8, {0, 64}},    {"u8", 1, {1, 8}},          {"u16", 2, {1, 16}},        {"u32", 4, {1, 32}},
    {"u64", 8, {1, 64}},    {"f16", 2, {2, 16}},        {"bf16", 2, {4, 16}},       {"f32", 4, {2, 32}},
    {"f64", 8, {2, 64}},    {"c64", 8, {5, 64}},        {"c128", 16, {5, 128}},     {"f8E4M3FN", 1, {10, 8}},
    {"f8E5M2", 1, {12, 8}}, {"f8E4M3FNUZ", 1, {11, 8}}, {"f8E5M2FNUZ", 1, {13, 8}}, {"f8E8M0FNU", 1, {14, 8}},
    {"c32", 4, {5, 32}},
};

} // namespace

static const Entry *find(DType dtype) {
  unsigned index = static_cast<unsigned>(dtype);
  return index < numDTypes ? &entries[index] : nullptr;
}

int64_t getByteSize(DType dtype) {
  const Entry *entry = find(dtype);
  return entry ? entry->bytes : 0;
}

std::string_view getName(DType dtype) {
  const Entry *entry = find(dtype);
  return entry ? entry->name : "unknown";
}

std::optional<DType> parseDType(std::string_view name) {
  for (unsigned i = 0; i < numDTypes; ++i)
    if (entries[i].name == name)
      return static_cast<DType>(i);
  return std::nullopt;
}

DLPackType toDLPack(DType dtype) {
  const Entry *entry = find(dtype);
  return entry ? entry->dlpack : DLPackType{0, 0};
}

std::optional<DType> fromDLPack(uint8_t code, uint8_t bits, uint16_t lanes) {
  if (lanes != 1)
    return std::nullopt;
  for (unsigned i = 0; i < numDTypes; ++i)
    if (entries[i].dlpack.code == code && entries[i].dlpack.bits == bits)
      return static_cast<DType>(i);
  return std::nullopt;
}

} // namespace tc::runtime
