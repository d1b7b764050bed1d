// Scatter kernels: a phase copies init, the last writes the updates, a thread a point of the space.
//
// Points whose index is an index of the result never meet. Where others may, the result does not depend on the threads
// either, with one exception: without a combination a phase before finds out the last point of each element, which
// alone is written; combinations are atomic, in any order, which shows in sums and products of floats alone. With
// Options::deterministic a thread combines those one after the other.

#include "Word.h"

#include "Evaluator.h"
#include "Kernels.h"
#include "tc/Conversion/KernelAnalysis/Reductions.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

class ScatterLowering {
public:
  ScatterLowering(Frame &frame, const Options &options) : frame(frame), builder(frame.getBuilder()), options(options) {}
  LogicalResult run();

private:
  using UnitBody = function_ref<LogicalResult(Evaluator &evaluator, AffineExpr unit)>;
  LogicalResult collect();
  bool canMeet() const;
  bool isOrderVisible();
  /// A phase with a thread a unit.
  LogicalResult emitPhase(AffineExpr units, UnitBody body);
  LogicalResult emitCopy();
  LogicalResult emitClear();
  /// The address of the element that a point writes, and the value; nothing after a diagnostic.
  FailureOr<std::pair<AffineExpr, Value>> emitPoint(Evaluator &evaluator, ArrayRef<AffineExpr> point);
  LogicalResult emitWinners();
  LogicalResult emitUpdates();
  LogicalResult emitInOrder();
  void emitAtomic(Value value, AffineExpr address);
  void emitExchangeLoop(Value value, Value pointer, Type memory);
  Value getNumber(AffineExpr unit);
  IntegerType getNumberType() { return builder.getIntegerType(frame.hasNarrowIndices() ? 32 : 64); }

  Frame &frame;
  ImplicitLocOpBuilder &builder;
  const Options &options;
  loop::ScatterOp op;
  loop::LoopNestOpInterface nest;
  Type element;
  SmallVector<AffineExpr> sizes;
  AffineExpr count, elements;
  /// Dimensions that are an index of the result.
  SmallVector<bool> isSafe;
};

} // namespace

LogicalResult ScatterLowering::collect() {
  fusion::KernelOp kernel = frame.getKernel();
  for (Operation &other : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp, loop::MapOp>(other))
      continue;
    if (!isa<loop::ScatterOp>(other) || op)
      return other.emitError("expected one loop.scatter in a scatter kernel, found ") << other.getName();
    op = cast<loop::ScatterOp>(other);
  }
  if (!op || kernel.getNumResults() != 1 || getResultNumbers(kernel, op.getResult(0)).empty())
    return kernel.emitError("expected a loop.scatter with one result in a scatter kernel");
  nest = cast<loop::LoopNestOpInterface>(op.getOperation());
  element = op.getInit().getType().getElementType();
  count = elements = frame.getConstantExpr(1);
  for (SizeAttr size : nest.getIterationSizes())
    count = count * sizes.emplace_back(frame.getExpr(size));
  elements = frame.getExpr(product(frame.getContext(), getSizes(op.getInit().getType())));
  count = frame.simplify(count);
  Block *body = op.getBodyBlock();
  isSafe.assign(sizes.size(), false);
  for (Value index : body->getTerminator()->getOperands().drop_back())
    if (auto argument = dyn_cast<BlockArgument>(index); argument && argument.getOwner() == body)
      isSafe[argument.getArgNumber()] = true;
  return success();
}

bool ScatterLowering::canMeet() const {
  return !llvm::all_of(llvm::zip(sizes, isSafe), [&](auto both) {
    auto [size, safe] = both;
    return safe || size == frame.getConstantExpr(1);
  });
}

/// Whether combinations in another order give another result.
bool ScatterLowering::isOrderVisible() {
  return isa<FloatType>(element) && (op.getKind() == ReductionKind::sum || op.getKind() == ReductionKind::prod);
}

LogicalResult ScatterLowering::emitPhase(AffineExpr units, UnitBody body) {
  constexpr unsigned threads = 256;
  frame.startPhase(threads);
  Evaluator evaluator(frame);
  if (failed(evaluator.bindConstants()))
    return failure();
  AffineExpr unit = frame.leaf(frame.emit(frame.leaf(frame.getBlock()) * threads + frame.leaf(frame.getThread())));
  Value inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, frame.emit(unit), frame.emit(units));
  LogicalResult result = success();
  frame.ifThen(inside, [&] { result = body(evaluator, unit); });
  frame.finishPhase(frame.getSize(frame.simplify(units.ceilDiv(threads))));
  return result;
}

LogicalResult ScatterLowering::emitCopy() {
  Value init = stripReshapes(op.getInit());
  int64_t bytes = Frame::getBytes(element);
  int64_t width = std::gcd<int64_t>(std::max<int64_t>(1, 16 / bytes), elements.getLargestKnownDivisor());
  SmallVector<AffineExpr> space =
      llvm::map_to_vector(getSizes(op.getInit().getType()), [&](SizeAttr size) { return frame.getExpr(size); });
  return emitPhase(frame.simplify(elements.floorDiv(width)), [&](Evaluator &evaluator, AffineExpr unit) {
    SmallVector<Value> values;
    for (int64_t lane = 0; lane < width; ++lane) {
      AffineExpr address = unit * width + lane;
      auto argument = dyn_cast<BlockArgument>(init);
      values.push_back(argument ? frame.load(frame.getInput(argument.getArgNumber()), element, address)
                                : evaluator.read(op.getInit(), frame.delinearize(address, space)));
      if (!values.back())
        return failure();
    }
    for (auto [lane, value] : llvm::enumerate(values))
      frame.store(frame.getResult(0), element, value, unit * width + lane);
    return success();
  });
}

FailureOr<std::pair<AffineExpr, Value>> ScatterLowering::emitPoint(Evaluator &evaluator, ArrayRef<AffineExpr> point) {
  SmallVector<Value> yielded = evaluator.evaluate(nest, point);
  if (yielded.empty())
    return failure();
  SmallVector<AffineExpr> indices =
      llvm::map_to_vector(ArrayRef<Value>(yielded).drop_back(), [&](Value index) { return frame.leaf(index); });
  AffineExpr address = frame.leaf(frame.emit(frame.getAddress(getSizes(op.getInit().getType()), indices)));
  return std::pair{address, yielded.back()};
}

//===----------------------------------------------------------------------===//
// Overwriting: the last point of each element wins
//===----------------------------------------------------------------------===//

/// The number of a point, from 1 on.
Value ScatterLowering::getNumber(AffineExpr unit) {
  return arith::IndexCastOp::create(builder, getNumberType(), frame.emit(unit + 1));
}

LogicalResult ScatterLowering::emitClear() {
  return emitPhase(elements, [&](Evaluator &, AffineExpr unit) {
    Value zero = arith::ConstantOp::create(builder, builder.getIntegerAttr(getNumberType(), 0));
    frame.store({frame.getWorkspace()}, getNumberType(), zero, unit);
    return success();
  });
}

LogicalResult ScatterLowering::emitWinners() {
  return emitPhase(count, [&](Evaluator &evaluator, AffineExpr unit) -> LogicalResult {
    auto point = emitPoint(evaluator, frame.delinearize(unit, sizes));
    if (failed(point))
      return failure();
    Value pointer = frame.getPointer(frame.getWorkspace(), getNumberType(), point->first);
    LLVM::AtomicRMWOp::create(builder, LLVM::AtomicBinOp::umax, pointer, getNumber(unit),
                              LLVM::AtomicOrdering::monotonic, "device");
    return success();
  });
}

//===----------------------------------------------------------------------===//
// Combining
//===----------------------------------------------------------------------===//

static std::optional<LLVM::AtomicBinOp> getAtomicOp(ReductionKind kind, Type element) {
  bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  if (isa<FloatType>(element))
    return kind == ReductionKind::sum ? std::optional(LLVM::AtomicBinOp::fadd) : std::nullopt;
  switch (kind) {
  case ReductionKind::sum:
    return element.isInteger(1) ? LLVM::AtomicBinOp::_or : LLVM::AtomicBinOp::add;
  case ReductionKind::max:
    return isUnsigned ? LLVM::AtomicBinOp::umax : LLVM::AtomicBinOp::max;
  case ReductionKind::min:
    return isUnsigned ? LLVM::AtomicBinOp::umin : LLVM::AtomicBinOp::min;
  case ReductionKind::any:
    return LLVM::AtomicBinOp::_or;
  case ReductionKind::all:
    return LLVM::AtomicBinOp::_and;
  case ReductionKind::parity:
    return LLVM::AtomicBinOp::_xor;
  case ReductionKind::prod:
    return std::nullopt;
  }
  llvm_unreachable("unknown reduction kind");
}

/// Of what there is no instruction for: computes the new value until nobody has changed the old one meanwhile.
void ScatterLowering::emitExchangeLoop(Value value, Value pointer, Type memory) {
  unsigned bits = memory.getIntOrFloatBitWidth();
  Type word = builder.getIntegerType(bits);
  auto toWord = [&](Value scalar) -> Value {
    scalar = frame.toMemory(scalar, element);
    return isa<FloatType>(memory) ? arith::BitcastOp::create(builder, word, scalar).getResult() : scalar;
  };
  auto fromWord = [&](Value bitsOf) -> Value {
    Value scalar = isa<FloatType>(memory) ? arith::BitcastOp::create(builder, memory, bitsOf).getResult() : bitsOf;
    return frame.fromMemory(scalar, element);
  };
  auto old = LLVM::LoadOp::create(builder, word, pointer, bits / 8);
  old.setOrdering(LLVM::AtomicOrdering::monotonic);
  old.setSyncscope("device");
  auto loop = scf::WhileOp::create(builder, TypeRange(word), ValueRange(old.getResult()));
  OpBuilder::InsertionGuard guard(builder);
  Block *before = builder.createBlock(&loop.getBefore(), {}, word, builder.getLoc());
  Value expected = before->getArgument(0);
  Value next = toWord(emitCombine(builder, *op.getKind(), element, fromWord(expected), value));
  auto exchange = LLVM::AtomicCmpXchgOp::create(builder, pointer, expected, next, LLVM::AtomicOrdering::monotonic,
                                                LLVM::AtomicOrdering::monotonic, "device");
  Value found = LLVM::ExtractValueOp::create(builder, exchange, 0);
  Value done = LLVM::ExtractValueOp::create(builder, exchange, 1);
  Value again = arith::XOrIOp::create(builder, done, arith::ConstantIntOp::create(builder, 1, 1));
  scf::ConditionOp::create(builder, again, found);
  builder.createBlock(&loop.getAfter(), {}, word, builder.getLoc());
  scf::YieldOp::create(builder, loop.getAfterArguments());
}

void ScatterLowering::emitAtomic(Value value, AffineExpr address) {
  Type memory = Frame::getMemoryType(element);
  Value pointer = frame.getPointer(frame.getResult(0).pointer, element, address);
  if (std::optional<LLVM::AtomicBinOp> atomic = getAtomicOp(*op.getKind(), element))
    LLVM::AtomicRMWOp::create(builder, *atomic, pointer, frame.toMemory(value, element),
                              LLVM::AtomicOrdering::monotonic, "device");
  else
    emitExchangeLoop(value, pointer, memory);
}

LogicalResult ScatterLowering::emitUpdates() {
  bool meet = canMeet();
  return emitPhase(count, [&](Evaluator &evaluator, AffineExpr unit) -> LogicalResult {
    auto point = emitPoint(evaluator, frame.delinearize(unit, sizes));
    if (failed(point))
      return failure();
    auto [address, value] = *point;
    if (op.getKind() && meet) {
      emitAtomic(value, address);
      return success();
    }
    if (op.getKind())
      value = emitCombine(builder, *op.getKind(), element, frame.load(frame.getResult(0), element, address), value);
    Value wins;
    if (!op.getKind() && meet) {
      Value winner = frame.load({frame.getWorkspace(), /*isInvariant=*/true}, getNumberType(), address);
      wins = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, winner, getNumber(unit));
    }
    frame.ifThen(wins,
                 [&, address = address, value = value] { frame.store(frame.getResult(0), element, value, address); });
    return success();
  });
}

LogicalResult ScatterLowering::emitInOrder() {
  SmallVector<AffineExpr> parallel, ordered;
  SmallVector<unsigned> parallelDims, orderedDims;
  AffineExpr units = frame.getConstantExpr(1), steps = units;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    (isSafe[dim] ? parallel : ordered).push_back(size);
    (isSafe[dim] ? parallelDims : orderedDims).push_back(dim);
    AffineExpr &number = isSafe[dim] ? units : steps;
    number = number * size;
  }
  return emitPhase(frame.simplify(units), [&](Evaluator &evaluator, AffineExpr unit) {
    SmallVector<AffineExpr> point(sizes.size());
    for (auto [dim, index] : llvm::zip(parallelDims, frame.delinearize(unit, parallel)))
      point[dim] = index;
    LogicalResult result = success();
    frame.loop(frame.index(0), frame.emit(frame.simplify(steps)), frame.index(1), {},
               [&](Value iv, ValueRange) -> SmallVector<Value> {
                 Evaluator::Scope scope(evaluator);
                 for (auto [dim, index] : llvm::zip(orderedDims, frame.delinearize(frame.leaf(iv), ordered)))
                   point[dim] = index;
                 auto here = emitPoint(evaluator, point);
                 result = failure(failed(here));
                 if (failed(here))
                   return {};
                 Value before = frame.load(frame.getResult(0), element, here->first);
                 frame.store(frame.getResult(0), element,
                             emitCombine(builder, *op.getKind(), element, before, here->second), here->first);
                 return {};
               });
    return result;
  });
}

LogicalResult ScatterLowering::run() {
  if (failed(collect()))
    return failure();
  bool needsWinners = !op.getKind() && canMeet();
  if (needsWinners)
    frame.workspaceBytes = frame.getSize(frame.simplify(elements * (getNumberType().getWidth() / 8)));
  if (failed(emitCopy()))
    return failure();
  if (needsWinners && (failed(emitClear()) || failed(emitWinners())))
    return failure();
  return options.deterministic && canMeet() && isOrderVisible() ? emitInOrder() : emitUpdates();
}

LogicalResult tc::gpu::lowerScatter(Frame &frame, const Options &options) {
  return ScatterLowering(frame, options).run();
}
