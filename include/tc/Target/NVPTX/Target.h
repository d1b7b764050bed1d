// What a GPU has that code generation cares about. A plain value: no pass asks the device of this machine.
#ifndef TC_TARGET_NVPTX_TARGET_H
#define TC_TARGET_NVPTX_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tc::nvptx {

struct Target {
  std::string name; ///< "sm_90a": LLVM's name of the chip as well
  std::string
      features; ///< LLVM's feature string: the PTX version, always given, as LLVM's default is too old for most chips
  unsigned smVersion = 0;       ///< 10 * major + minor
  int64_t sharedBytes = 0;      ///< shared memory that one block can ask for
  unsigned multiprocessors = 0; ///< of the usual card, for choosing grids
  /// Threads of a warp, and the most threads and registers of a block.
  static constexpr unsigned warpSize = 32;
  static constexpr unsigned maxThreads = 1024;
  static constexpr unsigned registers = 65536;

  /// A target by its name; an unknown one is an error that names those there are.
  static llvm::Expected<Target> get(llvm::StringRef name);
  static std::vector<llvm::StringRef> getNames();
};

} // namespace tc::nvptx

#endif
