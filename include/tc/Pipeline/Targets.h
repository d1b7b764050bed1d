// Targets of all kinds by one name, as users give it.
#ifndef TC_PIPELINE_TARGETS_H
#define TC_PIPELINE_TARGETS_H

#include "tc/Target/CPU/Target.h"
#include "tc/Target/NVPTX/Target.h"

#include <variant>

namespace tc {

using AnyTarget = std::variant<cpu::Target, nvptx::Target>;

/// "host", "avx2", "sm_90a", …; the error for another name lists all there are.
llvm::Expected<AnyTarget> getTarget(llvm::StringRef name);

} // namespace tc

#endif
