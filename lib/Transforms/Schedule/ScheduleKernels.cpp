// tc-schedule-kernels: how each kernel runs, by rules of thumb about consecutive accesses and work a thread.

#include "ContractShape.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "tc/Dialect/Loop/IR/IndexExprs.h"
#include "tc/Transforms/Fuse/KernelAnalysis.h"

namespace tc {
#define GEN_PASS_DEF_SCHEDULEKERNELS
#include "tc/Transforms/Schedule/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;
using fusion::KernelKind;

namespace {

constexpr int64_t assumedSize = 1024;
/// Simple operations that are worth waking a thread for.
constexpr int64_t workOfThread = 32768;

/// Points of a space, at least 1, and no more than it takes to keep every thread busy.
int64_t estimate(ArrayRef<SizeAttr> sizes) {
  constexpr int64_t plenty = int64_t(1) << 30;
  int64_t points = 1;
  for (SizeAttr size : sizes)
    points = std::min(plenty, points * std::clamp<int64_t>(size.getConstant().value_or(assumedSize), 1, plenty));
  return points;
}

int64_t getWork(loop::LoopNestOpInterface nest) {
  int64_t work = 0;
  nest.getBodyBlock()->walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    work += dialect == "math" ? 10 : op->getNumRegions() || isa<loop::IndexOp>(op) ? 0 : 1;
  });
  return work;
}

/// Whether a tensor lies in memory that others see, in an order that is given.
bool isOutside(Value tensor) {
  return !tensor.getDefiningOp() ||
         llvm::any_of(tensor.getUsers(), [](Operation *user) { return !isa<loop::ReadOp>(user); });
}

/// The dimension along which a result's elements are consecutive.
int64_t getContiguousDim(Value result) {
  for (Operation *user : result.getUsers())
    if (auto transpose = dyn_cast<TransposeOp>(user))
      return transpose.getPermutation().back();
  return cast<RankedTensorType>(result.getType()).getRank() - 1;
}

/// How many accesses are consecutive, and how many the same, when a dimension advances; less those that jump. What ops
/// of a row keep for one another is arranged as they need it.
int64_t scoreDim(loop::LoopNestOpInterface nest, int64_t dim) {
  BlockArgument argument = nest.getBodyBlock()->getArgument(dim);
  int64_t score = 0;
  nest.getBodyBlock()->walk([&](loop::ReadOp read) {
    if (!isOutside(read.getSource()))
      return;
    std::optional<int64_t> stride = getReadStride(read, argument);
    score += !stride ? -3 : *stride == 1 ? 4 : *stride == 0 ? 1 : -2;
  });
  Value result = nest->getResult(0);
  if (dim < nest.getNumParallel() && !isa<loop::ScatterOp>(nest.getOperation()) && isOutside(result))
    score += dim == getContiguousDim(result) ? 4 : -2;
  return score;
}

struct ScheduleKernels : tc::impl::ScheduleKernelsBase<ScheduleKernels> {
  using ScheduleKernelsBase::ScheduleKernelsBase;

  void runOnOperation() override {
    getOperation()->walk([&](fusion::KernelOp kernel) {
      if (!kernel.getSchedule())
        kernel.setScheduleAttr(getSchedule(kernel));
    });
  }

  fusion::ScheduleAttr make(KernelKind kind, int64_t parallel, int64_t vector, ArrayRef<int64_t> tile, int64_t grain) {
    return fusion::ScheduleAttr::get(&getContext(), kind, parallel, vector, tile, std::max<int64_t>(1, grain));
  }

  fusion::ScheduleAttr getSchedule(fusion::KernelOp kernel) {
    SmallVector<loop::LoopNestOpInterface> nests =
        llvm::to_vector(kernel.getBody().getOps<loop::LoopNestOpInterface>());
    for (Operation &op : kernel.getBody().front()) {
      if (auto contract = dyn_cast<loop::ContractOp>(op))
        return scheduleContract(contract);
      if (auto scatter = dyn_cast<loop::ScatterOp>(op))
        return scheduleScatter(scatter);
      if (auto scan = dyn_cast<loop::ScanOp>(op)) {
        SmallVector<SizeAttr> sizes = toSizes(scan.getSizes());
        return make(KernelKind::scan, sizes.size() - 1, -1, {}, workOfThread / (4 * estimate(sizes.back())));
      }
      if (auto sort = dyn_cast<loop::SortOp>(op)) {
        SmallVector<SizeAttr> sizes = getSizes(sort.getInput().getType());
        int64_t rank = sizes.size();
        return make(KernelKind::sort, std::max<int64_t>(0, rank - 1), -1, {},
                    rank ? workOfThread / (32 * estimate(sizes.back())) : 1);
      }
    }
    if (nests.empty())
      return make(KernelKind::map, 0, -1, {}, 1);
    bool isMap = llvm::all_of(nests, [&](loop::LoopNestOpInterface nest) {
      return isa<loop::MapOp>(nest.getOperation()) && nest.getIterationSizes() == nests.front().getIterationSizes();
    });
    int64_t shared = getSharedParallel(nests);
    if (isMap && shared == nests.front().getNumParallel())
      return scheduleMap(nests);
    return scheduleRow(nests, shared);
  }

  int64_t getLanes() const { return std::max<int64_t>(1, vectorBits / 32); }

  fusion::ScheduleAttr scheduleMap(ArrayRef<loop::LoopNestOpInterface> nests) {
    loop::LoopNestOpInterface first = nests.front();
    SmallVector<SizeAttr> sizes = first.getIterationSizes();
    int64_t rank = sizes.size(), vector = -1, best = std::numeric_limits<int64_t>::min(), work = 0;
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      if (sizes[dim].getConstant() == 1)
        continue;
      int64_t score = 0;
      for (loop::LoopNestOpInterface nest : nests)
        score += scoreDim(nest, dim);
      if (estimate(sizes[dim]) < getLanes())
        score -= 2;
      if (score > best) {
        best = score;
        vector = dim;
      }
    }
    for (loop::LoopNestOpInterface nest : nests)
      work += getWork(nest);
    return make(KernelKind::map, rank, vector, {}, workOfThread / std::max<int64_t>(1, work));
  }

  /// Rows are vectorised within (by `parallel`, any later dimension) or, where neighbouring rows lie next to one
  /// another as in reductions of columns, across.
  fusion::ScheduleAttr scheduleRow(ArrayRef<loop::LoopNestOpInterface> nests, int64_t parallel) {
    int64_t work = 0, within = 0, across = std::numeric_limits<int64_t>::min(), acrossDim = -1;
    loop::LoopNestOpInterface leader = nests.front();
    SmallVector<SizeAttr> sizes = leader.getIterationSizes();
    for (loop::LoopNestOpInterface nest : nests) {
      SmallVector<SizeAttr> own = nest.getIterationSizes();
      int64_t points = estimate(ArrayRef<SizeAttr>(own).drop_front(parallel));
      work += points * getWork(nest);
      std::optional<int64_t> best;
      for (int64_t dim = parallel; dim < static_cast<int64_t>(own.size()); ++dim)
        if (own[dim].getConstant() != 1) {
          int64_t score = scoreDim(nest, dim) - (estimate(own[dim]) < getLanes() ? 6 : 0);
          best = std::max(best.value_or(score), score);
        }
      within += best.value_or(0);
    }
    for (int64_t dim = 0; dim < parallel; ++dim) {
      if (estimate(sizes[dim]) < getLanes())
        continue;
      int64_t score = 0;
      for (loop::LoopNestOpInterface nest : nests)
        if (static_cast<int64_t>(nest.getIterationSizes().size()) > parallel)
          score += scoreDim(nest, dim);
      if (score > across) {
        across = score;
        acrossDim = dim;
      }
    }
    bool isAcross = acrossDim >= 0 && across > within;
    return make(KernelKind::row, parallel, isAcross ? acrossDim : parallel, {},
                workOfThread / std::max<int64_t>(1, work));
  }

  fusion::ScheduleAttr scheduleScatter(loop::ScatterOp scatter) {
    // Along a dimension that is an index of the result as it is, different points write different elements.
    int64_t rank = scatter.getSizes().size(), vector = -1;
    Block *body = scatter.getBodyBlock();
    ValueRange yielded = body->getTerminator()->getOperands();
    for (int64_t dim = 0; dim < rank; ++dim)
      if (yielded.size() > 1 && yielded[yielded.size() - 2] == body->getArgument(dim))
        vector = dim;
    return make(KernelKind::scatter, 0, vector, {}, workOfThread / 8);
  }

  fusion::ScheduleAttr scheduleContract(loop::ContractOp contract) {
    ContractShape shape(contract);
    ScheduleTarget target{vectorBits, vectorRegisters, l2Bytes};
    Type accumulated = getElementTypeOrSelf(contract.getResultTypes().front());
    std::optional<int64_t> columns;
    if (shape.column >= 0)
      columns = shape.sizes[shape.column].getConstant();
    RegisterTile tile = chooseTile(target, shape.getRows().getConstant(), columns, accumulated);
    // Depth blocks of about 1024 keep the panels in the second-level cache; fewer passes over the result are better.
    int64_t depth = std::max<int64_t>(1, shape.getDepth().getConstant().value_or(assumedSize));
    int64_t blocks = std::max<int64_t>(1, depth <= 2048 ? 1 : llvm::divideCeil(depth, 1280));
    int64_t depthBlock = std::max<int64_t>(1, llvm::divideCeil(depth, blocks));
    return make(KernelKind::contract, shape.parallel, shape.column, {tile.rows, tile.columns, depthBlock},
                4 * workOfThread / std::max<int64_t>(1, depth));
  }
};

} // namespace
