// Targets of all kinds by one name.

#include "tc/Pipeline/Targets.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tc {

llvm::Expected<AnyTarget> getTarget(llvm::StringRef name) {
  if (llvm::Expected<nvptx::Target> gpu = nvptx::Target::get(name))
    return AnyTarget(*gpu);
  else
    llvm::consumeError(gpu.takeError());
  if (llvm::Expected<cpu::Target> cpu = cpu::Target::get(name))
    return AnyTarget(*cpu);
  else
    llvm::consumeError(cpu.takeError());
  std::vector<llvm::StringRef> names = cpu::Target::getNames();
  llvm::append_range(names, nvptx::Target::getNames());
  return llvm::createStringError("unsupported target '" + name + "': expected one of " + llvm::join(names, ", "));
}

} // namespace tc
