// What code generation for any target asks of a kernel: its symbols, sizes as expressions over them, its schedule.
//
// Index expressions are AffineExpr: dimension i is whatever the user numbers so, symbol i is the kernel's symbol number
// i.
#ifndef TC_CONVERSION_KERNELANALYSIS_KERNELSYMBOLS_H
#define TC_CONVERSION_KERNELANALYSIS_KERNELSYMBOLS_H

#include "mlir/IR/AffineExpr.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "llvm/ADT/DenseSet.h"

#include <optional>

namespace tc {

class KernelSymbols {
public:
  explicit KernelSymbols(fusion::KernelOp kernel);

  mlir::MLIRContext *getContext() const { return context; }
  /// All symbols that types, iteration sizes and index maps of the kernel mention, sorted by name.
  llvm::ArrayRef<mlir::StringAttr> getSymbols() const { return symbols; }
  /// Whether every tensor and iteration space has a constant number of points below 2^bits.
  bool hasPointsBelow(unsigned bits) const { return mostPoints && *mostPoints < double(uint64_t(1) << bits); }

  /// Whether the value cannot be negative, if no dimension is. Of symbols only those that are sizes of their own are
  /// known not to be; others may be what an index or a shift is.
  bool isNonNegative(mlir::AffineExpr expr) const;

  mlir::AffineExpr getExpr(SizeAttr size) const;
  mlir::AffineExpr getConstantExpr(int64_t value) const;
  mlir::AffineExpr getDimExpr(unsigned dim) const;
  /// The expression of `loop.index`'s map with its dimensions replaced.
  mlir::AffineExpr getExpr(loop::IndexOp op, llvm::ArrayRef<mlir::AffineExpr> dims) const;
  SizeAttr getSize(mlir::AffineExpr expr) const;
  mlir::AffineExpr simplify(mlir::AffineExpr expr) const;
  /// How far apart the elements of a tensor of the kernel lie along each dimension, in elements: as in row-major order,
  /// or as in the result that is a transposition of it.
  llvm::SmallVector<mlir::AffineExpr> getStrides(mlir::Value tensor) const;
  /// Row-major strides of sizes, in elements.
  llvm::SmallVector<mlir::AffineExpr> getStrides(llvm::ArrayRef<SizeAttr> sizes) const;
  /// The address of an element of a tensor, from its first one.
  mlir::AffineExpr getAddress(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> indices) const;
  /// The same in a row-major tensor of these sizes.
  mlir::AffineExpr getAddress(llvm::ArrayRef<SizeAttr> sizes, llvm::ArrayRef<mlir::AffineExpr> indices) const;

protected:
  /// Tensors that only the kernel sees may lie in any order.
  void setStrides(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> strides);

private:
  mlir::MLIRContext *context;
  llvm::SmallVector<mlir::StringAttr> symbols;
  llvm::SmallDenseSet<mlir::StringAttr> extents;
  /// Of all tensors and spaces; none if a number is not constant.
  std::optional<double> mostPoints = 1;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::AffineExpr>> ownStrides;
};

/// The kernel's schedule, or a default one by what is in it.
fusion::ScheduleAttr getScheduleOrDefault(fusion::KernelOp kernel);
/// The value a tensor is a reshape of.
mlir::Value stripReshapes(mlir::Value tensor);
/// The same for what a kernel yields, which may also be a transposition.
mlir::Value stripViews(mlir::Value yielded);
/// The results of the kernel that `value`, or a view of it, is.
llvm::SmallVector<unsigned> getResultNumbers(fusion::KernelOp kernel, mlir::Value value);

/// The expression of an index value of a body. `leaf` gives that of block arguments and of values that are not affine,
/// or null, which makes the whole null.
mlir::AffineExpr getIndexExpr(const KernelSymbols &symbols, mlir::Value index,
                              llvm::function_ref<mlir::AffineExpr(mlir::Value)> leaf);

} // namespace tc

#endif
