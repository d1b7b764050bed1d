// The code generators of the kinds of kernel. Each emits the phases of its kernel into the frame, or emits a
// diagnostic.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_KERNELS_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_KERNELS_H

#include "Frame.h"

namespace tc::cpu {

/// The kernel's schedule, or a default one by what is in it.
fusion::ScheduleAttr getSchedule(fusion::KernelOp kernel);

mlir::LogicalResult lowerMap(Frame &frame, fusion::ScheduleAttr schedule);
/// Also scans and sorts, along the last dimension.
mlir::LogicalResult lowerRow(Frame &frame, fusion::ScheduleAttr schedule);
mlir::LogicalResult lowerScatter(Frame &frame, fusion::ScheduleAttr schedule);
mlir::LogicalResult lowerContract(Frame &frame, fusion::ScheduleAttr schedule);

/// Binds the kernel's constants, which must be splats.
mlir::LogicalResult bindConstants(Frame &frame);
/// The results of the kernel that `value`, or a reshape of it, is.
llvm::SmallVector<unsigned> getResultNumbers(fusion::KernelOp kernel, Value value);
/// Memory of a result.
Storage getResultStorage(Frame &frame, unsigned number);

} // namespace tc::cpu

#endif
