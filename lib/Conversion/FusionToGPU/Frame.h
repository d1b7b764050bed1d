// The functions that a kernel's phases become: their parameters, index arithmetic, memory, loops.
//
// Index expressions are AffineExpr over the kernel's symbols and over leaves: index values, numbered as they come.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_FRAME_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_FRAME_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"

#include <map>

namespace tc::gpu {

using mlir::AffineExpr;
using mlir::Value;

/// Memory of a row-major tensor.
struct Storage {
  Value pointer; ///< in global or shared memory
  /// Never written by the kernel.
  bool isInvariant = false;
  /// Leading dimensions that do not count in addresses: shared memory holds one row.
  int64_t skipped = 0;
};

using LoopBody = llvm::function_ref<llvm::SmallVector<Value>(Value iv, mlir::ValueRange state)>;

class Frame : public KernelSymbols {
public:
  Frame(fusion::KernelOp kernel, const Target &target, llvm::StringRef name);

  /// Begins the function of a phase with so many threads a block; everything is emitted into it until finishPhase.
  void startPhase(unsigned threads);
  /// Of the phase at hand: ptxas may use as many registers as there are, where it would rather spill to run more
  /// blocks.
  void useAllRegisters();
  void finishPhase(SizeAttr blocks);
  GpuKernel take() { return std::move(result); }

  fusion::KernelOp getKernel() { return kernel; }
  const Target &getTarget() const { return target; }
  /// Whether all indices fit 31 bits, with room for what lies beyond the last one.
  bool hasNarrowIndices() const { return hasPointsBelow(30); }
  mlir::ImplicitLocOpBuilder &getBuilder() { return builder; }

  //===------------------------------------------------------------------===//
  // The phase at hand
  //===------------------------------------------------------------------===//

  Value getThread() { return thread; }
  Value getBlock() { return block; }
  unsigned getThreads() const { return threads; }
  Storage getInput(unsigned number) { return {pointers[number], true, 0}; }
  Storage getResult(unsigned number) { return {pointers[kernel.getInputs().size() + number], false, 0}; }
  /// Set before the first phase.
  SizeAttr workspaceBytes;
  Value getWorkspace() { return pointers.back(); }
  /// Shared memory of the block, aligned to 16 bytes.
  Value allocateShared(SizeAttr bytes);
  Value allocateShared(int64_t bytes) { return allocateShared(SizeAttr::constant(getContext(), bytes)); }
  SizeAttr getSharedBytes() const { return sharedBytes; }

  //===------------------------------------------------------------------===//
  // Index arithmetic
  //===------------------------------------------------------------------===//

  /// An index value as an expression.
  AffineExpr leaf(Value value);
  Value emit(AffineExpr expr);
  Value index(int64_t value);
  Value i32(int64_t value);
  Value toI32(Value index);
  /// The indices of point number `linear` of a space; the first is not reduced modulo its size.
  llvm::SmallVector<AffineExpr> delinearize(AffineExpr linear, llvm::ArrayRef<AffineExpr> sizes);

  //===------------------------------------------------------------------===//
  // Memory and control flow
  //===------------------------------------------------------------------===//

  /// The scalar that loop.read gives, of an element at an offset in elements. `element` is the tensor's.
  Value load(const Storage &storage, mlir::Type element, AffineExpr offset);
  void store(const Storage &storage, mlir::Type element, Value value, AffineExpr offset);
  Value getPointer(Value base, mlir::Type element, AffineExpr offset);
  static mlir::Type getMemoryType(mlir::Type element);
  static int64_t getBytes(mlir::Type element) { return getMemoryType(element).getIntOrFloatBitWidth() / 8; }
  Value toMemory(Value value, mlir::Type element);
  Value fromMemory(Value value, mlir::Type element);

  llvm::SmallVector<Value> loop(Value lower, Value upper, Value step, mlir::ValueRange state, LoopBody body);
  void ifThen(Value condition, llvm::function_ref<void()> then);
  void barrier();
  void syncWarp();

private:
  Value combine(mlir::AffineBinaryOpExpr expr, Value lhs, Value rhs);

  fusion::KernelOp kernel;
  Target target;
  GpuKernel result;
  mlir::ImplicitLocOpBuilder builder;
  mlir::LLVM::LLVMFuncOp function;
  llvm::SmallVector<Value> pointers, symbolValues, leaves;
  llvm::DenseMap<Value, unsigned> leafNumbers;
  std::map<int64_t, Value> constants;
  Value thread, block, shared;
  unsigned threads = 0;
  SizeAttr sharedBytes;
};

} // namespace tc::gpu

#endif
