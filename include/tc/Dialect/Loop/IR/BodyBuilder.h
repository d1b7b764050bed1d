// Building loop ops: nests with a body given as a callback, and the index arithmetic, guards and conversions of bodies.
#ifndef TC_DIALECT_LOOP_IR_BODYBUILDER_H
#define TC_DIALECT_LOOP_IR_BODYBUILDER_H

#include "tc/Dialect/Loop/IR/Loop.h"

#include "mlir/IR/Builders.h"

namespace tc::loop {

/// Emits the scalar code of one body.
class BodyBuilder {
public:
  BodyBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;

  /// The element of a tensor. Dimensions of size 1 are indexed by 0, whatever index is given.
  mlir::Value read(mlir::Value tensor, mlir::ValueRange indices);
  /// The same, for a tensor that broadcasts to the space of `indices`: its dimensions are the trailing ones.
  mlir::Value readBroadcast(mlir::Value tensor, mlir::ValueRange indices);

  mlir::Value constantIndex(int64_t value);
  mlir::Value zero(mlir::Type scalar);
  /// The value of a size.
  mlir::Value size(SizeAttr size);
  /// `expr`, whose dimension i stands for operands[i] and symbol j for sizes[j].
  mlir::Value index(mlir::AffineExpr expr, mlir::ValueRange operands, mlir::ArrayRef<SizeAttr> sizes = {});
  /// 0 <= index < size.
  mlir::Value inBounds(mlir::Value index, SizeAttr size);
  /// The conjunction; null stands for true.
  mlir::Value both(mlir::Value a, mlir::Value b);
  /// `then` where the condition holds, else `otherwise`; a null condition holds.
  mlir::Value guarded(mlir::Value condition, mlir::Type type, llvm::function_ref<mlir::Value(BodyBuilder &)> then,
                      llvm::function_ref<mlir::Value(BodyBuilder &)> otherwise);
  /// Conversion of a scalar that is an element of type `from` to one of type `to`, as tc.cast does it.
  mlir::Value convert(mlir::Value scalar, mlir::Type from, mlir::Type to);
  /// f16 and bf16 extended to f32, other scalars unchanged.
  mlir::Value extend(mlir::Value scalar);

  mlir::AffineExpr dim(unsigned position) { return builder.getAffineDimExpr(position); }
  mlir::AffineExpr symbol(unsigned position) { return builder.getAffineSymbolExpr(position); }
};

/// Emits a body, given its index arguments, and returns what it yields.
using BodyFn = llvm::function_ref<llvm::SmallVector<mlir::Value>(BodyBuilder &, mlir::ValueRange)>;

/// f32 for f16 and bf16, else the type: what bodies compute in.
mlir::Type getComputeType(mlir::Type elementType);

/// Gives `op`, whose region is still empty, its body.
void buildBody(mlir::OpBuilder &builder, LoopNestOpInterface op, BodyFn body);

MapOp buildMap(mlir::OpBuilder &builder, mlir::Location loc, mlir::TypeRange results, BodyFn body);
ReduceOp buildReduce(mlir::OpBuilder &builder, mlir::Location loc, mlir::TypeRange results,
                     llvm::ArrayRef<ReductionKind> kinds, llvm::ArrayRef<SizeAttr> reduced, BodyFn body);
ContractOp buildContract(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type result,
                         llvm::ArrayRef<SizeAttr> reduced, BodyFn body);

} // namespace tc::loop

#endif
