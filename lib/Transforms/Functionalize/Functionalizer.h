// The state of functionalization: storages with a current value, and the captured tensors that refer to them.
#ifndef TC_LIB_TRANSFORMS_FUNCTIONALIZE_FUNCTIONALIZER_H
#define TC_LIB_TRANSFORMS_FUNCTIONALIZE_FUNCTIONALIZER_H

#include "Call.h"
#include "ViewSteps.h"
#include "Views.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tc/Import/ATen/Registry.h"

namespace tc::functionalize {

/// Memory that tensors share.
struct Storage {
  mlir::Value value;
  /// Changes with every write; never used twice.
  unsigned version = 0;
  /// How the value's elements lie in memory, if known.
  std::optional<Layout> layout = {};
  std::optional<unsigned> argument = {};
  unsigned initialVersion = 0;
};

/// One captured tensor. Several SSA values are the same tensor: in-place ops return their input.
struct Tensor {
  unsigned storage = 0;
  std::vector<ViewStep> steps = {};
  mlir::RankedTensorType type = {};
  std::optional<Layout> layout = {};
};

/// Rewrites one function in place. Ops of the captured form are erased when `finish` runs.
class Functionalizer {
public:
  Functionalizer(mlir::MLIRContext *context, const aten::Overlay &operators) : builder(context), operators(operators) {}

  mlir::LogicalResult run(mlir::func::FuncOp function);

  unsigned numViews = 0, numWrites = 0;

private:
  // Function.cpp: the function's boundary and what the pass leaves behind.
  void convertArguments(mlir::func::FuncOp function);
  void eraseDead(mlir::Region &region);
  bool isDead(mlir::Operation *op);
  mlir::LogicalResult convertBlock(mlir::Block &block);
  mlir::LogicalResult convertOp(mlir::Operation *op);

  // Results.cpp
  mlir::LogicalResult convertReturn(mlir::func::FuncOp function, mlir::func::ReturnOp op);
  /// Where a result lies in its storage, with the strides that the caller expects; nothing if it is to be a copy.
  std::optional<Layout> layoutOfReturned(mlir::func::FuncOp function, unsigned result, mlir::Value value);
  mlir::DictionaryAttr describeView(llvm::StringRef of, unsigned number, const Tensor &tensor, const Layout &layout);

  // Tensors.cpp: reading and writing.
  /// Makes `ref` a tensor with storage of its own.
  Storage &addStorage(mlir::Value ref, mlir::Value value, std::optional<Layout> layout = std::nullopt);
  Tensor &tensorOf(mlir::Value ref) { return tensors[tensorIds.lookup(ref)]; }
  /// The current value of a captured tensor; other values are what they are.
  mlir::Value read(mlir::Location loc, mlir::Value value);
  /// Makes `value` the current value of a captured tensor. Fails if its view has no inverse.
  mlir::LogicalResult write(mlir::Location loc, mlir::Value ref, mlir::Value value);
  mlir::Value readPrefix(mlir::Location loc, const Tensor &tensor, size_t numSteps);
  unsigned nextVersion() { return ++lastVersion; }

  // Calls.cpp
  mlir::LogicalResult convertCall(AtenOp op);
  mlir::LogicalResult convertPure(Call &call);
  mlir::LogicalResult convertView(Call &call, const ViewEntry &entry, unsigned input);
  mlir::LogicalResult convertViewResult(Call &call, const ViewEntry &entry, unsigned input, unsigned result);
  mlir::LogicalResult convertInPlaceView(Call &call, const ViewEntry &entry);
  mlir::LogicalResult convertUnlistedView(Call &call);
  std::optional<Layout> layoutOfResult(Call &call, mlir::RankedTensorType type);
  /// Operands of a new call in place of an old one's, and the argument list that refers to them.
  struct NewArguments {
    llvm::SmallVector<mlir::Value> operands;
    llvm::SmallVector<mlir::Attribute> args;
  };
  void addArgument(Call &call, mlir::Attribute argument, NewArguments &to);

  // Mutations.cpp
  mlir::LogicalResult convertMutation(Call &call);
  mlir::LogicalResult convertCustomMutation(Call &call);
  mlir::LogicalResult convertTrainingBatchNorm(Call &call);
  mlir::LogicalResult finishMutation(Call &call, mlir::Operation *functional);
  /// Ops whose result does not need a call: copy_, fill_, zero_. Null for others.
  mlir::Value directResult(Call &call, mlir::RankedTensorType type);
  mlir::LogicalResult writeResult(Call &call, unsigned operand, mlir::Value value);
  mlir::Value castAndBroadcast(mlir::Location loc, mlir::Value value, mlir::RankedTensorType type);

  // ControlFlow.cpp
  mlir::LogicalResult convertControlFlow(mlir::Operation *op);
  /// Storages from outside that the region writes, in a fixed order.
  llvm::SmallVector<unsigned> writtenIn(mlir::Operation *op);
  std::optional<unsigned> storageOutside(mlir::Value value, mlir::Operation *op);
  mlir::LogicalResult convertRegion(mlir::Region &region, llvm::ArrayRef<unsigned> written, bool hasCarried);

  mlir::OpBuilder builder;
  const aten::Overlay &operators;
  std::vector<Storage> storages;
  std::vector<Tensor> tensors;
  llvm::DenseMap<mlir::Value, unsigned> tensorIds;
  /// The last value read or written of a tensor, and the version of its storage then.
  llvm::DenseMap<unsigned, std::pair<mlir::Value, unsigned>> cache;
  unsigned lastVersion = 0;
  /// Captured ops, users after what they use.
  std::vector<mlir::Operation *> replaced;
};

} // namespace tc::functionalize

#endif
