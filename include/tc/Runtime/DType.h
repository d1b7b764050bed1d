// Element types of tensors at run time.
#ifndef TC_RUNTIME_DTYPE_H
#define TC_RUNTIME_DTYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace tc::runtime {

/// Element types; the numbers are stored in packages and never change.
enum class DType : uint8_t {
  Bool = 0,
  I8 = 1,
  I16 = 2,
  I32 = 3,
  I64 = 4,
  U8 = 5,
  U16 = 6,
  U32 = 7,
  U64 = 8,
  F16 = 9,
  BF16 = 10,
  F32 = 11,
  F64 = 12,
  C64 = 13,  ///< complex of two f32
  C128 = 14, ///< complex of two f64
  F8E4M3FN = 15,
  F8E5M2 = 16,
  F8E4M3FNUZ = 17,
  F8E5M2FNUZ = 18,
  F8E8M0FNU = 19,
  C32 = 20, ///< complex of two f16
};

inline constexpr unsigned numDTypes = 21;

/// Bytes of one element; 0 for a number that is no DType.
int64_t getByteSize(DType dtype);
/// "f32", "bf16", "i64", "bool", …
std::string_view getName(DType dtype);
std::optional<DType> parseDType(std::string_view name);

/// DLPack's type codes (kDLInt 0, kDLUInt 1, kDLFloat 2, kDLBfloat 4, kDLComplex 5, kDLBool 6, fp8
/// 7 to 14).
struct DLPackType {
  uint8_t code;
  uint8_t bits;
};
DLPackType toDLPack(DType dtype);
std::optional<DType> fromDLPack(uint8_t code, uint8_t bits, uint16_t lanes = 1);

} // namespace tc::runtime

#endif
