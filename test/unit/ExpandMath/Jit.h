// Compiles MLIR text through tc-expand-math to machine code, in process.

#ifndef TC_TEST_UNIT_EXPANDMATH_JIT_H
#define TC_TEST_UNIT_EXPANDMATH_JIT_H

#include <memory>
#include <string>
#include <vector>

namespace tc::test {

/// An instruction set to compile for.
struct Isa {
  std::string cpu; ///< As LLVM names it; empty for this machine.
  bool hasFma;
  bool hasRound;
};

/// The instruction sets that this machine can run.
std::vector<Isa> runnableIsas();

/// Loops over this many elements.
constexpr int batch = 4096;

class JitFunction {
public:
  virtual ~JitFunction() = default;
  using Entry = void(const void *, const void *, void *);
  Entry *entry = nullptr;
  /// Symbols that the object file needs from elsewhere.
  std::vector<std::string> undefined;
};

/// The function that applies `body` (such as "%z = math.exp %x : vector<16xf32>")
/// to `batch` elements; `%x`, `%y` and the result are vectors of `lanes`
/// elements of these types, or scalars for 0 lanes.
std::unique_ptr<JitFunction> compile(const std::string &body, const std::string &xType, const std::string &yType,
                                     const std::string &resultType, int lanes, const Isa &isa);

} // namespace tc::test

#endif // TC_TEST_UNIT_EXPANDMATH_JIT_H
