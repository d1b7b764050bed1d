// Included before every C++ source when TC_ENABLE_ASSERTS is on: brings assert()
// back into release builds. Not simply -UNDEBUG: without NDEBUG llvm::Statistic,
// and with it every pass that has a statistic, has another layout than in Debian's
// LLVM, and counting writes past what its constructor initialised.
#pragma once
#include "llvm/ADT/Statistic.h"
#undef NDEBUG
#include <cassert>
