// The state of building a host program.
#ifndef TC_LIB_CONVERSION_HOSTPROGRAM_PROGRAMBUILDER_H
#define TC_LIB_CONVERSION_HOSTPROGRAM_PROGRAMBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "tc/Conversion/HostProgram/HostProgram.h"
#include "tc/Dialect/TC/IR/Sizes.h"

namespace tc {

/// Logical sizes and strides of a tensor whose memory is `sizes` row-major after a permutation.
void unpermute(llvm::ArrayRef<int64_t> permutation, std::vector<runtime::SizeExpr> &sizes,
               std::vector<runtime::SizeExpr> &strides);

class ProgramBuilder {
public:
  ProgramBuilder(mlir::func::FuncOp function, llvm::ArrayRef<fusion::KernelOp> kernels,
                 llvm::ArrayRef<uint32_t> kernelOf, llvm::ArrayRef<KernelLaunchInfo> infos, runtime::Device device,
                 std::shared_ptr<const void> owner)
      : function(function), kernelOf(kernelOf), device(device), owner(std::move(owner)) {
    result.kernels.assign(kernels.begin(), kernels.end());
    result.launchInfos.assign(infos.begin(), infos.end());
  }

  mlir::FailureOr<HostProgram> build();

private:
  // Sizes.
  uint32_t symbolNumber(mlir::StringAttr name);
  runtime::SizeExpr convert(SizeAttr size) {
    return toSizeExpr(size, [&](mlir::StringAttr name) { return symbolNumber(name); });
  }
  std::vector<runtime::SizeExpr> convert(llvm::ArrayRef<SizeAttr> sizes);
  mlir::FailureOr<runtime::SizeExpr> byteSize(mlir::Operation *op, mlir::Type type);

  // Parts.
  void addKernels();
  mlir::LogicalResult addOp(mlir::Operation &op);
  mlir::LogicalResult addKernel(fusion::KernelOp kernel);
  bool canOverwrite(fusion::KernelOp kernel, const KernelLaunchInfo &info, unsigned index,
                    mlir::BlockArgument argument);
  mlir::LogicalResult addExtern(ExternOp op);
  mlir::LogicalResult checkSymbols();

  // Inputs.cpp
  void addSymbols();
  mlir::LogicalResult addInputs();
  mlir::LogicalResult addStridedInput(mlir::BlockArgument argument, llvm::StringRef name,
                                      std::vector<runtime::SizeExpr> strides);

  // Outputs.cpp
  mlir::LogicalResult planOutputs();
  void addIntOutput(runtime::SizeExpr value);
  mlir::LogicalResult addOutputs();
  mlir::LogicalResult describeView(mlir::DictionaryAttr view, runtime::Output &output);
  mlir::LogicalResult addMutation(mlir::BlockArgument target, mlir::Value next,
                                  llvm::SmallVectorImpl<runtime::Instruction> &last);

  // The value whose memory this one is: reshapes and reinterpretations are other names for the same bytes.
  static mlir::Value getRoot(mlir::Value value) {
    while (mlir::isa_and_present<ReshapeOp, ReinterpretOp>(value.getDefiningOp()))
      value = value.getDefiningOp()->getOperand(0);
    return value;
  }
  runtime::TensorDesc describe(mlir::Value value);

  // ControlFlow.cpp
  mlir::LogicalResult addItem(ItemOp op);
  mlir::LogicalResult addAssert(mlir::cf::AssertOp op);
  mlir::LogicalResult addScalar(mlir::Operation *op);
  mlir::LogicalResult addIf(mlir::scf::IfOp op);
  mlir::LogicalResult addWhile(mlir::scf::WhileOp op);
  mlir::LogicalResult addSelect(mlir::arith::SelectOp op);
  mlir::LogicalResult addBlock(mlir::Block &block, std::vector<runtime::Instruction> &to);
  mlir::LogicalResult addBranch(mlir::Block &block, llvm::ArrayRef<runtime::ValueId> results,
                                std::vector<runtime::Instruction> &to);
  mlir::FailureOr<runtime::ValueId> addBuffer(mlir::Operation *op, mlir::Type type);
  mlir::LogicalResult addCopy(mlir::Operation *op, runtime::ValueId to, mlir::Value from);

  mlir::func::FuncOp function;
  llvm::ArrayRef<uint32_t> kernelOf;
  runtime::Device device;
  std::shared_ptr<const void> owner;
  HostProgram result;
  /// Where the next instruction goes: the body, or that of a branch or loop.
  std::vector<runtime::Instruction> *instructions = &result.program.body;
  /// What booleans of the host program are.
  llvm::DenseMap<mlir::Value, runtime::SizeExpr> conditions;
  /// Results of kernels that have a place already: where the results of their branch are.
  llvm::DenseMap<mlir::Value, runtime::ValueId> placeOf;
  /// Results of kernels that a loop's body yields, and the body's argument that they become.
  llvm::DenseMap<mlir::Value, mlir::BlockArgument> carriedAs;
  llvm::StringMap<uint32_t> symbols;
  llvm::DenseMap<mlir::Value, runtime::ValueId> values;
  /// Values known before the first run: constants, and what is computed from them.
  llvm::DenseMap<mlir::Value, bool> isOnce;
  /// The first result of the function that a kernel's result is, so that the kernel writes into the output's memory.
  llvm::DenseMap<mlir::Value, unsigned> outputOf;
  /// The program's output of each result that is one; results that only carry a mutation have none.
  llvm::SmallVector<int64_t> programOutput;
  uint32_t nextKernel = 0;
};
} // namespace tc

#endif
