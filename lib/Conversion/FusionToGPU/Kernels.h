// The code generators of the kinds of kernel. Each emits the phases of its kernel into the frame, or emits a
// diagnostic.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_KERNELS_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_KERNELS_H

#include "Points.h"

namespace tc::gpu {

mlir::LogicalResult lowerMap(Frame &frame);
/// Also scans and sorts, along the last dimension.
mlir::LogicalResult lowerRow(Frame &frame, fusion::ScheduleAttr schedule);
mlir::LogicalResult lowerContract(Frame &frame, const Options &options);
mlir::LogicalResult lowerScatter(Frame &frame, const Options &options);

/// Emits the elements of results of maps at the points of a line: phases of their own kind may follow.
mlir::LogicalResult emitMaps(Frame &frame, llvm::ArrayRef<loop::LoopNestOpInterface> maps);

/// From scf, arith and math to the LLVM dialect, with math functions expanded.
mlir::LogicalResult convertToLLVM(mlir::ModuleOp module, bool hasNarrowIndices);

} // namespace tc::gpu

#endif
