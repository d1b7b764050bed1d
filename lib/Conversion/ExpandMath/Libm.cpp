// f64 functions by calls to libm.

#include "Libm.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace tc::expand_math {

static FailureOr<func::FuncOp> declare(ImplicitLocOpBuilder &builder, Operation *op, StringRef function,
                                       unsigned arity) {
  SmallVector<Type> inputs(arity, builder.getF64Type());
  FunctionType type = builder.getFunctionType(inputs, builder.getF64Type());
  Operation *table = SymbolTable::getNearestSymbolTable(op);
  if (Operation *known = SymbolTable::lookupSymbolIn(table, function)) {
    auto func = dyn_cast<func::FuncOp>(known);
    if (func && func.getFunctionType() == type)
      return func;
    InFlightDiagnostic error = op->emitError() << "needs the libm function '" << function << "' of type " << type
                                               << ", but that symbol is something else";
    error.attachNote(known->getLoc()) << "defined here";
    return error;
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&table->getRegion(0).front());
  auto func = func::FuncOp::create(builder, function, type);
  func.setPrivate();
  // These write errno, which nothing here reads.
  func->setAttr("llvm.readnone", builder.getUnitAttr());
  return func;
}

// Each lane is a call, so that a vector that is no register's would fill the memory with calls.
static constexpr int64_t maxLanes = 1024;

FailureOr<Value> callLibm(ImplicitLocOpBuilder &builder, Operation *op, StringRef function, ValueRange operands) {
  FailureOr<func::FuncOp> func = declare(builder, op, function, operands.size());
  if (failed(func))
    return failure();
  auto type = dyn_cast<VectorType>(operands.front().getType());
  if (!type)
    return func::CallOp::create(builder, *func, operands).getResult(0);

  if (type.getNumElements() > maxLanes)
    return op->emitError() << "expected a vector of at most " << maxLanes << " lanes, found " << type;
  SmallVector<Value> lanes;
  SmallVector<int64_t> strides = computeStrides(type.getShape());
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
    SmallVector<int64_t> position = delinearize(lane, strides);
    SmallVector<Value> scalars;
    for (Value operand : operands)
      scalars.push_back(builder.createOrFold<vector::ExtractOp>(operand, position));
    lanes.push_back(func::CallOp::create(builder, *func, scalars).getResult(0));
  }
  auto flatType = VectorType::get({type.getNumElements()}, type.getElementType());
  Value result = vector::FromElementsOp::create(builder, flatType, lanes);
  return builder.createOrFold<vector::ShapeCastOp>(type, result);
}

} // namespace tc::expand_math
