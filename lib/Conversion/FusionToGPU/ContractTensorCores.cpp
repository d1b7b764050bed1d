// Warp tiles by mma.sync: 16 rows, 8 columns and 32 bytes of depth (16 elements of 16 bits, 8 of TF32) at a time. The
// fragments come from shared memory by ldmatrix, which also transposes elements of 16 bits.

#include "ContractCompute.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

class TensorCores final : public TileCompute {
public:
  TensorCores(Frame &frame, const ContractPlan &plan);
  Values getInitial() override { return Values(numRows * numColumns * 4, emitZero(builder, builder.getF32Type())); }
  Values compute(Value rows, Value columns, ValueRange sums) override;
  void store(ValueRange sums, Value to) override;

private:
  /// Fragments of 16 lines of a factor, from line `first` of the warp's on, at a step of the depth: for rows the four
  /// words of the left fragment, for columns two of each of two right fragments.
  Values load(unsigned factor, Value shared, int64_t first, int64_t step);
  Values multiply(ArrayRef<Value> a, ArrayRef<Value> b, ValueRange sums);
  Value roundToTF32(Value word);

  const ContractPlan &plan;
  ImplicitLocOpBuilder &builder;
  SharedTile tiles[2];
  /// Of 16 rows and 8 columns, in a warp.
  int64_t numRows, numColumns;
  /// Steps of 32 bytes in the depth of a block's step, for this warp.
  int64_t numSteps;
  Word lane, split, warpLines[2];
};

} // namespace

TensorCores::TensorCores(Frame &frame, const ContractPlan &plan)
    : plan(plan), builder(frame.getBuilder()), tiles{SharedTile::of(plan, 0), SharedTile::of(plan, 1)},
      numRows(plan.tileRows / 16), numColumns(plan.tileColumns / 8), lane(Word::thread(frame) % Target::warpSize),
      split(lane), warpLines{lane, lane} {
  Word warp = Word::thread(frame) / Target::warpSize;
  int64_t across = plan.blockColumns / plan.tileColumns, perSplit = (plan.blockRows / plan.tileRows) * across;
  split = warp / perSplit;
  Word inSplit = warp % perSplit;
  warpLines[0] = (inSplit / across) * plan.tileRows;
  warpLines[1] = (inSplit % across) * plan.tileColumns;
  numSteps = plan.blockDepth * tiles[0].elementBytes / (32 * plan.splits);
}

Value TensorCores::roundToTF32(Value word) {
  Value number = arith::BitcastOp::create(builder, builder.getF32Type(), word);
  return NVVM::ConvertFloatToTF32Op::create(builder, builder.getI32Type(), number, NVVM::FPRoundingMode::RNA);
}

Values TensorCores::load(unsigned factor, Value shared, int64_t first, int64_t step) {
  const SharedTile &tile = tiles[factor];
  bool isDepthMajor = plan.factors[factor].isDepthMajor;
  // Matrices of 8 x 16 bytes: of rows, those of the upper and the lower 8 at the nearer 16 bytes of the depth, then at
  // the farther; of columns, the nearer and the farther of the first 8, then of the second.
  Word high = lane / 16, middle = (lane / 8) % 2, low = lane % 8;
  Word lineHalf = factor == 0 ? middle : high, depthHalf = factor == 0 ? high : middle;
  Word firstStep = split * numSteps;
  Type i32 = builder.getI32Type();
  Values words;
  if (!isDepthMajor && plan.isTF32) {
    // ldmatrix transposes 16 bits only.
    for (int64_t part = 0; part < 4; ++part) {
      int64_t linePart = factor == 0 ? part % 2 : part / 2, depthPart = factor == 0 ? part / 2 : part % 2;
      Word line = warpLines[factor] + first + (lane / 4 + linePart * 8);
      Word depth = firstStep * 8 + (lane % 4) + depthPart * 4;
      words.push_back(
          LLVM::LoadOp::create(builder, i32, tile.getPointer(shared, depth, step * 8, line * 4), /*alignment=*/4));
    }
  } else {
    Value pointer = isDepthMajor ? tile.getPointer(shared, warpLines[factor] + (low + lineHalf * 8), first,
                                                   (firstStep + step) * 32 + depthHalf * 16)
                                 : tile.getPointer(shared, firstStep * 16 + (low + depthHalf * 8), step * 16,
                                                   (warpLines[factor] + first) * 2 + lineHalf * 16);
    auto type = LLVM::LLVMStructType::getLiteral(builder.getContext(), SmallVector<Type>(4, i32));
    Value loaded = NVVM::LdMatrixOp::create(
        builder, type, pointer, 4, isDepthMajor ? NVVM::MMALayout::row : NVVM::MMALayout::col,
        NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8), NVVM::LdStMatrixEltType::B16);
    for (int64_t part = 0; part < 4; ++part)
      words.push_back(LLVM::ExtractValueOp::create(builder, loaded, part));
  }
  if (plan.isTF32)
    for (Value &word : words)
      word = roundToTF32(word);
  return words;
}

Values TensorCores::multiply(ArrayRef<Value> a, ArrayRef<Value> b, ValueRange sums) {
  Type f32 = builder.getF32Type(), element = plan.factors[0].element;
  auto type = LLVM::LLVMStructType::getLiteral(builder.getContext(), SmallVector<Type>(4, f32));
  NVVM::MMATypes kind = plan.isTF32       ? NVVM::MMATypes::tf32
                        : element.isF16() ? NVVM::MMATypes::f16
                                          : NVVM::MMATypes::bf16;
  Values left(a), right(b);
  if (element.isF16())
    for (Values *words : {&left, &right})
      for (Value &word : *words)
        word = LLVM::BitcastOp::create(builder, VectorType::get({2}, element), word);
  Value product = NVVM::MmaOp::create(builder, type, left, right, sums, ArrayRef<int64_t>{16, 8, plan.isTF32 ? 8 : 16},
                                      std::nullopt, std::nullopt, std::array<NVVM::MMATypes, 2>{kind, kind},
                                      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
  Values results;
  for (int64_t i = 0; i < 4; ++i)
    results.push_back(LLVM::ExtractValueOp::create(builder, product, i));
  return results;
}

Values TensorCores::compute(Value rows, Value columns, ValueRange sums) {
  Values now(sums);
  for (int64_t step = 0; step < numSteps; ++step) {
    SmallVector<Values> a, b;
    for (int64_t i = 0; i < numRows; ++i)
      a.push_back(load(0, rows, i * 16, step));
    for (int64_t j = 0; j < numColumns; j += 2)
      b.push_back(load(1, columns, j * 8, step));
    for (int64_t i = 0; i < numRows; ++i)
      for (int64_t j = 0; j < numColumns; ++j) {
        MutableArrayRef<Value> part = MutableArrayRef(now).slice((i * numColumns + j) * 4, 4);
        llvm::copy(multiply(a[i], ArrayRef(b[j / 2]).slice(j % 2 * 2, 2), part), part.begin());
      }
  }
  return now;
}

void TensorCores::store(ValueRange sums, Value to) {
  SharedSums shared = SharedSums::of(plan);
  // A thread has two neighbouring columns of rows 8 apart.
  Word row = warpLines[0] + lane / 4, column = warpLines[1] + (lane % 4) * 2;
  Word base = (split * shared.rows + row) * shared.pitch + column;
  auto pair = VectorType::get({2}, builder.getF32Type());
  for (int64_t i = 0; i < numRows; ++i)
    for (int64_t j = 0; j < numColumns; ++j)
      for (int64_t half = 0; half < 2; ++half) {
        Value both = LLVM::PoisonOp::create(builder, pair);
        for (int64_t k = 0; k < 2; ++k)
          both = LLVM::InsertElementOp::create(builder, both, sums[(i * numColumns + j) * 4 + half * 2 + k],
                                               Word(builder, k));
        int64_t offset = (i * 16 + half * 8) * shared.pitch + j * 8;
        Value pointer = getSharedPointer(builder, getSharedPointer(to, base * 4), offset * 4);
        LLVM::StoreOp::create(builder, both, pointer, /*alignment=*/8);
      }
}

std::unique_ptr<TileCompute> tc::gpu::makeTensorCores(Frame &frame, const ContractPlan &plan) {
  return std::make_unique<TensorCores>(frame, plan);
}
