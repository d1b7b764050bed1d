// Batch normalisation in training writes its running statistics, which its schema does not say.

#include "Functionalizer.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

bool functionalize::isTrainingBatchNorm(Call &call) {
  StringRef name = call.schema.name;
  if (name != "batch_norm" && name != "native_batch_norm" && name != "cudnn_batch_norm")
    return false;
  return call.integer("training").value_or(0) && call.argument("running_mean") && call.argument("running_var");
}

LogicalResult Functionalizer::convertTrainingBatchNorm(Call &call) {
  AtenOp op = call.op;
  NewArguments arguments;
  auto operandOf = [&](StringRef name) -> Value {
    auto operand = dyn_cast_if_present<OperandAttr>(call.argument(name));
    return operand ? op.getOperand(operand.getIndex()) : Value();
  };
  Value mean = operandOf("running_mean"), variance = operandOf("running_var");
  if (!mean || !variance || !tensorIds.contains(mean) || !tensorIds.contains(variance))
    return op.emitError("expected running statistics that are tensors");
  for (auto [schemaArgument, argument] : llvm::zip_equal(call.schema.arguments, op.getArgs()))
    if (schemaArgument.name != "cudnn_enabled")
      addArgument(call, argument, arguments);
  Type output = asTensorType(op.getResult(0).getType());
  if (!output)
    return op.emitError("expected a tensor result, found ") << op.getResult(0).getType();
  RankedTensorType statistics = tensorOf(mean).type;
  auto value = AtenOp::create(builder, op.getLoc(),
                              TypeRange{output, statistics, statistics, statistics, tensorOf(variance).type},
                              builder.getStringAttr("_native_batch_norm_legit_functional"), arguments.operands,
                              builder.getArrayAttr(arguments.args));
  for (auto [captured, result] : llvm::zip(op.getResults(), value.getResults()))
    addStorage(captured, result);
  if (failed(write(op.getLoc(), mean, value.getResult(3))))
    return failure();
  return write(op.getLoc(), variance, value.getResult(4));
}
