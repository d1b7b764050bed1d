// The steps that views are made of. Each has a forward direction (a shape op), an inverse (the input after the result
// was written), and an effect on where elements lie in memory.
#ifndef TC_LIB_TRANSFORMS_FUNCTIONALIZE_VIEWSTEPS_H
#define TC_LIB_TRANSFORMS_FUNCTIONALIZE_VIEWSTEPS_H

#include "mlir/IR/Builders.h"
#include "tc/Dialect/TC/IR/Sizes.h"

namespace tc::functionalize {

/// Where the elements of a tensor lie in its storage, in elements.
struct Layout {
  SizeAttr offset;
  llvm::SmallVector<SizeAttr> strides;

  static Layout contiguous(mlir::MLIRContext *context, llvm::ArrayRef<SizeAttr> sizes);
  bool operator==(const Layout &) const = default;
};
/// Row-major without gaps, from any offset; strides of unit dimensions do not matter.
bool isContiguous(const Layout &layout, llvm::ArrayRef<SizeAttr> sizes);
/// Row-major without gaps after a permutation, which is returned: outermost dimension first.
std::optional<llvm::SmallVector<int64_t>> densePermutation(const Layout &layout, llvm::ArrayRef<SizeAttr> sizes);

/// An index that is affine in the indices of a gather's leading dimensions.
struct AffineIndex {
  SizeAttr offset;
  llvm::SmallVector<SizeAttr> coefficients;
};

struct ViewStep {
  enum class Kind { Reshape, Transpose, Slice, Broadcast, Bitcast, Reinterpret, Gather, Aten };
  Kind kind;
  mlir::RankedTensorType from = {}, to = {};
  /// Permutation, slice strides, or the dimensions that are gathered.
  llvm::SmallVector<int64_t> dims = {};
  /// Slice offsets.
  llvm::SmallVector<SizeAttr> offsets = {};
  /// Gather: one index a gathered dimension; the result's leading dimensions are the coefficients'.
  llvm::SmallVector<AffineIndex> indices = {};
  /// Aten: an op of one tensor and its inverse, "" if there is none.
  llvm::StringRef forwardName = {}, inverseName = {};
  mlir::ArrayAttr args = {};
};

mlir::Value applyStep(mlir::OpBuilder &builder, mlir::Location loc, const ViewStep &step, mlir::Value input);
/// The step's input after its result became `written`. `input` gives the input's value before, if that is needed.
/// Null if the step cannot be written through.
mlir::Value invertStep(mlir::OpBuilder &builder, mlir::Location loc, const ViewStep &step,
                       llvm::function_ref<mlir::Value()> input, mlir::Value written);
/// Layout of the result; nothing if it is not known, or, for a reshape, if there is none.
std::optional<Layout> layoutAfter(const ViewStep &step, const Layout &layout);

/// Builds chains of steps, from a type onwards.
class ViewBuilder {
public:
  explicit ViewBuilder(mlir::RankedTensorType type) : type(type) {}

  mlir::RankedTensorType getType() const { return type; }
  llvm::SmallVector<SizeAttr> getSizes() const { return tc::getSizes(type); }

  void reshape(llvm::ArrayRef<SizeAttr> sizes);
  void transpose(llvm::ArrayRef<int64_t> permutation);
  void slice(llvm::ArrayRef<SizeAttr> offsets, llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<SizeAttr> sizes);
  /// Of one dimension.
  void slice(int64_t dim, SizeAttr offset, int64_t stride, SizeAttr size);
  void broadcast(llvm::ArrayRef<SizeAttr> sizes);
  void bitcast(mlir::Type elementType);
  /// Elements of another width, in the last dimension more or fewer of them.
  void reinterpret(mlir::RankedTensorType to);
  /// The leading dimensions of the result have these sizes, the dimensions that are not in `dims` follow. Fails where
  /// constants show that an index is outside its dimension.
  [[nodiscard]] mlir::LogicalResult gather(llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<SizeAttr> leading,
                                           llvm::ArrayRef<AffineIndex> indices);
  void aten(llvm::StringRef forward, llvm::StringRef inverse, mlir::ArrayAttr args, mlir::RankedTensorType to);

  std::vector<ViewStep> steps;

private:
  void push(ViewStep step);
  mlir::RankedTensorType type;
};

} // namespace tc::functionalize

#endif
