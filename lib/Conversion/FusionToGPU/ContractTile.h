// Parts of the factors, and sums, of a contraction in shared memory.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACTTILE_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACTTILE_H

#include "Contract.h"
#include "Word.h"

namespace tc::gpu {

/// A step's part of a factor: lines of a power of two of bytes. The chunks of 16 bytes of a line are permuted so that
/// eight neighbouring lines have the same chunk in different banks.
struct SharedTile {
  int64_t lines, lineBytes, elementBytes;
  static SharedTile of(const ContractPlan &plan, unsigned factor);

  int64_t getBytes() const { return lines * lineBytes; }
  /// The address of a byte of line `line + more`.
  Value getPointer(Value shared, Word line, int64_t more, Word byte) const;

private:
  /// Lines after which the permutation comes again.
  static constexpr int64_t period = 8;
  Word getPermutation(Word line) const;
};

/// Sums of a block: copies (of the parts of the depth), rows, columns.
struct SharedSums {
  int64_t copies, rows, columns, elementBytes;
  /// Elements from one row to the next; rows of accumulators of tensor cores are stored without bank conflicts.
  int64_t pitch;
  static SharedSums of(const ContractPlan &plan);
  int64_t getBytes() const { return copies * rows * pitch * elementBytes; }
};

int64_t getSharedBytes(const ContractPlan &plan);

/// Where a block's work lies.
struct BlockPlace {
  /// The dimensions of the whole space, of which those of the batch are set.
  Indices dims;
  AffineExpr row, column;
};

/// Moves parts of a factor from global to shared memory.
class TileLoader {
public:
  TileLoader(Frame &frame, Evaluator &evaluator, const ContractPlan &plan, unsigned factor, const BlockPlace &place);

  const SharedTile &getTile() const { return tile; }
  bool isAsync() const { return factor.width > 0; }
  /// Starts copying the part of a step to an address in shared memory.
  void copy(AffineExpr step, Value to);
  /// Else: the elements that this thread loads, and storing them.
  mlir::FailureOr<Values> load(AffineExpr step);
  void store(mlir::ValueRange elements, Value to);

private:
  /// Elements of a thread along the lines of the tile, `width` at a time.
  struct Piece {
    Word line, byte;
    int64_t moreLines;
    /// Position of the first element along the lines of the tile and across them, in elements of the block.
    AffineExpr along, across;
  };
  int64_t getNumPieces() const;
  Piece getPiece(int64_t number) const;
  /// The dimensions of the whole space of a piece, and whether it is in range (null: certainly).
  std::pair<Indices, Value> getDims(const Piece &piece, AffineExpr step);
  /// The address of a read: 0 where the condition, which gets the read's guard, does not hold.
  Value getPointer(const Indices &dims, Value &condition);

  Frame &frame;
  Evaluator &evaluator;
  const ContractPlan &plan;
  const Factor &factor;
  const DimGroup &lines;
  mlir::ImplicitLocOpBuilder &builder;
  SharedTile tile;
  Indices dims;
  AffineExpr firstLine;
  int64_t width, blockLines;
  Word thread;
};

} // namespace tc::gpu

#endif
