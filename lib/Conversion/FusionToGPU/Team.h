// The threads that compute a row together.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_TEAM_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_TEAM_H

#include "Frame.h"
#include "tc/Conversion/KernelAnalysis/Reductions.h"

namespace tc::gpu {

class Team {
public:
  enum class Kind {
    Thread, ///< one thread a row
    Warp,   ///< a warp a row
    Block,  ///< a block a row
    Column, ///< 32 neighbouring rows a block, one a lane, whose warps share the row
  };
  Team(Frame &frame, Kind kind, unsigned threads) : frame(frame), kind(kind), threads(threads) {}

  Kind getKind() const { return kind; }
  unsigned getThreads() const { return threads; }
  /// Threads that share a row.
  unsigned getSize() const;
  unsigned getRowsPerBlock() const { return kind == Kind::Column ? 32 : threads / getSize(); }

  /// In a phase that has begun: the row, which may lie beyond the last, and this thread's number in the team.
  void start();
  AffineExpr row, rank;
  /// The number of the team in its block.
  AffineExpr number;

  /// The combination of all threads' values, in every thread of the team.
  Value reduce(ReductionKind kind, mlir::Type element, Value value);
  /// In a warp: the combination of the lanes whose numbers are the same modulo `stride`, a power of two.
  Value reduceLanes(ReductionKind kind, mlir::Type element, Value value, unsigned stride);
  IndexedValue reduceExtreme(ReductionKind kind, mlir::Type element, IndexedValue value);
  /// Inclusive scan over the ranks of a warp.
  Value scan(ReductionKind kind, mlir::Type element, Value value);
  /// The value of the warp's last lane.
  Value broadcastLast(Value value);
  /// Waits until what the team wrote can be read by the team.
  void sync();

private:
  using Values = llvm::SmallVector<Value, 2>;
  using Combine = llvm::function_ref<Values(const Values &, const Values &)>;
  Values reduceValues(Values values, llvm::ArrayRef<Value> identities, Combine combine);
  Values reduceWarp(Values values, unsigned lanes, Combine combine);
  Value shuffle(Value value, bool up, Value amount);
  Value shuffleWord(Value word, bool up, Value amount);

  Frame &frame;
  Kind kind;
  unsigned threads;
};

} // namespace tc::gpu

#endif
