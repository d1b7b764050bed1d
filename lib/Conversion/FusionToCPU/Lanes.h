// How an index expression changes from lane to lane of a vector.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_LANES_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_LANES_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace tc::cpu {

/// The lanes of a vector are `lanes` consecutive values of dimension `dim`, the first of which is a multiple of
/// `lanes`.
struct LaneSpace {
  int64_t dim = -1;
  int64_t lanes = 1;
};

/// s if expr(lane) = expr(0) + s * lane in every such vector, where s has no dimensions; nothing if there is no such s.
/// `(j floordiv 64)` has stride 0 and `j mod 64` stride 1 with 16 lanes.
mlir::AffineExpr getLaneStride(mlir::AffineExpr expr, LaneSpace space);

} // namespace tc::cpu

#endif
