// Shorthands for arguments.

#include "tc/Runtime/Tensor.h"

namespace tc::runtime {

Argument Argument::ofInt(int64_t value) {
  Argument argument;
  argument.kind = Kind::Int;
  argument.intValue = value;
  return argument;
}

Argument Argument::ofFloat(double value) {
  Argument argument;
  argument.kind = Kind::Float;
  argument.floatValue = value;
  return argument;
}

Argument Argument::ofBool(bool value) {
  Argument argument;
  argument.kind = Kind::Bool;
  argument.intValue = value;
  return argument;
}

} // namespace tc::runtime
