// Window positions with padding: the input index of a window's point and the guard that it needs.
#ifndef TC_LIB_CONVERSION_TCTOLOOP_PADDING_H
#define TC_LIB_CONVERSION_TCTOLOOP_PADDING_H

#include "tc/Dialect/Loop/IR/BodyBuilder.h"

namespace tc {

/// One dimension that a window slides over.
struct WindowDim {
  SizeAttr input, output, window;
  int64_t stride = 1, dilation = 1, low = 0, high = 0, inputDilation = 1;

  /// A window of size 1 does not slide; its offset is 0 and it has no dimension in the iteration space.
  bool slides() const { return window.getConstant() != 1; }

  /// Whether a point of a window may fall outside the input (or between elements, if the input is dilated).
  bool needsGuard() const {
    if (inputDilation != 1 || low > 0)
      return true;
    if (high <= 0)
      return false;
    auto in = input.getConstant(), out = output.getConstant(), extent = window.getConstant();
    return !in || !out || !extent || (*out - 1) * stride + (*extent - 1) * dilation - low >= *in;
  }

  /// The input's index under point `offset` of the window at `position`; conjoins what must hold to `inside`.
  mlir::Value getIndex(loop::BodyBuilder &body, mlir::Value position, mlir::Value offset, mlir::Value &inside) const;
};

} // namespace tc

#endif
