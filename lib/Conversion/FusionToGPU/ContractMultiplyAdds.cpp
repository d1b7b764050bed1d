// Register tiles of multiply-adds. A thread's rows lie a column of threads apart, so that the threads of a warp read
// neighbouring lines; where the rows are neighbours in shared memory it takes as many at a time as one load gives.

#include "ContractCompute.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

/// The elements of a factor that a thread reads.
struct ThreadTile {
  SharedTile tile;
  bool isDepthMajor;
  Type element;
  /// Rows (columns) of the thread, threads that have different ones, and the number of this one among them.
  int64_t count, stride;
  Word rank;

  /// Row `i` of the thread is this row of the block, and so many more.
  Word getFirst(int64_t i, int64_t vector) const { return isDepthMajor ? rank : rank * vector + i % vector; }
  int64_t getMore(int64_t i, int64_t vector) const {
    return isDepthMajor ? i * stride : (i / vector) * stride * vector;
  }
};

class MultiplyAdds final : public TileCompute {
public:
  MultiplyAdds(Frame &frame, const ContractPlan &plan);
  Values getInitial() override { return Values(plan.tileRows * plan.tileColumns, emitZero(builder, plan.accumulator)); }
  Values compute(Value rows, Value columns, ValueRange sums) override;
  void store(ValueRange sums, Value to) override;

private:
  /// Elements [row][step of the depth] of a thread, `vector` steps from `depth` on.
  SmallVector<Values> load(const ThreadTile &tile, Value shared, Word depth);

  Frame &frame;
  const ContractPlan &plan;
  ImplicitLocOpBuilder &builder;
  /// Elements that a thread takes along the depth at a time, and along the lines where those are neighbours.
  int64_t vector;
  Word split;
  ThreadTile rows, columns;
};

} // namespace

static int64_t getVector(const ContractPlan &plan) {
  int64_t bytes = std::max(SharedTile::of(plan, 0).elementBytes, SharedTile::of(plan, 1).elementBytes);
  return bytes > 4 ? 2 : 4;
}

MultiplyAdds::MultiplyAdds(Frame &frame, const ContractPlan &plan)
    : frame(frame), plan(plan), builder(frame.getBuilder()), vector(getVector(plan)), split(builder, int64_t(0)),
      rows{SharedTile::of(plan, 0), plan.factors[0].isDepthMajor,   plan.factors[0].element,
           plan.tileRows,           plan.blockRows / plan.tileRows, split},
      columns{SharedTile::of(plan, 1), plan.factors[1].isDepthMajor,         plan.factors[1].element,
              plan.tileColumns,        plan.blockColumns / plan.tileColumns, split} {
  Word thread = Word::thread(frame);
  int64_t perSplit = rows.stride * columns.stride;
  split = thread / perSplit;
  Word inSplit = thread % perSplit;
  rows.rank = inSplit / columns.stride;
  columns.rank = inSplit % columns.stride;
}

SmallVector<Values> MultiplyAdds::load(const ThreadTile &part, Value shared, Word depth) {
  int64_t bytes = part.tile.elementBytes, count = part.count;
  Type memory = Frame::getMemoryType(part.element);
  auto type = VectorType::get({vector}, memory);
  SmallVector<Values> elements(count, Values(vector));
  auto loadVector = [&](Word line, int64_t more, Word byte) {
    return LLVM::LoadOp::create(builder, type, part.tile.getPointer(shared, line, more, byte), vector * bytes);
  };
  auto extract = [&](Value loaded, int64_t lane) -> Value {
    return frame.fromMemory(LLVM::ExtractElementOp::create(builder, loaded, Word(builder, lane)), part.element);
  };
  if (part.isDepthMajor) {
    for (int64_t i = 0; i < count; ++i) {
      Value loaded = loadVector(part.rank, part.getMore(i, vector), depth * bytes);
      for (int64_t v = 0; v < vector; ++v)
        elements[i][v] = extract(loaded, v);
    }
    return elements;
  }
  for (int64_t v = 0; v < vector; ++v)
    for (int64_t i = 0; i < count; i += vector) {
      Value loaded = loadVector(depth, v, (part.rank * vector + part.getMore(i, vector)) * bytes);
      for (int64_t lane = 0; lane < vector; ++lane)
        elements[i + lane][v] = extract(loaded, lane);
    }
  return elements;
}

Values MultiplyAdds::compute(Value rowsAt, Value columnsAt, ValueRange sums) {
  auto body = [&](Word depth, Values now) {
    SmallVector<Values> a = load(rows, rowsAt, depth), b = load(columns, columnsAt, depth);
    for (int64_t v = 0; v < vector; ++v)
      for (int64_t i = 0; i < rows.count; ++i)
        for (int64_t j = 0; j < columns.count; ++j) {
          Value &sum = now[i * columns.count + j];
          sum = emitMultiplyAdd(builder, a[i][v], b[j][v], sum);
        }
    return now;
  };
  // The parts of the depth take turns.
  int64_t step = vector * plan.splits;
  auto loop =
      scf::ForOp::create(builder, Word(builder, int64_t(0)), Word(builder, plan.blockDepth), Word(builder, step), sums);
  OpBuilder::InsertionGuard guard(builder);
  if (loop.getBody()->mightHaveTerminator())
    loop.getBody()->getTerminator()->erase();
  builder.setInsertionPointToEnd(loop.getBody());
  Word depth = Word(builder, loop.getInductionVar()) + split * vector;
  scf::YieldOp::create(builder, body(depth, Values(loop.getRegionIterArgs())));
  return Values(loop.getResults());
}

void MultiplyAdds::store(ValueRange sums, Value to) {
  SharedSums shared = SharedSums::of(plan);
  Word base = split * (shared.rows * shared.pitch);
  for (int64_t i = 0; i < rows.count; ++i)
    for (int64_t j = 0; j < columns.count; ++j) {
      Word offset = base + rows.getFirst(i, vector) * shared.pitch + columns.getFirst(j, vector);
      int64_t more = rows.getMore(i, vector) * shared.pitch + columns.getMore(j, vector);
      Value pointer = getSharedPointer(to, offset * shared.elementBytes);
      pointer = getSharedPointer(builder, pointer, more * shared.elementBytes);
      LLVM::StoreOp::create(builder, frame.toMemory(sums[i * columns.count + j], plan.accumulator), pointer,
                            shared.elementBytes);
    }
}

std::unique_ptr<TileCompute> tc::gpu::makeMultiplyAdds(Frame &frame, const ContractPlan &plan) {
  return std::make_unique<MultiplyAdds>(frame, plan);
}
