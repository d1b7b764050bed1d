// Takes a contraction apart into rows, columns and depth, and chooses the form that computes it.

#include "Contract.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

/// What a size is taken for that is not known.
constexpr int64_t assumedSize = 512;
/// Fewer rows than this are not worth shared memory.
constexpr int64_t fewestRows = 5;

class Planner {
public:
  Planner(Frame &frame, const Options &options) : frame(frame), options(options) {}
  FailureOr<ContractPlan> run();

private:
  LogicalResult collect();
  LogicalResult checkEpilogue(loop::MapOp map);
  void splitDims();
  DimGroup makeGroup(ArrayRef<unsigned> dims);
  Factor getFactor(unsigned number, const DimGroup &lines);
  int64_t getCopyWidth(const ContractOperand &read, const DimGroup &group);
  bool advancesByOne(const ContractOperand &read, const DimGroup &group);
  bool hasTensorCoreTypes();
  void chooseForm();

  Frame &frame;
  const Options &options;
  ContractPlan plan;
  SmallVector<SizeAttr> sizes;
};

} // namespace

int64_t DimGroup::getLikely() const {
  int64_t points = 1;
  for (AffineExpr size : sizes) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    points *= constant ? std::max<int64_t>(1, constant.getValue()) : assumedSize;
  }
  return points;
}

//===----------------------------------------------------------------------===//
// What is in the kernel
//===----------------------------------------------------------------------===//

/// Results are computed point by point from the sum at that point.
LogicalResult Planner::checkEpilogue(loop::MapOp map) {
  Block *body = map.getBodyBlock();
  WalkResult result = body->walk([&](loop::ReadOp read) {
    Value source = stripReshapes(read.getSource());
    if (!source.getDefiningOp<loop::ContractOp>() && !source.getDefiningOp<loop::MapOp>())
      return WalkResult::advance();
    bool isSame = source == read.getSource() && read.getIndices().size() == body->getNumArguments();
    for (auto [dim, index] : llvm::enumerate(read.getIndices()))
      isSame &= body->getNumArguments() > dim &&
                (index == body->getArgument(dim) || getSizes(source.getType())[dim].getConstant() == 1);
    // Maps that do not depend on the sum may be read anywhere.
    auto producer = source.getDefiningOp<loop::MapOp>();
    if (!isSame && producer && succeeded(checkEpilogue(producer)) &&
        !producer
             ->walk([&](loop::ReadOp inner) {
               return isa_and_present<loop::ContractOp, loop::MapOp>(stripReshapes(inner.getSource()).getDefiningOp())
                          ? WalkResult::interrupt()
                          : WalkResult::advance();
             })
             .wasInterrupted())
      return WalkResult::advance();
    if (!isSame)
      return read.emitError("expected the epilogue of a contraction to read it at its own point"),
             WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult Planner::collect() {
  fusion::KernelOp kernel = frame.getKernel();
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp>(op))
      continue;
    if (auto contract = dyn_cast<loop::ContractOp>(op); contract && !plan.op) {
      plan.op = contract;
      continue;
    }
    auto map = dyn_cast<loop::MapOp>(op);
    if (!map)
      return op.emitError("expected one loop.contract and loop.maps in a contract kernel");
    if (llvm::all_of(map->getResults(), [&](Value result) { return getResultNumbers(kernel, result).empty(); }))
      continue;
    plan.maps.push_back(cast<loop::LoopNestOpInterface>(op));
  }
  if (!plan.op)
    return kernel.emitError("expected a loop.contract in a contract kernel");
  sizes = plan.op.getIterationSizes();
  for (loop::LoopNestOpInterface map : plan.maps) {
    if (map.getIterationSizes() != ArrayRef<SizeAttr>(sizes).take_front(plan.op.getParallel()))
      return map->emitError("expected the parallel space of the kernel's contraction");
    if (failed(checkEpilogue(cast<loop::MapOp>(map.getOperation()))))
      return failure();
  }
  plan.accumulator = loop::getScalarType(cast<RankedTensorType>(plan.op.getResult(0).getType()).getElementType());
  return success();
}

//===----------------------------------------------------------------------===//
// The matrix product
//===----------------------------------------------------------------------===//

DimGroup Planner::makeGroup(ArrayRef<unsigned> dims) {
  DimGroup group;
  group.count = frame.getConstantExpr(1);
  for (unsigned dim : dims) {
    if (sizes[dim].getConstant() == 1)
      continue;
    group.dims.push_back(dim);
    group.sizes.push_back(frame.getExpr(sizes[dim]));
    group.count = group.count * group.sizes.back();
  }
  group.count = frame.simplify(group.count);
  return group;
}

void Planner::splitDims() {
  Operation *yield = plan.op.getBodyBlock()->getTerminator();
  auto nest = cast<loop::LoopNestOpInterface>(plan.op.getOperation());
  SmallVector<bool> first = getUsedDims(nest, yield->getOperand(0)), second = getUsedDims(nest, yield->getOperand(1));
  SmallVector<unsigned> batch, only[2], depth;
  for (unsigned dim = 0; dim < sizes.size(); ++dim) {
    if (static_cast<int64_t>(dim) >= plan.op.getNumParallel())
      depth.push_back(dim);
    else if (first[dim] == second[dim])
      batch.push_back(dim);
    else
      only[first[dim] ? 0 : 1].push_back(dim);
  }
  // Sums may be in any order: first that in which a factor lies in memory.
  for (unsigned number : {0, 1}) {
    ContractOperand operand = matchOperand(frame, plan.op, yield->getOperand(number));
    if (!operand.read)
      continue;
    LinearForm form = getLinearForm(operand.address, sizes.size());
    auto next = llvm::find_if(depth, [&](unsigned dim) {
      return sizes[dim].getConstant() != 1 && !form.nonLinear[dim] &&
             form.coefficients[dim] == frame.getConstantExpr(1);
    });
    if (next == depth.end())
      continue;
    std::rotate(next, next + 1, depth.end());
    break;
  }
  plan.batch = makeGroup(batch);
  plan.depth = makeGroup(depth);
  DimGroup groups[] = {makeGroup(only[0]), makeGroup(only[1])};
  // The columns are where results are neighbours, or all there is.
  auto isInner = [](const DimGroup &group, const DimGroup &other) {
    return !group.isOne() && (other.isOne() || group.dims.back() > other.dims.back());
  };
  unsigned columns = isInner(groups[0], groups[1]) ? 0 : 1;
  if (groups[columns].getLikely() < fewestRows && groups[1 - columns].getLikely() > groups[columns].getLikely())
    columns = 1 - columns;
  plan.rows = groups[1 - columns];
  plan.columns = groups[columns];
  plan.factors[0] = getFactor(1 - columns, plan.rows);
  plan.factors[1] = getFactor(columns, plan.columns);
}

bool Planner::advancesByOne(const ContractOperand &read, const DimGroup &group) {
  if (group.isOne())
    return false;
  LinearForm form = getLinearForm(read.address, sizes.size());
  unsigned inner = group.dims.back();
  return !form.nonLinear[inner] && form.coefficients[inner] == frame.getConstantExpr(1);
}

/// Elements that one copy can take along a group: neighbours in memory, aligned to as many bytes as are copied, all of
/// them there or none.
int64_t Planner::getCopyWidth(const ContractOperand &read, const DimGroup &group) {
  loop::ReadOp source = read.read;
  int64_t bytes = Frame::getBytes(getElementTypeOrSelf(source.getSource().getType()));
  int64_t least = bytes >= 4 && bytes <= 16 ? 1 : 0;
  if (!advancesByOne(read, group) || (read.guard && read.guardDims[group.dims.back()]))
    return least;
  LinearForm form = getLinearForm(read.address, sizes.size());
  int64_t divisor = group.sizes.back().getLargestKnownDivisor();
  auto see = [&](AffineExpr expr) {
    if (expr != frame.getConstantExpr(0))
      divisor = std::gcd(divisor, frame.simplify(expr).getLargestKnownDivisor());
  };
  for (auto [dim, coefficient] : llvm::enumerate(form.coefficients))
    if (dim != group.dims.back() && sizes[dim].getConstant() != 1)
      see(coefficient);
  see(form.rest);
  for (int64_t copied : {16, 8, 4})
    if (copied > bytes && divisor % (copied / bytes) == 0)
      return copied / bytes;
  return least;
}

Factor Planner::getFactor(unsigned number, const DimGroup &lines) {
  Factor factor;
  factor.number = number;
  Value yielded = plan.op.getBodyBlock()->getTerminator()->getOperand(number);
  factor.element = yielded.getType();
  ContractOperand operand = matchOperand(frame, plan.op, yielded);
  if (!operand.read)
    return factor;
  factor.read = std::move(operand);
  int64_t alongDepth = getCopyWidth(*factor.read, plan.depth), alongLines = getCopyWidth(*factor.read, lines);
  bool linesAreNext = advancesByOne(*factor.read, lines) && !advancesByOne(*factor.read, plan.depth);
  factor.isDepthMajor = alongDepth > alongLines || (alongDepth == alongLines && !linesAreNext);
  factor.width = std::max(alongDepth, alongLines);
  factor.element = factor.read->read.getType();
  // Booleans are bytes in memory.
  if (factor.element.isInteger(1))
    factor.width = 0;
  return factor;
}

bool Planner::hasTensorCoreTypes() {
  if (!plan.accumulator.isF32())
    return false;
  Type a = plan.factors[0].element, b = plan.factors[1].element;
  if (a == b && (a.isF16() || a.isBF16()))
    return true;
  plan.isTF32 = options.allowTF32 && a.isF32() && b.isF32();
  return plan.isTF32;
}

//===----------------------------------------------------------------------===//
// The form
//===----------------------------------------------------------------------===//

void Planner::chooseForm() {
  int64_t rows = plan.rows.getLikely(), columns = plan.columns.getLikely(), depth = plan.depth.getLikely();
  using Form = ContractPlan::Form;
  bool isTensorCore = hasTensorCoreTypes();
  if (std::min(rows, columns) <= 2 && depth <= 32)
    plan.form = Form::Points;
  else if (rows < fewestRows && isa<AffineConstantExpr>(plan.rows.count))
    plan.form = Form::Dots;
  else
    plan.form = isTensorCore ? Form::TensorCores : Form::Tiles;
  if (plan.form == Form::Dots)
    chooseDots(frame, plan);
  else if (plan.form != Form::Points && failed(chooseTile(frame, plan)))
    plan.form = Form::Points;
}

FailureOr<ContractPlan> Planner::run() {
  if (failed(collect()))
    return failure();
  splitDims();
  chooseForm();
  return std::move(plan);
}

FailureOr<ContractPlan> tc::gpu::planContract(Frame &frame, const Options &options) {
  return Planner(frame, options).run();
}
