// Which input binds which symbol at entry.
#ifndef TC_LIB_RUNTIME_BINDINGS_H
#define TC_LIB_RUNTIME_BINDINGS_H

#include "tc/Runtime/Program.h"

namespace tc::runtime {

/// The size, stride or integer found in an input is `scale * symbol + shift`.
struct Binding {
  enum class Place : uint8_t { Size, Stride, Int };
  uint32_t symbol;
  uint32_t input;
  Place place;
  uint32_t dim;
  int64_t scale;
  int64_t shift;
};

/// At most one a symbol: the first place where the symbol stands alone, else the first linear one.
/// Symbols that the instructions bind have none.
std::vector<Binding> findBindings(const Program &program);

} // namespace tc::runtime

#endif
