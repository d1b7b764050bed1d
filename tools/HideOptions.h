// What LLVM's code generators bring to every command line that links them is hidden from --help (--help-hidden shows
// it).
#ifndef TC_TOOLS_HIDEOPTIONS_H
#define TC_TOOLS_HIDEOPTIONS_H

#include "llvm/Support/CommandLine.h"

namespace tc {

/// To be called first in main: what is registered by then comes from libraries.
inline void hideLibraryOptions() {
  for (auto &entry : llvm::cl::getRegisteredOptions())
    if (llvm::StringRef name = entry.first; name != "help" && name != "version")
      entry.second->setHiddenFlag(llvm::cl::Hidden);
}

} // namespace tc

#endif
