// Row kernels: the plan of which ops share a loop, and what is kept where.
//
// Each point of the leading, parallel dimensions is a row. Ops of a row that run over the same inner space without
// waiting for one another form a group: one loop nest. A row's scalars stay in registers; tensors that a later group
// reads lie in scratch, or where they are a result in its memory.
//
// If the vector dimension is parallel, the rows from it on are taken together in chunks of that dimension: a chunk is a
// row whose first inner dimension has bounds of its own. So column reductions work on vectors of columns.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_ROW_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_ROW_H

#include "Kernels.h"
#include "Reduction.h"
#include "Space.h"

namespace tc::cpu {

struct Group {
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::SmallVector<IndexUses> uses;
  /// The whole iteration space.
  llvm::SmallVector<SizeAttr> sizes;
  /// Dimensions from here on are reduced; the rank if none are.
  int64_t parallel = 0;
  bool hasReduction = false;
  /// A scan or sort, which shares its loop with nothing.
  bool alone = false;
};

class RowLowering {
public:
  RowLowering(Frame &frame, fusion::ScheduleAttr schedule) : frame(frame), schedule(schedule) {}
  mlir::LogicalResult run();

private:
  mlir::LogicalResult plan();
  void addToGroup(mlir::Operation *op, llvm::ArrayRef<SizeAttr> sizes, int64_t parallel);
  bool isRowScalar(Value value) const;
  bool isForwarded(loop::ReadOp read, mlir::Operation *reader) const;
  mlir::LogicalResult checkSort(loop::SortOp sort);
  bool isScratch(Value value) const;
  void arrangeScratch();
  void allocate();

  void startChunk(Value number, AffineExpr size, std::optional<int64_t> constantSize);
  void emitRow(Point point);
  void emitGroup(Group &group, const Point &row);
  void emitScan(Group &group, const Point &row);
  void emitSort(Group &group, const Point &row);
  int64_t chooseVectorDim(const Group &group, const MergedSpace &inner, llvm::ArrayRef<AffineExpr> arguments);

  struct Nest;
  Nest makeNest(Group &group);
  void copyOperands();
  /// Copies the source of a read, of which `points` points make use, with the dimension of this index last.
  void copyOperand(loop::ReadOp read, unsigned lastIndex, int64_t points);
  void emitKept(Nest &nest, Point point, unsigned depth);
  void emitReduced(Nest &nest, llvm::ArrayRef<Point> points, unsigned depth, llvm::SmallVectorImpl<Value> &state);
  void emitColumns(Nest &nest, const Point &point, Value iv, unsigned count, Value lastMask);
  void planCascade(Nest &nest);
  std::optional<int64_t> countSteps(const Nest &nest, unsigned depth);
  llvm::SmallVector<Value> startReductions(Nest &nest, llvm::ArrayRef<Point> points);
  llvm::SmallVector<Value> addPartial(Nest &nest, mlir::ValueRange whole, mlir::ValueRange partial);
  llvm::SmallVector<Value> emitLevels(Nest &nest, llvm::ArrayRef<Point> points, Value lower, Value upper, int64_t step,
                                      unsigned levels, mlir::ValueRange state, LoopBody body);
  void reduce(Nest &nest, llvm::ArrayRef<Point> points);
  void emitPoint(Nest &nest, const Point &point, unsigned slot, llvm::SmallVectorImpl<Value> &state);
  void finishReductions(Nest &nest, const Point &point, llvm::ArrayRef<Value> state);
  /// Bounds of a merged inner dimension, and its length if known.
  struct Bounds {
    Value lower, upper;
    std::optional<int64_t> length;
  };
  Bounds getBounds(const MergedSpace &inner, unsigned dim);
  MergedSpace mergeInner(const Group &group);
  void storeElement(Nest &nest, const Point &point, Value tensor, Value element, AffineExpr address);
  void storeResult(const Point &point, Value tensor, Value element, AffineExpr address);

  Frame &frame;
  fusion::ScheduleAttr schedule;
  int64_t parallel = 0; ///< dimensions of the rows' space
  int64_t lanes = 1;
  /// In a chunked kernel the first inner dimension runs from `chunkLower` to `chunkUpper`.
  bool chunked = false;
  int64_t chunk = 0; ///< elements, at most
  Value chunkLower, chunkUpper;
  std::optional<int64_t> chunkLength;
  llvm::SmallVector<SizeAttr> parallelSizes;
  MergedSpace rows;
  std::vector<Group> groups;
  llvm::DenseMap<mlir::Operation *, unsigned> groupOf;
  /// Where the elements of tensors are stored.
  llvm::DenseMap<Value, llvm::SmallVector<Storage, 1>> destinations;
  /// Scratch tensors, in order, and where their memory starts.
  llvm::SmallVector<std::pair<Value, Value>> scratchTensors;
  Elements rowElements;
  Value sortScratch;
};

/// The loops of a group: its dimensions, kept ones first.
struct RowLowering::Nest {
  explicit Nest(Group &group) : group(group) {}

  Group &group;
  MergedSpace inner;
  llvm::SmallVector<AffineExpr> arguments;
  unsigned base = 0;
  /// Merged inner dimensions from the outermost loop to the innermost: those kept, then those reduced.
  llvm::SmallVector<unsigned> kept, reduced;
  int64_t vectorDim = -1;  ///< merged inner dimension, -1 if none
  bool foldsLanes = false; ///< the vector dimension is reduced
  unsigned unroll = 1;     ///< accumulators of each reduction along the vector dimension
  bool cascades = false;   ///< sums are made of partial sums
  unsigned columns = 1;    ///< vectors of a kept vector dimension that are reduced side by side
  Elements elements;
  /// Of each accumulator: identity, kind and element type, and its op.
  struct Accumulator {
    mlir::Operation *op;
    unsigned result;
    ReductionKind kind;
    mlir::Type element;
  };
  llvm::SmallVector<Accumulator> accumulators;
  /// Values carried for one slot: one an accumulator, and the index of each arg_reduce.
  unsigned carried = 0;
};

} // namespace tc::cpu

#endif
