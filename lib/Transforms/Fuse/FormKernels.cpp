// tc-form-kernels: groups become fusion.kernel ops.

#include "Bodies.h"
#include "Groups.h"
#include "KernelBodies.h"
#include "MemoryOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "tc/Transforms/Fuse/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace tc {
#define GEN_PASS_DEF_FORMKERNELS
#include "tc/Transforms/Fuse/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

/// What tc-align-rows leaves behind a map.
bool isMemoryOrder(Operation *op) { return isa<TransposeOp>(op) && op->getOperand(0).getDefiningOp<loop::MapOp>(); }

bool isLoopOp(Operation *op) { return isa<loop::LoopNestOpInterface, loop::SortOp>(op); }

struct FormKernels : tc::impl::FormKernelsBase<FormKernels> {
  using FormKernelsBase::FormKernelsBase;

  void runOnOperation() override {
    WalkResult primitive = getOperation()->walk([](Operation *op) {
      if (!isa_and_present<TCDialect>(op->getDialect()) ||
          isa<ConstantOp, ReshapeOp, ReinterpretOp, ExternOp, ItemOp>(op) || isMemoryOrder(op))
        return WalkResult::advance();
      op->emitOpError("expected loops, which tc-to-loop makes");
      return WalkResult::interrupt();
    });
    if (primitive.wasInterrupted())
      return signalPassFailure();
    SmallVector<Block *> blocks;
    getOperation()->walk([&](Block *block) {
      Operation *owner = block->getParentOp();
      if (isa<fusion::KernelOp>(owner) || owner->getParentOfType<fusion::KernelOp>())
        return;
      if (llvm::any_of(*block, [](Operation &op) { return isLoopOp(&op); }))
        blocks.push_back(block);
    });
    for (Block *block : blocks)
      process(*block);
  }

  void process(Block &block) {
    Groups groups(block, {rowBytes, minParallel});
    groups.merge();
    SmallVector<SmallVector<Operation *>> order = groups.getOrder();
    // Reasons are asked for before ops move: they name loop ops of the block.
    SmallVector<SmallVector<std::pair<Operation *, std::string>>> notFused(order.size());
    for (auto [position, members] : llvm::enumerate(order))
      if (isLoopOp(members.front()))
        notFused[position] = getReasons(groups, members);

    IRRewriter rewriter(&getContext());
    llvm::DenseMap<Operation *, fusion::KernelOp> kernelOf;
    // Kernels take the transpositions of their members with them.
    llvm::SmallPtrSet<Operation *, 8> taken;
    for (auto [members, reasonList] : llvm::zip_equal(order, notFused)) {
      if (taken.contains(members.front()))
        continue;
      if (!isLoopOp(members.front())) {
        rewriter.moveOpBefore(members.front(), block.getTerminator());
        continue;
      }
      for (Operation *member : members)
        if (auto map = dyn_cast<loop::MapOp>(member))
          taken.insert(getMemoryOrder(map));
      SmallVector<Operation *> placed = settleOrders(rewriter, members);
      rewriter.setInsertionPoint(block.getTerminator());
      fusion::KernelOp kernel = buildKernel(rewriter, placed);
      for (Operation *member : members)
        kernelOf[member] = kernel;
      simplifyKernel(rewriter, kernel);
      kernel.setName(nameKernel(kernel));
      SmallVector<Attribute> texts;
      for (auto &[producer, reason] : reasonList) {
        StringRef name = kernelOf.lookup(producer).getName();
        Attribute text = rewriter.getStringAttr(name + ": " + reason);
        if (!llvm::is_contained(texts, text))
          texts.push_back(text);
      }
      if (reasons && !texts.empty())
        kernel->setAttr("not_fused", rewriter.getArrayAttr(texts));
      ++numKernels;
      numFused += members.size() > 1 ? members.size() : 0;
      numRefused += texts.size();
    }
  }

  /// Takes back the permutations of maps that found no reduction, and lets other groups see memory's order only.
  /// The members as they are now.
  static SmallVector<Operation *> settleOrders(IRRewriter &rewriter, ArrayRef<Operation *> members) {
    SmallVector<Operation *> settled(members);
    SmallVector<SizeAttr> sizes;
    if (auto first = dyn_cast<loop::LoopNestOpInterface>(members.front()))
      sizes = first.getIterationSizes();
    bool inVain = llvm::all_of(members, [&](Operation *member) {
      auto map = dyn_cast<loop::MapOp>(member);
      return map && getMemoryOrder(map) && cast<loop::LoopNestOpInterface>(member).getIterationSizes() == sizes;
    });
    for (Operation *&member : settled) {
      auto map = dyn_cast<loop::MapOp>(member);
      TransposeOp order = map ? getMemoryOrder(map) : TransposeOp();
      if (!order)
        continue;
      if (inVain) {
        member = restoreMap(rewriter, map);
        continue;
      }
      for (Operation *user : llvm::make_early_inc_range(map.getResult(0).getUsers())) {
        auto read = dyn_cast<loop::ReadOp>(user);
        if (read && !llvm::is_contained(members, read->getParentOfType<loop::LoopNestOpInterface>().getOperation()))
          readInMemoryOrder(rewriter, read, order);
      }
    }
    return settled;
  }

  /// For each loop op of another group that the group reads: why they are apart.
  static SmallVector<std::pair<Operation *, std::string>> getReasons(Groups &groups, ArrayRef<Operation *> members) {
    SmallVector<std::pair<Operation *, std::string>> result;
    llvm::SmallSetVector<Operation *, 8> producers;
    for (Operation *member : members)
      member->walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (Operation *producer = operand.getDefiningOp();
              producer && producer->getBlock() == member->getBlock() && isLoopOp(producer))
            producers.insert(producer);
      });
    for (Operation *producer : producers)
      if (std::string reason = groups.whyApart(producer, members.front()); !reason.empty())
        result.push_back({producer, reason});
    return result;
  }

  fusion::KernelOp buildKernel(IRRewriter &rewriter, ArrayRef<Operation *> members) {
    llvm::SmallPtrSet<Operation *, 8> inside(members.begin(), members.end());
    llvm::SmallSetVector<Value, 8> inputs;
    llvm::SmallSetVector<Operation *, 4> constants;
    auto isInside = [&](Operation *op) {
      for (; op; op = op->getParentOp())
        if (inside.contains(op))
          return true;
      return false;
    };
    SmallVector<Value> results;
    SmallVector<TransposeOp> orders;
    for (Operation *member : members) {
      member->walk([&](Operation *inner) {
        for (Value operand : inner->getOperands()) {
          if (!isa<RankedTensorType>(operand.getType()) || isInside(operand.getDefiningOp()))
            continue;
          if (isSplat(operand))
            constants.insert(operand.getDefiningOp());
          else
            inputs.insert(operand);
        }
      });
      auto map = dyn_cast<loop::MapOp>(member);
      if (TransposeOp order = map ? getMemoryOrder(map) : TransposeOp()) {
        if (order->use_empty()) {
          rewriter.eraseOp(order);
          continue;
        }
        orders.push_back(order);
        results.push_back(order.getResult());
        continue;
      }
      for (Value result : member->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !isInside(user); }))
          results.push_back(result);
    }
    SmallVector<Type> types = llvm::map_to_vector(results, [](Value value) { return value.getType(); });
    SmallVector<Location> memberLocs = llvm::map_to_vector(members, [](Operation *op) { return op->getLoc(); });
    Location loc = rewriter.getFusedLoc(memberLocs);
    auto kernel = fusion::KernelOp::create(rewriter, loc, types, "", inputs.getArrayRef(), /*sizes=*/nullptr,
                                           /*schedule=*/nullptr);
    SmallVector<Type> inputTypes = llvm::map_to_vector(inputs, [](Value value) { return value.getType(); });
    SmallVector<Location> locs = llvm::map_to_vector(inputs, [](Value value) { return value.getLoc(); });
    Block *body = rewriter.createBlock(&kernel.getBody(), {}, inputTypes, locs);
    IRMapping mapping;
    for (Operation *constant : constants)
      rewriter.clone(*constant, mapping);
    mapping.map(inputs.getArrayRef(), body->getArguments());
    // By operands, not by uses: a tensor may be read by any number of other kernels.
    for (Operation *member : members) {
      rewriter.moveOpBefore(member, body, body->end());
      member->walk([&](Operation *inner) {
        for (OpOperand &operand : inner->getOpOperands())
          if (Value own = mapping.lookupOrNull(operand.get()))
            operand.set(own);
      });
    }
    for (TransposeOp order : orders)
      rewriter.moveOpBefore(order, body, body->end());
    for (auto [from, to] : llvm::zip_equal(results, kernel.getResults()))
      rewriter.replaceUsesWithIf(from, to, [&](OpOperand &use) { return !isInside(use.getOwner()); });
    rewriter.setInsertionPointToEnd(body);
    fusion::YieldOp::create(rewriter, loc, results);
    return kernel;
  }

  static bool isSplat(Value value) {
    auto constant = value.getDefiningOp<ConstantOp>();
    auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
    return elements && elements.isSplat();
  }
};

} // namespace
