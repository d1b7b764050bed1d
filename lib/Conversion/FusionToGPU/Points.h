// The points of a space as a line that threads divide, several neighbouring points at a time.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_POINTS_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_POINTS_H

#include "Evaluator.h"
#include "tc/Conversion/KernelAnalysis/Space.h"

namespace tc::gpu {

/// The dimensions [first, last) of the spaces of some ops, merged where they can be.
struct Line {
  MergedSpace space;
  /// Points.
  AffineExpr count;
  /// Neighbouring points that a thread computes; their addresses are aligned to as many elements. A power of two.
  int64_t width = 1;
  /// Whether `width` divides the number of points.
  bool isWhole = true;

  /// The original indices of point `unit * width + lane`, for all lanes.
  llvm::SmallVector<llvm::SmallVector<AffineExpr>> getLanes(Frame &frame, AffineExpr unit) const;
  /// Of one point.
  llvm::SmallVector<AffineExpr> getPoint(Frame &frame, AffineExpr point) const;
};
/// `ops` have the same sizes. Indices of the dimensions before `first` are constant along the line.
Line getLine(Frame &frame, llvm::ArrayRef<loop::LoopNestOpInterface> ops, unsigned first, unsigned last);

/// Ops of the bodies that a point of these ops runs, as a measure of their size.
int64_t countOps(llvm::ArrayRef<loop::LoopNestOpInterface> ops);

} // namespace tc::gpu

#endif
