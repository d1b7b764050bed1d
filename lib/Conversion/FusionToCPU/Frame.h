// The function that a kernel phase becomes: its buffers, symbols and scratch, and index arithmetic on them.
//
// Index expressions are AffineExpr: dimension i is an index of the point at hand, symbol i is the kernel's symbol
// number i.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_FRAME_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_FRAME_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"

#include <map>

namespace tc::cpu {

using mlir::AffineExpr;
using mlir::Value;

/// Where the elements of a tensor are.
struct Storage {
  enum class Kind {
    Memory, ///< at `pointer`, row-major
    Value,  ///< one value a point of the parallel space, in a register
    Splat,  ///< all elements are `splat`
  };
  Kind kind = Kind::Memory;
  Value pointer;
  mlir::TypedAttr splat;
  /// Leading dimensions that do not count in addresses: scratch holds one row.
  int64_t skipped = 0;
  /// Of an input, its number; -1 if not.
  int64_t input = -1;
  /// Of a result or scratch, its alias scope; -1 if not.
  int64_t scope = -1;
};

/// A read of a copy of its source in which the dimensions are in another order.
struct RearrangedRead {
  Storage storage;
  /// The source's dimension that each dimension of the copy is.
  llvm::SmallVector<unsigned> order;
};

/// A loop body is built by a function of its builder and the values carried, and gives the values carried on.
using LoopBody = llvm::function_ref<llvm::SmallVector<Value>(Value iv, mlir::ValueRange state)>;

class Frame : public KernelSymbols {
public:
  Frame(fusion::KernelOp kernel, const Target &target, llvm::StringRef name);

  /// Begins the function of a phase; everything is emitted into it until finishPhase.
  void startPhase();
  void finishPhase(SizeAttr extent, int64_t grain, SizeAttr scratchBytes);
  /// The kernel with its phases.
  CpuKernel take();

  fusion::KernelOp getKernel() { return kernel; }
  const Target &getTarget() const { return target; }
  mlir::ImplicitLocOpBuilder &getBuilder() { return builder; }
  /// Whether all indices fit 32 bits.
  bool hasNarrowIndices() const { return hasPointsBelow(31); }

  //===------------------------------------------------------------------===//
  // Arguments of the function
  //===------------------------------------------------------------------===//

  Value getBegin() { return begin; }
  Value getEnd() { return end; }
  /// The start of the scratch memory that a call of `allocateScratch` stands for.
  Value getScratch(SizeAttr bytes);
  /// Bytes asked for so far.
  SizeAttr getScratchBytes() { return scratchBytes; }
  Value getInputPointer(unsigned input) { return buffers[input]; }
  Value getResultPointer(unsigned result) { return buffers[kernel.getInputs().size() + result]; }
  /// The memory shared between phases; `bytes` is kept for the descriptor.
  Value getWorkspace(SizeAttr bytes);
  SizeAttr workspaceBytes;

  /// Storage of the kernel's values, by tensor value. Reshapes have the storage of what they reshape.
  llvm::DenseMap<Value, Storage> storages;
  using KernelSymbols::setStrides;
  /// Reads that have a copy of their source, by op.
  llvm::DenseMap<mlir::Operation *, RearrangedRead> rearrangedReads;

  //===------------------------------------------------------------------===//
  // Index arithmetic
  //===------------------------------------------------------------------===//

  /// An index value; dims are the values of the dimensions.
  Value emit(AffineExpr expr, mlir::ValueRange dims = {});
  Value index(int64_t value);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  /// One step of an expression on values, which may also be vectors of integers.
  Value combine(mlir::AffineBinaryOpExpr expr, Value lhs, Value rhs);

  /// for (iv = lower; iv < upper; iv += step), with values carried.
  llvm::SmallVector<Value> loop(Value lower, Value upper, Value step, mlir::ValueRange state, LoopBody body);
  /// Runs `body` for each unit of [begin, end) with its indices in a space of these sizes. Indices are computed once a
  /// run of the last dimension.
  void forEachUnit(llvm::ArrayRef<AffineExpr> sizes, llvm::function_ref<void(mlir::ValueRange)> body);

  //===------------------------------------------------------------------===//
  // Alias scopes
  //===------------------------------------------------------------------===//

  /// Loads of `storage` do not alias stores to results and scratch but their own and those that may be in place of it.
  mlir::ArrayAttr getNoAliasScopes(const Storage &storage);
  mlir::ArrayAttr getScopes(const Storage &storage);
  int64_t getScratchScope() { return kernel.getNumResults(); }
  void addInPlace(unsigned result, unsigned input) { this->result.inPlace.push_back({result, input}); }

private:
  Value floorDiv(Value lhs, Value rhs, bool isUnsigned);
  Value floorMod(Value lhs, Value rhs, bool isUnsigned);
  Value zeroLike(Value value);

  fusion::KernelOp kernel;
  Target target;
  CpuKernel result;
  mlir::ImplicitLocOpBuilder builder;
  mlir::func::FuncOp function;
  llvm::SmallVector<Value> symbolValues;
  llvm::SmallVector<Value> buffers;
  std::map<int64_t, Value> constants;
  Value begin, end, scratch, workspace;
  SizeAttr scratchBytes;
  llvm::SmallVector<mlir::LLVM::AliasScopeAttr> scopes;
};

} // namespace tc::cpu

#endif
