// Emits the body of a loop op for one point of its iteration space, or for a vector of points.
//
// A value of the body becomes a scalar if it is the same in all lanes, else a vector. Conditions that differ between
// lanes become masks.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_BODY_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_BODY_H

#include "Frame.h"
#include "Lanes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"

namespace tc::cpu {

/// The points that code is emitted for.
struct Point {
  /// Values of the dimensions, of lane 0.
  llvm::SmallVector<Value> dims;
  LaneSpace space;
  /// Lanes that exist; null for all. At least one does.
  Value mask;
};

/// Elements at the current point of tensors computed for it: by the same loop, or one a row.
using Elements = llvm::DenseMap<Value, Value>;

class BodyEmitter {
public:
  BodyEmitter(Frame &frame, Point point, Elements &elements);

  /// Emits the body with its index arguments bound to expressions over the point's dimensions; gives what it yields.
  llvm::SmallVector<Value> emit(mlir::Block &body, llvm::ArrayRef<AffineExpr> arguments);
  /// Emits what one value of the body needs, and gives it.
  Value emitValue(mlir::Block &body, Value value, llvm::ArrayRef<AffineExpr> arguments);
  /// Takes the element of this read from a vector that was loaded beforehand.
  void preload(loop::ReadOp read, Value value) { values[read.getResult()] = value; }

  /// Loads one read of the body, with what it needs: its indices, and the conditions it is under as a mask.
  Value emitRead(mlir::Block &body, loop::ReadOp read, llvm::ArrayRef<AffineExpr> arguments);

  /// A value of an element type, or vector of it, in memory: booleans are bytes.
  Value load(const Storage &storage, mlir::Type element, AffineExpr offset);
  void store(const Storage &storage, Value value, AffineExpr offset);
  /// Stores at indices that bodies yield.
  Value loadAt(const Storage &storage, mlir::Type element, mlir::ValueRange indices,
               llvm::ArrayRef<AffineExpr> strides);
  void storeAt(const Storage &storage, Value value, mlir::ValueRange indices, llvm::ArrayRef<AffineExpr> strides);

  bool isVector() const { return point.space.lanes > 1; }
  Value toVector(Value value);
  mlir::VectorType getVectorType(mlir::Type element) const;
  Point &getPoint() { return point; }
  /// 0, 1, … as a vector of the integers that lane indices are computed in.
  Value getLaneNumbers(mlir::Type type);
  mlir::Type getLaneIndexType();
  /// The i64 index of each lane.
  Value getIndexVector(AffineExpr expr);
  /// The value for a value of the body, scalar or vector; emits what computes it if need be.
  Value get(Value value);

private:
  void emitOp(mlir::Operation &op);
  void emitGeneric(mlir::Operation &op);
  void emitIf(mlir::scf::IfOp op);
  void emitUniformIf(mlir::scf::IfOp op, Value condition);
  llvm::SmallVector<Value> emitMasked(mlir::scf::IfOp op, mlir::Block &branch);
  llvm::SmallVector<Value> emitBranches(Value condition, llvm::function_ref<llvm::SmallVector<Value>()> emitThen,
                                        llvm::function_ref<llvm::SmallVector<Value>()> emitElse);
  void emitIndexCast(mlir::Operation &op, bool isUnsigned);
  void emitRead(loop::ReadOp op);
  llvm::SmallVector<Value> emitBlock(mlir::Block &block);

  /// The expression of an index, null if it has none. `isEmitting` while the index itself is emitted.
  AffineExpr getExpr(Value index, bool isEmitting = false);
  Value materialize(AffineExpr expr);
  Value emitLanes(AffineExpr expr, mlir::ValueRange dims);

  /// Offsets of the lanes in elements: an expression, plus a vector if it is not null.
  struct Address {
    AffineExpr offset;
    Value varying;
  };
  Address getAddress(const Storage &storage, mlir::ValueRange indices, llvm::ArrayRef<AffineExpr> strides);
  Value loadFrom(const Storage &storage, mlir::Type element, const Address &address);
  void storeTo(const Storage &storage, Value value, const Address &address);
  Value getPointer(const Storage &storage, mlir::Type element, Value offset);
  Value getPointers(const Storage &storage, mlir::Type element, const Address &address, AffineExpr stride);
  Value loadGuarded(const Storage &storage, mlir::Type memoryType, Value pointer);
  Value getMask();
  void annotate(mlir::LLVM::LoadOp load, const Storage &storage, int64_t alignment);

  Frame &frame;
  mlir::ImplicitLocOpBuilder &builder;
  Point point;
  Elements &elements;
  /// Set where the mask may have no lane: under a condition.
  bool guarded = false;
  llvm::DenseMap<Value, AffineExpr> exprs;
  llvm::DenseMap<Value, Value> values;
};

/// bf16 conversions in integer arithmetic, for scalars and vectors.
Value extendBF16(mlir::ImplicitLocOpBuilder &builder, Value value);
Value truncateToBF16(mlir::ImplicitLocOpBuilder &builder, Value value);

} // namespace tc::cpu

#endif
