// Loads parts of the factors of a contraction: copied asynchronously where they lie in memory as they should, else
// element by element. Rows and columns past the last are the last ones again, whose sums nobody stores; past the end of
// the depth there are zeros.

#include "ContractTile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

SharedTile SharedTile::of(const ContractPlan &plan, unsigned number) {
  const Factor &factor = plan.factors[number];
  int64_t across = number == 0 ? plan.blockRows : plan.blockColumns, bytes = Frame::getBytes(factor.element);
  if (factor.isDepthMajor)
    return {across, plan.blockDepth * bytes, bytes};
  return {plan.blockDepth, across * bytes, bytes};
}

Word SharedTile::getPermutation(Word line) const {
  int64_t chunks = lineBytes / 16;
  if (chunks >= period)
    return line % period;
  return chunks <= 1 ? line.constant(0) : (line / (period / chunks)) % chunks;
}

Value SharedTile::getPointer(Value shared, Word line, int64_t more, Word byte) const {
  if (more % period != 0)
    line = line + more;
  Value pointer = getSharedPointer(shared, line * lineBytes + (byte ^ (getPermutation(line) * 16)));
  return more % period != 0 ? pointer : getSharedPointer(line.getBuilder(), pointer, more * lineBytes);
}

SharedSums SharedSums::of(const ContractPlan &plan) {
  int64_t bytes = Frame::getBytes(plan.accumulator);
  bool isTile = plan.form != ContractPlan::Form::Dots;
  return {plan.splits, plan.blockRows, plan.blockColumns, bytes, plan.blockColumns + (isTile ? 8 : 0)};
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

TileLoader::TileLoader(Frame &frame, Evaluator &evaluator, const ContractPlan &plan, unsigned number,
                       const BlockPlace &place)
    : frame(frame), evaluator(evaluator), plan(plan), factor(plan.factors[number]),
      lines(number == 0 ? plan.rows : plan.columns), builder(frame.getBuilder()), tile(SharedTile::of(plan, number)),
      dims(place.dims), firstLine(number == 0 ? place.row : place.column), width(std::max<int64_t>(1, factor.width)),
      blockLines(number == 0 ? plan.blockRows : plan.blockColumns), thread(Word::thread(frame)) {}

int64_t TileLoader::getNumPieces() const {
  int64_t pieces = tile.getBytes() / (tile.elementBytes * width);
  return llvm::divideCeil(pieces, static_cast<int64_t>(plan.threads));
}

TileLoader::Piece TileLoader::getPiece(int64_t number) const {
  int64_t perLine = tile.lineBytes / (tile.elementBytes * width), threads = plan.threads;
  // Neighbouring threads have neighbouring pieces. Lines are powers of two, threads multiples of them or the reverse.
  Word line = thread / perLine, piece = thread % perLine;
  int64_t more = 0;
  if (threads >= perLine) {
    more = number * (threads / perLine);
  } else {
    int64_t perThread = perLine / threads;
    line = thread.constant(number / perThread);
    piece = thread + (number % perThread) * threads;
  }
  AffineExpr along = piece.toLeaf(frame) * width;
  return {line, piece * (width * tile.elementBytes), more, along, line.toLeaf(frame) + more};
}

std::pair<Indices, Value> TileLoader::getDims(const Piece &piece, AffineExpr step) {
  AffineExpr line = firstLine + (factor.isDepthMajor ? piece.across : piece.along);
  AffineExpr inDepth = factor.isDepthMajor ? piece.along : piece.across;
  int64_t lineWidth = factor.isDepthMajor ? 1 : width, depthWidth = factor.isDepthMajor ? width : 1;
  Indices result = dims;
  if (!lines.isMultipleOf(blockLines))
    line = emitMin(frame, line, lines.count - lineWidth);
  setDims(frame, lines, frame.leaf(frame.emit(frame.simplify(line))), result);

  Value inside;
  AffineExpr start = step * plan.blockDepth;
  if (plan.depth.isInnerMultipleOf(plan.blockDepth)) {
    // A step lies in one run of the last dimension: the others are the same for all threads.
    setDims(frame, plan.depth, frame.leaf(frame.emit(start)), result);
    AffineExpr &inner = result[plan.depth.dims.back()];
    inner = inner + inDepth;
    return {result, inside};
  }
  AffineExpr depth = frame.leaf(frame.emit(start + inDepth));
  if (!plan.depth.isMultipleOf(plan.blockDepth)) {
    inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, frame.emit(depth), frame.emit(plan.depth.count));
    depth = emitMin(frame, depth, plan.depth.count - depthWidth);
  }
  setDims(frame, plan.depth, depth, result);
  return {result, inside};
}

static void collectTerms(AffineExpr expr, SmallVectorImpl<AffineExpr> &terms) {
  if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr); binary && expr.getKind() == AffineExprKind::Add) {
    collectTerms(binary.getLHS(), terms);
    collectTerms(binary.getRHS(), terms);
    return;
  }
  terms.push_back(expr);
}

Value TileLoader::getPointer(const Indices &point, Value &condition) {
  ContractOperand read = *factor.read;
  Value source = stripReshapes(read.read.getSource());
  Storage storage = frame.getInput(cast<BlockArgument>(source).getArgNumber());
  // What does not depend on the step is added first, so that it is seen to be the same in every step.
  SmallVector<AffineExpr> terms, replacements(point);
  collectTerms(frame.simplify(read.address), terms);
  AffineExpr fixed = frame.getConstantExpr(0), moving = fixed;
  for (AffineExpr term : terms) {
    bool moves = llvm::any_of(plan.depth.dims, [&](unsigned dim) { return term.isFunctionOfDim(dim); });
    AffineExpr here = term.replaceDims(replacements);
    (moves ? moving : fixed) = (moves ? moving : fixed) + here;
  }
  AffineExpr address = frame.leaf(frame.emit(frame.simplify(fixed))) + frame.leaf(frame.emit(frame.simplify(moving)));
  if (read.guard) {
    Value guard = evaluator.evaluateValue(plan.getOp(), read.guard, point);
    condition = condition ? arith::AndIOp::create(builder, condition, guard).getResult() : guard;
    address = frame.leaf(arith::SelectOp::create(builder, guard, frame.emit(address), frame.index(0)));
  }
  return frame.getPointer(storage.pointer, factor.element, address);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void TileLoader::copy(AffineExpr step, Value to) {
  int64_t bytes = width * tile.elementBytes, pieces = tile.getBytes() / bytes;
  for (int64_t number = 0; number < getNumPieces(); ++number) {
    Evaluator::Scope scope(evaluator);
    Value exists;
    if (pieces < plan.threads)
      exists = thread < pieces;
    frame.ifThen(exists, [&] {
      Piece piece = getPiece(number);
      auto [point, condition] = getDims(piece, step);
      Value from = getPointer(point, condition);
      // Fewer bytes than are written are followed by zeros.
      Value size;
      if (condition)
        size = arith::SelectOp::create(builder, condition, frame.i32(bytes), frame.i32(0));
      NVVM::CpAsyncOp::create(builder, tile.getPointer(to, piece.line, piece.moreLines, piece.byte), from, bytes,
                              bytes == 16 ? NVVM::LoadCacheModifierKind::CG : NVVM::LoadCacheModifierKind::CA, size);
    });
  }
}

FailureOr<Values> TileLoader::load(AffineExpr step) {
  Values elements;
  for (int64_t number = 0; number < getNumPieces(); ++number) {
    Evaluator::Scope scope(evaluator);
    auto [point, condition] = getDims(getPiece(number), step);
    Value element;
    if (factor.read) {
      Value from = getPointer(point, condition);
      Type memory = Frame::getMemoryType(factor.element);
      auto load = LLVM::LoadOp::create(builder, memory, from, Frame::getBytes(factor.element));
      load.setInvariant(true);
      element = frame.fromMemory(load, factor.element);
    } else {
      element = evaluator.evaluateOperand(plan.getOp(), factor.number, point);
      if (!element)
        return failure();
    }
    if (condition)
      element = arith::SelectOp::create(builder, condition, element, emitZero(builder, element.getType()));
    elements.push_back(element);
  }
  return elements;
}

void TileLoader::store(ValueRange elements, Value to) {
  int64_t pieces = tile.getBytes() / tile.elementBytes;
  Value exists;
  if (pieces < plan.threads)
    exists = thread < pieces;
  frame.ifThen(exists, [&] {
    for (auto [number, element] : llvm::enumerate(elements)) {
      Piece piece = getPiece(number);
      LLVM::StoreOp::create(builder, frame.toMemory(element, factor.element),
                            tile.getPointer(to, piece.line, piece.moreLines, piece.byte), tile.elementBytes);
    }
  });
}
