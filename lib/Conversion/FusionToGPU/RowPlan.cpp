// The steps of a row, and which threads share one.

#include "Row.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

LogicalResult RowLowering::check(Operation &op) {
  if (!isa<loop::MapOp, loop::ReduceOp, loop::ArgReduceOp, loop::ScanOp, loop::SortOp>(op))
    return op.emitError("is not allowed in a ") << fusion::stringifyKernelKind(schedule.getKind()) << " kernel";
  auto nest = dyn_cast<loop::LoopNestOpInterface>(op);
  SmallVector<SizeAttr> sizes = nest ? nest.getIterationSizes() : getSizes(cast<loop::SortOp>(op).getInput().getType());
  int64_t leading = nest ? nest.getNumParallel() : sizes.size();
  if (isa<loop::ScanOp, loop::SortOp>(op))
    leading = sizes.size() - 1;
  if (leading < parallel)
    return op.emitError("expected at least ") << parallel << " parallel dimensions, found " << leading;
  if (rowSizes.empty())
    rowSizes.assign(sizes.begin(), sizes.begin() + parallel);
  if (ArrayRef(sizes).take_front(parallel) != ArrayRef(rowSizes))
    return op.emitError("expected the leading sizes of the kernel's first op");
  return success();
}

/// A value with one element a row.
bool RowLowering::isRowScalar(Value value) const {
  SmallVector<SizeAttr> sizes = getSizes(value.getType());
  return llvm::all_of(ArrayRef(sizes).drop_front(parallel), [](SizeAttr size) { return size.getConstant() == 1; });
}

LogicalResult RowLowering::plan() {
  fusion::KernelOp kernel = frame.getKernel();
  parallel = schedule.getParallel();
  // Of a value: the level of the first steps that can read it.
  DenseMap<Operation *, unsigned> available;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp>(op))
      continue;
    if (failed(check(op)))
      return failure();
    unsigned level = 0;
    auto wait = [&](Value source) {
      if (Operation *producer = stripReshapes(source).getDefiningOp())
        level = std::max(level, available.lookup(producer));
    };
    llvm::for_each(op.getOperands(), wait);
    op.walk([&](loop::ReadOp read) { wait(read.getSource()); });
    bool isMap = isa<loop::MapOp>(op);
    available[&op] = level + !isMap;
    bool isResult =
        llvm::any_of(op.getResults(), [&](Value value) { return !getResultNumbers(kernel, value).empty(); });
    if (isMap && !isResult)
      continue;

    Step step;
    step.level = level;
    step.ops.push_back(&op);
    auto nest = dyn_cast<loop::LoopNestOpInterface>(op);
    step.sizes = nest ? nest.getIterationSizes() : getSizes(cast<loop::SortOp>(op).getInput().getType());
    if (isa<loop::ScanOp>(op))
      step.kind = Step::Kind::Scan;
    else if (isa<loop::SortOp>(op))
      step.kind = Step::Kind::Sort;
    else if (!isMap && !isRowScalar(op.getResult(0)))
      step.kind = Step::Kind::Kept;
    auto shared = llvm::find_if(steps, [&](const Step &other) {
      bool inTime = isMap ? other.level >= level : other.level == level;
      return inTime && step.kind == Step::Kind::Points && other.kind == step.kind && other.sizes == step.sizes;
    });
    if (shared != steps.end())
      shared->ops.push_back(&op);
    else
      steps.push_back(std::move(step));
  }
  if (steps.empty())
    return kernel.emitError("expected a loop op in a row kernel");
  std::vector<Step> ordered;
  for (unsigned level = 0; ordered.size() < steps.size(); ++level)
    for (Step &step : steps)
      if (step.level == level)
        ordered.push_back(step);
  steps = std::move(ordered);

  for (Step &step : steps) {
    if (step.kind == Step::Kind::Sort)
      continue;
    SmallVector<loop::LoopNestOpInterface> nests =
        llvm::map_to_vector(step.ops, [](Operation *op) { return cast<loop::LoopNestOpInterface>(op); });
    unsigned last = step.sizes.size();
    if (step.kind == Step::Kind::Kept)
      last = nests.front().getNumParallel();
    if (step.kind == Step::Kind::Scan)
      last -= 1;
    step.line = getLine(frame, nests, parallel, last);
    if (!step.line.isWhole || step.kind != Step::Kind::Points)
      step.line.width = 1;
    step.line.isWhole = true;
  }
  // The same points for the same thread in every step.
  for (Step &step : steps)
    for (Step &other : steps)
      if (step.sizes == other.sizes && step.kind == other.kind)
        step.line.width = std::min(step.line.width, other.line.width);
  return success();
}

/// Whether neighbouring rows, rather than neighbouring points of a row, are neighbours in memory.
bool RowLowering::readsAlongRows() const {
  bool along = false, across = false;
  for (const Step &step : steps)
    for (Operation *op : step.ops) {
      auto nest = dyn_cast<loop::LoopNestOpInterface>(op);
      if (!nest)
        continue;
      for (auto &[read, address] : getIndexUses(frame, nest).reads) {
        LinearForm form = getLinearForm(address, step.sizes.size());
        for (auto [dim, coefficient] : llvm::enumerate(form.coefficients))
          if (coefficient == frame.getConstantExpr(1) && step.sizes[dim].getConstant() != 1)
            (static_cast<int64_t>(dim) < parallel ? along : across) = true;
      }
    }
  return along && !across;
}

Team RowLowering::chooseTeam() const {
  bool onlyPoints = llvm::all_of(steps, [](const Step &step) { return step.kind == Step::Kind::Points; });
  // The longest step, in units of a thread; none if not known.
  std::optional<int64_t> longest = 1;
  int64_t width = 1;
  for (const Step &step : steps) {
    AffineExpr points = step.kind == Step::Kind::Points ? step.line.count : frame.getConstantExpr(1);
    if (step.kind != Step::Kind::Points)
      for (SizeAttr size : ArrayRef(step.sizes).drop_front(parallel))
        points = points * frame.getExpr(size);
    auto count = dyn_cast<AffineConstantExpr>(frame.simplify(points));
    width = std::max(width, step.line.width);
    if (!count)
      longest = std::nullopt;
    else if (longest)
      longest = std::max(*longest, count.getValue());
  }
  std::optional<int64_t> rows = product(frame.getContext(), rowSizes).getConstant();
  unsigned multiprocessors = frame.getTarget().multiprocessors;
  // A scan is one of the lanes of a warp, however few of them have points.
  bool scans = llvm::any_of(steps, [](const Step &step) { return step.kind == Step::Kind::Scan; });
  if (scans)
    return Team(frame, Team::Kind::Warp, 128);
  if (longest && *longest == 1)
    return Team(frame, Team::Kind::Thread, 256);
  if (onlyPoints && readsAlongRows()) {
    bool isShort = longest && *longest <= 32;
    return isShort ? Team(frame, Team::Kind::Thread, 128) : Team(frame, Team::Kind::Column, 512);
  }
  if (!longest)
    return Team(frame, Team::Kind::Block, 256);
  if (*longest <= 8)
    return Team(frame, Team::Kind::Thread, 128);
  // Rows that a warp holds in registers; fewer rows than warps to fill the device are shared by more threads.
  bool fewRows = rows && *rows < 4 * multiprocessors;
  if (*longest <= 32 * 32 && !(fewRows && *longest > 256))
    return Team(frame, Team::Kind::Warp, 128);
  // As many threads as divide the row evenly, and leave each a few units.
  int64_t units = *longest / width;
  for (unsigned threads : {256u, 128u, 192u, 384u, 320u, 512u, 224u, 160u, 448u, 1024u, 768u})
    if (units % threads == 0 && units / threads <= (threads >= 512 ? 8 : 4))
      return Team(frame, Team::Kind::Block, threads);
  return Team(frame, Team::Kind::Block, units <= 2048 ? 256 : units <= 8192 ? 512 : 1024);
}
