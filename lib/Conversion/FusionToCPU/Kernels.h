// The code generators of the kinds of kernel. Each emits the phases of its kernel into the frame, or emits a
// diagnostic.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_KERNELS_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_KERNELS_H

#include "Frame.h"

namespace tc::cpu {

mlir::LogicalResult lowerMap(Frame &frame, fusion::ScheduleAttr schedule);
/// Also scans and sorts, along the last dimension.
mlir::LogicalResult lowerRow(Frame &frame, fusion::ScheduleAttr schedule);
mlir::LogicalResult lowerScatter(Frame &frame, fusion::ScheduleAttr schedule);
mlir::LogicalResult lowerContract(Frame &frame, fusion::ScheduleAttr schedule);

/// Binds the kernel's constants, which must be splats.
mlir::LogicalResult bindConstants(Frame &frame);
/// Memory of a result.
Storage getResultStorage(Frame &frame, unsigned number);

} // namespace tc::cpu

#endif
