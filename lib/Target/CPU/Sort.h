// Stable sort of a row with its indices, called by generated code of sort kernels.
#ifndef TC_LIB_TARGET_CPU_SORT_H
#define TC_LIB_TARGET_CPU_SORT_H

#include <cstdint>

namespace tc::cpu {

/// Element types of rows to sort.
enum class SortType : int32_t { F32, F64, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, Bool };

extern "C" {
/// Sorts `count` elements at `input` into `values`, their positions into `indices`. `scratch` has room for `count`
/// indices. NaN is the largest.
void tc_cpu_sort(const void *input, void *values, int64_t *indices, int64_t *scratch, int64_t count, int32_t type,
                 int32_t descending);
}

} // namespace tc::cpu

#endif
