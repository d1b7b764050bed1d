// Emits elements of a kernel's tensors at given indices. Values of maps are computed where they are read; the values
// that are in memory or registers are bound beforehand.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_EVALUATOR_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_EVALUATOR_H

#include "Frame.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tc::gpu {

class Evaluator {
public:
  /// Binds the inputs and splats of the kernel.
  explicit Evaluator(Frame &frame);
  mlir::LogicalResult bindConstants();

  /// All elements are this value: one a row, or the point at hand.
  void bindScalar(Value tensor, Value scalar) { scalars[tensor] = scalar; }
  void bindStorage(Value tensor, Storage storage) { storages[tensor] = storage; }
  bool isBound(Value tensor) const { return scalars.contains(tensor) || storages.contains(tensor); }

  /// The element, as loop.read gives it; null after a diagnostic.
  Value read(Value tensor, llvm::ArrayRef<AffineExpr> indices);
  /// What the body of an op yields at a point; empty after a diagnostic.
  llvm::SmallVector<Value> evaluate(loop::LoopNestOpInterface op, llvm::ArrayRef<AffineExpr> indices);
  /// The same, for some of what it yields: nothing else is emitted.
  Value evaluateOperand(loop::LoopNestOpInterface op, unsigned operand, llvm::ArrayRef<AffineExpr> indices);

  /// Any value of the body.
  Value evaluateValue(loop::LoopNestOpInterface op, Value value, llvm::ArrayRef<AffineExpr> indices);

  /// What was evaluated since is forgotten at the end: open one where code is emitted into a region.
  class Scope {
  public:
    explicit Scope(Evaluator &evaluator) : evaluator(evaluator), known(evaluator.known.size()) {}
    ~Scope() { evaluator.known.resize(known); }

  private:
    Evaluator &evaluator;
    size_t known;
  };

private:
  struct BodyState;
  Value get(BodyState &state, Value value);
  AffineExpr getExpr(BodyState &state, Value index);
  mlir::LogicalResult emitOp(BodyState &state, mlir::Operation *op);
  mlir::LogicalResult emitIf(BodyState &state, mlir::scf::IfOp op);
  Value readMemory(const Storage &storage, Value tensor, llvm::ArrayRef<AffineExpr> indices);

  struct Known {
    mlir::Operation *op;
    llvm::SmallVector<AffineExpr> indices;
    llvm::SmallVector<Value> values;
  };
  Frame &frame;
  mlir::ImplicitLocOpBuilder &builder;
  llvm::DenseMap<Value, Value> scalars;
  llvm::DenseMap<Value, Storage> storages;
  llvm::DenseMap<Value, mlir::TypedAttr> splats;
  std::vector<Known> known;
};

} // namespace tc::gpu

#endif
