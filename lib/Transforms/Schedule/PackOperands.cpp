// tc-pack-operands: right operands of contractions in column blocks.

#include "ComputedOnce.h"
#include "ContractShape.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "tc/Dialect/Loop/IR/BodyBuilder.h"
#include "tc/Dialect/Loop/IR/IndexExprs.h"
#include "tc/Transforms/Simplify/CommonSubexpressions.h"

namespace tc {
#define GEN_PASS_DEF_PACKOPERANDS
#include "tc/Transforms/Schedule/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

/// Smaller matrices stay in the first-level cache whatever their layout.
constexpr int64_t fewestElements = 1024;

struct PackOperands : tc::impl::PackOperandsBase<PackOperands> {
  using PackOperandsBase::PackOperandsBase;

  void runOnOperation() override {
    SmallVector<fusion::KernelOp> kernels;
    getOperation()->walk([&](fusion::KernelOp kernel) { kernels.push_back(kernel); });
    IRRewriter rewriter(&getContext());
    for (fusion::KernelOp kernel : kernels)
      for (auto contract : llvm::to_vector(kernel.getBody().getOps<loop::ContractOp>())) {
        swapIfLeft(contract);
        ContractShape shape(contract);
        if (shouldPack(kernel, shape)) {
          pack(rewriter, kernel, shape);
          ++numPacked;
        }
      }
    // Weights that several contractions share are packed once.
    eliminateCommonSubexpressions(rewriter, getOperation());
  }

  void swapIfLeft(loop::ContractOp contract) {
    ContractShape shape(contract);
    if (!shape.isColumnOf(shape.lhs, shape.rhs))
      return;
    Operation *yield = contract.getBodyBlock()->getTerminator();
    Value lhs = yield->getOperand(0), rhs = yield->getOperand(1);
    yield->setOperands({rhs, lhs});
    ++numSwapped;
  }

  /// The one read that the right operand is made of; null if there are several.
  static loop::ReadOp getRead(loop::ContractOp contract) {
    SmallVector<Operation *> slice = getSlice(contract);
    loop::ReadOp found;
    for (Operation *op : slice) {
      WalkResult result = op->walk([&](loop::ReadOp read) {
        if (found)
          return WalkResult::interrupt();
        found = read;
        return WalkResult::advance();
      });
      if (result.wasInterrupted())
        return {};
    }
    return found;
  }

  /// The ops of the body that the right operand is computed by, in order.
  static SmallVector<Operation *> getSlice(loop::ContractOp contract) {
    Block *body = contract.getBodyBlock();
    llvm::SmallPtrSet<Operation *, 8> needed;
    SmallVector<Operation *> result;
    if (Operation *root = body->getTerminator()->getOperand(1).getDefiningOp())
      needed.insert(root);
    for (Operation &op : llvm::reverse(*body)) {
      if (!needed.contains(&op))
        continue;
      result.insert(result.begin(), &op);
      op.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (Operation *producer = operand.getDefiningOp(); producer && producer->getBlock() == body)
            needed.insert(producer);
      });
    }
    return result;
  }

  bool shouldPack(fusion::KernelOp kernel, ContractShape &shape) {
    if (!shape.isColumnOf(shape.rhs, shape.lhs) || shape.sizes.size() == static_cast<size_t>(shape.parallel))
      return false;
    loop::ReadOp read = getRead(shape.op);
    if (!read)
      return false;
    auto argument = dyn_cast<BlockArgument>(read.getSource());
    if (!argument)
      return false;
    std::optional<int64_t> columns = shape.sizes[shape.column].getConstant(), depth = shape.getDepth().getConstant();
    return columns && depth && *columns * *depth >= fewestElements &&
           isComputedOnce(kernel.getInputs()[argument.getArgNumber()]);
  }

  void pack(IRRewriter &rewriter, fusion::KernelOp kernel, ContractShape &shape) {
    loop::ContractOp contract = shape.op;
    Block *body = contract.getBodyBlock();
    Value operand = body->getTerminator()->getOperand(1);
    auto source = cast<BlockArgument>(getRead(contract).getSource());
    ScheduleTarget target{vectorBits, vectorRegisters, l2Bytes};
    Type accumulated = getElementTypeOrSelf(contract.getResultTypes().front());
    SizeAttr columns = shape.sizes[shape.column];
    int64_t block = chooseTile(target, shape.getRows().getConstant(), columns.getConstant(), accumulated).columns;

    // [others…, blocks, depth…, columns of a block], only the dimensions that the operand depends on.
    SmallVector<SizeAttr> packedSizes;
    SmallVector<int64_t> dims;
    SizeAttr blockSize = SizeAttr::constant(&getContext(), block);
    auto addDims = [&](int64_t first, int64_t last) {
      for (int64_t dim = first; dim < last; ++dim)
        if (shape.rhs.uses[dim] && dim != shape.column) {
          dims.push_back(dim);
          packedSizes.push_back(shape.sizes[dim]);
        }
    };
    addDims(0, shape.parallel);
    size_t blockPosition = packedSizes.size();
    packedSizes.push_back(ceilDiv(columns, blockSize));
    addDims(shape.parallel, shape.sizes.size());
    packedSizes.push_back(blockSize);
    RankedTensorType packedType = getTensorType(packedSizes, operand.getType());

    // The kernel that packs.
    rewriter.setInsertionPoint(kernel);
    Value input = kernel.getInputs()[source.getArgNumber()];
    auto packKernel = fusion::KernelOp::create(rewriter, contract.getLoc(), packedType, "pack", input,
                                               /*sizes=*/nullptr, /*schedule=*/nullptr);
    Block *packBody = rewriter.createBlock(&packKernel.getBody(), {}, input.getType(), contract.getLoc());
    bool exact = columns.getConstant() && *columns.getConstant() % block == 0;
    auto map =
        loop::buildMap(rewriter, contract.getLoc(), packedType, [&](loop::BodyBuilder &inner, ValueRange indices) {
          IRMapping mapping;
          mapping.map(source, packBody->getArgument(0));
          Value column = inner.index(inner.dim(0) * block + inner.dim(1), {indices[blockPosition], indices.back()});
          mapping.map(body->getArgument(shape.column), column);
          for (auto [position, dim] : llvm::enumerate(dims))
            mapping.map(body->getArgument(dim), indices[position < blockPosition ? position : position + 1]);
          Value inside = exact ? Value() : inner.inBounds(column, columns);
          Value value = inner.guarded(
              inside, operand.getType(),
              [&](loop::BodyBuilder &then) {
                for (Operation *op : getSlice(contract))
                  then.builder.clone(*op, mapping);
                return mapping.lookup(operand);
              },
              [&](loop::BodyBuilder &otherwise) { return otherwise.zero(operand.getType()); });
          return SmallVector<Value>{value};
        });
    rewriter.setInsertionPointToEnd(packBody);
    fusion::YieldOp::create(rewriter, contract.getLoc(), map.getResults());

    // The contraction reads the packed tensor.
    rewriter.modifyOpInPlace(kernel, [&]() { kernel.getInputsMutable().append(packKernel.getResult(0)); });
    Value packed = kernel.getBody().addArgument(packedType, contract.getLoc());
    rewriter.setInsertionPoint(body->getTerminator());
    loop::BodyBuilder inner(rewriter, contract.getLoc());
    Value column = body->getArgument(shape.column);
    SmallVector<Value> indices;
    for (int64_t dim : dims)
      indices.push_back(body->getArgument(dim));
    indices.insert(indices.begin() + blockPosition, inner.index(inner.dim(0).floorDiv(block), column));
    indices.push_back(inner.index(inner.dim(0) % block, column));
    Value read = loop::ReadOp::create(rewriter, contract.getLoc(), packed, indices);
    SmallVector<Operation *> slice = getSlice(contract);
    body->getTerminator()->setOperand(1, read);
    for (Operation *op : llvm::reverse(slice))
      if (op->use_empty())
        rewriter.eraseOp(op);
    if (source.use_empty()) {
      unsigned number = source.getArgNumber();
      kernel.getBody().eraseArgument(number);
      kernel.getInputsMutable().erase(number);
    }
  }
};

} // namespace
