// A compiled graph as plain data: what comes in, which buffers there are, what is launched in which
// order, what goes out. The compiler fills these structs, Executable runs them, and `tc explain`
// prints them. Nothing in here points to code: kernels are numbers into a table that is given when
// an Executable is made.
//
// A program with one input of s0 x 768, that calls kernel 0 over its rows:
//
//   Program p;
//   uint32_t s0 = p.addSymbol("s0", 1);
//   SizeExpr rows = SizeExpr::symbol(s0);
//   ValueId x = p.addTensorInput("x", DType::F32, {rows, 768});      // row-major strides expected
//   ValueId y = p.addTensorOutput("y", DType::F32, {rows, 768});
//   uint32_t k = p.addKernel("k0");
//   p.body.push_back(Launch{.kernel = k, .buffers = {{x, Access::Read}, {y, Access::Write}},
//                           .symbols = {rows}, .extent = rows, .grain = 16});
#ifndef TC_RUNTIME_PROGRAM_H
#define TC_RUNTIME_PROGRAM_H

#include "tc/Runtime/SizeExpr.h"
#include "tc/Runtime/Tensor.h"

#include <iosfwd>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace tc::runtime {

/// Index into Program::values.
using ValueId = uint32_t;
inline constexpr ValueId noValue = ~ValueId(0);

/// The seam with code generation on the CPU. Processes the iterations [begin, end) of the launch's
/// linearised parallel space. `buffers` and `symbols` are in the order of the Launch; `scratch` is
/// this part's own Launch::scratchBytes bytes, 64-byte aligned, contents undefined.
using KernelFn = void (*)(void *const *buffers, const int64_t *symbols, int64_t begin, int64_t end, void *scratch);

/// An integer known only at run time. It is bound by the first input that mentions it alone (or
/// times or plus a constant) as a size, a stride or an int scalar; or, later, by BindSymbol or an
/// extern result.
struct Symbol {
  std::string name = {};
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};

/// What a run is called with.
struct Input {
  enum class Kind : uint8_t {
    Tensor,
    SymbolInt, ///< an int that equals `sizes[0]`, usually a bare symbol, which it then binds
    Scalar,    ///< an int, float or bool, read by kernels from an Input value of `dtype`
  };
  Kind kind = Kind::Tensor;
  std::string name = {};
  DType dtype = DType::F32;
  Device device = {};
  std::vector<SizeExpr> sizes = {};
  /// Expected strides in elements, one a dimension; those of size-1 dimensions are not looked at. A
  /// tensor with others is copied first. Empty: row-major.
  std::vector<SizeExpr> strides = {};
  /// The program writes to it: the elements of a copied tensor are copied back at the end.
  bool isMutated = false;
  /// A tensor at an address that is no multiple of this is copied first.
  uint32_t alignment = 1;
};

/// Bytes that are part of the program. `owner` keeps them alive; null if the embedder does (a
/// mapped file).
struct Constant {
  std::string name = {};
  const void *data = nullptr;
  int64_t bytes = 0;
  std::shared_ptr<const void> owner = {};

  /// A constant with a copy of the bytes of its own, 64-byte aligned.
  static Constant copy(std::string name, const void *data, int64_t bytes);
};

/// A buffer that instructions name.
struct Value {
  enum class Kind : uint8_t {
    Input,    ///< input `index`; of a scalar input, the place of its value
    Constant, ///< constant `index`, read-only
    Once,     ///< written by the init section in the first run, kept by the Executable
    Arena,    ///< alive from its first to its last use in a run
    Output,   ///< memory of output `index`, whole
    View,     ///< `bytes` bytes of value `index`, from byte `offset`
    External, ///< memory that an extern call returns
  };
  Kind kind = Kind::Arena;
  uint32_t index = 0;
  SizeExpr bytes = {};
  SizeExpr offset = {}; ///< of a View
  /// Where the bytes are. Constants of a CUDA device are uploaded once.
  Device device = {};
  std::string name = {}; ///< for people
  /// Of a Once value: the body writes it, for the runs after this one.
  bool isState = false;
};

enum class Access : uint8_t { Read, Write, ReadWrite };

/// A buffer of a launch. Write means that nothing is read that the launch has not written.
struct BufferArg {
  ValueId value;
  Access access = Access::ReadWrite;
};

/// Result may be placed on the bytes of operand, if operand is not used after the instruction:
/// every iteration reads the elements of operand that it overwrites before it writes them, and no
/// other iteration does.
struct InPlace {
  ValueId result;
  ValueId operand;
};

/// A call of a CPU kernel over [0, extent).
struct Launch {
  uint32_t kernel = 0;
  std::vector<BufferArg> buffers = {};
  std::vector<SizeExpr> symbols = {};
  SizeExpr extent = 1;
  SizeExpr grain = 1;        ///< iterations worth a thread
  SizeExpr scratchBytes = 0; ///< per thread
};

/// A call of a GPU kernel: its parameters are the buffers' device pointers, then the symbols as
/// 64-bit integers. Nothing is launched if the grid is empty.
struct CudaLaunch {
  uint32_t kernel = 0; ///< into Program::cudaKernels
  std::vector<BufferArg> buffers = {};
  std::vector<SizeExpr> symbols = {};
  SizeExpr grid[3] = {1, 1, 1};
  uint32_t block[3] = {1, 1, 1};
  SizeExpr sharedBytes = 0; ///< dynamic shared memory
  uint32_t cluster[3] = {1, 1, 1};
};

/// Copies `bytes` bytes between buffers, also between host and device.
struct Copy {
  ValueId destination = noValue;
  ValueId source = noValue;
  SizeExpr bytes = {};
};

/// A tensor inside a buffer. Strides and offset are in elements; empty strides mean row-major.
struct TensorDesc {
  ValueId value = noValue;
  DType dtype = DType::F32;
  std::vector<SizeExpr> sizes = {};
  std::vector<SizeExpr> strides = {};
  SizeExpr offset = 0;
};

/// Copies a tensor to one of the same sizes and element type and other strides. CPU only.
struct CopyStrided {
  TensorDesc destination = {};
  TensorDesc source = {};
};

/// A call of the embedder's operation number `callback`.
struct Extern {
  /// A tensor, or an integer.
  using Arg = std::variant<TensorDesc, SizeExpr>;
  /// A tensor that is written (bare unbound symbols among the sizes of an External value are bound
  /// by it), or a symbol that is bound.
  struct Result {
    enum class Kind : uint8_t { Tensor, Symbol };
    Kind kind = Kind::Tensor;
    TensorDesc tensor = {};
    uint32_t symbol = 0;
  };
  uint32_t callback = 0;
  std::vector<Arg> args = {};
  std::vector<Result> results = {};
};

/// Binds a symbol to an integer that a kernel wrote: I64, I32 or Bool at byte `offset` of a buffer.
struct BindSymbol {
  uint32_t symbol = 0;
  ValueId source = noValue;
  DType dtype = DType::I64;
  SizeExpr offset = 0;
};

/// Ends the run with `message` if `condition` is 0.
struct Assert {
  SizeExpr condition = {};
  std::string message = {};
};

struct Instruction;

struct If {
  SizeExpr condition = {};
  std::vector<Instruction> thenBody;
  std::vector<Instruction> elseBody;
};

/// `before` (it binds the symbols of the condition), then, while the condition is not 0, `body` and
/// `before` again. Values read in an iteration before it writes them keep their contents from the
/// one before it.
struct While {
  std::vector<Instruction> before;
  SizeExpr condition = {};
  std::vector<Instruction> body;
};

struct Instruction {
  using Op = std::variant<Launch, CudaLaunch, Copy, CopyStrided, Extern, BindSymbol, Assert, If, While>;
  Op op;
  std::vector<InPlace> inPlace = {};
  std::string name = {}; ///< for people: what was fused, and the source line

  Instruction(Op op, std::vector<InPlace> inPlace = {}, std::string name = {});
  template <typename T>
    requires std::is_constructible_v<Op, T>
  Instruction(T op) : op(std::move(op)) {}
};

/// What a run gives back.
struct Output {
  enum class Kind : uint8_t {
    Tensor,      ///< the Output value of this index: new memory of `sizes` and `strides` (dense in some
                 ///< order)
    AliasInput,  ///< a view of input `index`
    AliasOutput, ///< a view of output `index`, a Tensor
    Int,         ///< the value of sizes[0]
  };
  Kind kind = Kind::Tensor;
  std::string name = {};
  uint32_t index = 0;
  DType dtype = DType::F32;
  Device device = {};
  std::vector<SizeExpr> sizes = {};
  std::vector<SizeExpr> strides = {}; ///< in elements; empty means row-major
  SizeExpr offset = 0;                ///< of an alias: elements from the first element of the aliased tensor
};

/// A CPU kernel of the table; for people.
struct Kernel {
  std::string name = {};
  std::string note = {}; ///< what was fused
};

/// PTX text or a cubin.
struct CudaModuleImage {
  std::string name = {};
  std::string image = {};
};

struct CudaKernel {
  std::string name = {}; ///< of the entry in the module
  uint32_t module = 0;   ///< into Program::cudaModules
  std::string note = {};
};

struct Program {
  std::string name = {};
  std::vector<Symbol> symbols = {};
  std::vector<Input> inputs = {};
  std::vector<Constant> constants = {};
  std::vector<Value> values = {};
  std::vector<Kernel> kernels = {};
  std::vector<CudaModuleImage> cudaModules = {};
  std::vector<CudaKernel> cudaKernels = {};
  /// Run once, in the first run. Only Constant, Once and Arena values and views of them, and no
  /// symbols.
  std::vector<Instruction> init = {};
  std::vector<Instruction> body;
  std::vector<Output> outputs = {};

  // Shorthands for building one; each returns an index into the vector that it appends to, or the
  // new value.
  uint32_t addSymbol(std::string name, int64_t min = 0, int64_t max = std::numeric_limits<int64_t>::max());
  /// An input and its value.
  ValueId addTensorInput(std::string name, DType dtype, std::vector<SizeExpr> sizes, std::vector<SizeExpr> strides = {},
                         Device device = {});
  ValueId addScalarInput(std::string name, DType dtype);
  /// An input that binds (or must equal) `value`. It has no buffer.
  void addIntInput(std::string name, SizeExpr value);
  /// An output with memory of its own, and its value.
  ValueId addTensorOutput(std::string name, DType dtype, std::vector<SizeExpr> sizes,
                          std::vector<SizeExpr> strides = {}, Device device = {});
  ValueId addConstant(Constant constant, Device device = {});
  ValueId addArena(SizeExpr bytes, std::string name = {}, Device device = {});
  ValueId addOnce(SizeExpr bytes, std::string name = {}, Device device = {});
  ValueId addView(ValueId base, SizeExpr offset, SizeExpr bytes, std::string name = {});
  ValueId addExternal(SizeExpr bytes, std::string name = {}, Device device = {});
  uint32_t addKernel(std::string name, std::string note = {});

  /// Checks that every index is in range and every rule above is kept, so that running cannot go
  /// astray whatever made the program (a package may be corrupt).
  Error verify() const;
  /// Prints the program for people, one line a fact.
  void dump(std::ostream &os) const;
};

/// Product of the sizes times the element size.
SizeExpr getByteSize(DType dtype, const std::vector<SizeExpr> &sizes);
/// Row-major strides, in elements.
std::vector<SizeExpr> getRowMajorStrides(const std::vector<SizeExpr> &sizes);

} // namespace tc::runtime

#endif
