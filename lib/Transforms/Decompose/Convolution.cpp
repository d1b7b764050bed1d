// Convolutions of any rank, and their gradients, which are convolutions with the roles of the tensors exchanged.
// tc.convolve is channels last, so each is wrapped in transposes, which simplify moves and cancels.

#include "Call.h"

using namespace mlir;

namespace tc::decompose {

namespace {
/// One entry a spatial dimension.
struct ConvolutionShape {
  Ints stride, padding, dilation, outputPadding;
  bool transposed = false;
  int64_t groups = 1;
};
/// The lists that tc.convolve takes.
struct Window {
  Ints strides, low, high, dilation, inputDilation;
};
} // namespace

// [N, C, …] as [N, …, C], and back.
static Expr channelsLast(const Expr &x) { return moveDim(x, 1, -1); }
static Expr channelsFirst(const Expr &x) { return moveDim(x, -1, 1); }

static Expr convolve(const Expr &input, const Expr &filter, const Window &window, int64_t groups) {
  if (!input.isTensor() || !filter.isTensor() || input.getRank() < 3 || filter.getRank() != input.getRank())
    return {};
  ExprBuilder &b = *input.getBuilder();
  Type element = promote(b, {input, filter});
  Sizes in = input.getSizes(), size = filter.getSizes(), result{in.front()};
  for (size_t d = 0; d + 2 < in.size(); ++d) {
    SizeAttr extent = (in[d + 1] - 1) * window.inputDilation[d] + 1 + (window.low[d] + window.high[d]);
    SizeAttr reach = (size[d + 1] - 1) * window.dilation[d] + 1;
    result.push_back(floorDiv(extent - reach, b.size(window.strides[d])) + 1);
    if (result.back().getConstant().value_or(1) < 0) {
      b.fail("the window of a convolution is larger than its padded input");
      return {};
    }
  }
  result.push_back(size.front());
  SizeAttr channels = size.back() * groups;
  if (auto found = in.back().getConstant(), wanted = channels.getConstant(); found && wanted && *found != *wanted) {
    b.fail("a convolution of " + Twine(*found) + " channels with a filter for " + Twine(*wanted));
    return {};
  }
  // Symbolic channels are equal by the guards of the capture, however they are written.
  in.back() = channels;
  Type accumulated = isReducedFloat(element) ? b.f32() : element;
  return Expr(b, ConvolveOp::create(b, b.loc, getTensorType(result, accumulated),
                                    reshape(castTo(input, element), in).getValue(), castTo(filter, element).getValue(),
                                    window.strides, window.low, window.high, window.dilation, window.inputDilation,
                                    groups));
}

static bool checkShape(Call &c, const ConvolutionShape &s, const Expr &input, const Expr &weight) {
  if (input.getRank() < 3 || weight.getRank() != input.getRank()) {
    c.fail("expected an input and a filter of one rank, at least 3");
    return false;
  }
  for (int64_t value : llvm::concat<const int64_t>(s.stride, s.dilation, Ints{s.groups}))
    if (value < 1) {
      c.fail("strides, dilations and groups must be positive");
      return false;
    }
  return true;
}

// The reach of the filter beyond its first element; filters have constant windows.
static Ints reachOf(Call &c, const Expr &weight, const ConvolutionShape &s) {
  Ints reach;
  for (auto [d, dilation] : llvm::enumerate(s.dilation)) {
    auto size = weight.getSize(d + 2).getConstant();
    if (!size)
      c.reject("a filter of symbolic size");
    reach.push_back(dilation * (size.value_or(1) - 1));
  }
  return reach;
}

static Ints ones(const ConvolutionShape &s) { return Ints(s.stride.size(), 1); }

// The filter [C, O / groups, …] of a transposed convolution as that of the plain one over the dilated input:
// [O, …, C / groups], turned round.
static Expr transposedFilter(Call &c, const Expr &weight, int64_t groups) {
  Sizes sizes = weight.getSizes();
  Expr filter = unflatten(weight, 0, {c.size(groups), floorDiv(sizes[0], c.size(groups))});
  filter = flatten(swapDims(filter, 1, 2), 0, 1);
  return reverse(channelsLast(filter), llvm::to_vector(llvm::seq<int64_t>(1, weight.getRank() - 1)));
}

static Expr forward(Call &c, const Expr &input, const Expr &weight, const ConvolutionShape &s) {
  if (!checkShape(c, s, input, weight))
    return {};
  if (!s.transposed)
    return channelsFirst(convolve(channelsLast(input), channelsLast(weight),
                                  {s.stride, s.padding, s.padding, s.dilation, ones(s)}, s.groups));
  Window window = {ones(s), {}, {}, s.dilation, s.stride};
  for (auto [reach, padding, extra] : llvm::zip_equal(reachOf(c, weight, s), s.padding, s.outputPadding)) {
    window.low.push_back(reach - padding);
    window.high.push_back(reach - padding + extra);
  }
  return channelsFirst(convolve(channelsLast(input), transposedFilter(c, weight, s.groups), window, s.groups));
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

// What of the padded input, beyond the last window, no window reaches; constant sizes only.
static std::optional<int64_t> remainderOf(SizeAttr input, int64_t padding, int64_t reach, int64_t stride) {
  return mod(input + (2 * padding - reach - 1), SizeAttr::constant(input.getContext(), stride)).getConstant();
}

// The spatial dimensions of [N, …, C] cut to these sizes.
static Expr cutTo(Expr x, ArrayRef<SizeAttr> spatial) {
  for (auto [d, size] : llvm::enumerate(spatial))
    x = slice(x, d + 1, x.getBuilder()->size(0), size);
  return x;
}

// The transposed convolution of the output's gradient. Where the remainder is not known, the largest is assumed and the
// result cut.
static Expr inputGradient(Call &c, const Expr &grad, const Expr &input, const Expr &weight, const ConvolutionShape &s) {
  Window window = {ones(s), {}, {}, s.dilation, s.stride};
  for (auto [d, reach] : llvm::enumerate(reachOf(c, weight, s))) {
    window.low.push_back(reach - s.padding[d]);
    int64_t remainder = remainderOf(input.getSize(d + 2), s.padding[d], reach, s.stride[d]).value_or(s.stride[d] - 1);
    window.high.push_back(reach - s.padding[d] + remainder);
  }
  Expr result = convolve(channelsLast(grad), transposedFilter(c, weight, s.groups), window, s.groups);
  if (!result)
    return result;
  return channelsFirst(cutTo(result, ArrayRef<SizeAttr>(input.getSizes()).drop_front(2)));
}

// A convolution over the batch: the input's channels are its batch, the images and groups its channels, the output's
// gradient the filter, and stride and dilation exchange roles.
static Expr weightGradient(Call &c, const Expr &grad, const Expr &input, const Expr &weight,
                           const ConvolutionShape &s) {
  SizeAttr groups = c.size(s.groups);
  Expr images = unflatten(input, 1, {groups, floorDiv(input.getSize(1), groups)});
  // [N, groups, C / groups, …] as [C / groups, …, groups * N].
  images = flatten(moveDim(moveDim(images, 1, -1), 0, -1), -2, -1);
  Window window = {s.dilation, s.padding, {}, s.stride, ones(s)};
  for (auto [d, reach] : llvm::enumerate(reachOf(c, weight, s))) {
    int64_t remainder = remainderOf(input.getSize(d + 2), s.padding[d], reach, s.stride[d]).value_or(0);
    window.high.push_back(s.padding[d] - remainder);
  }
  Expr result = convolve(images, moveDim(grad, 0, -1), window, s.groups);
  if (!result)
    return result;
  // [C / groups, …, O] as [O, C / groups, …].
  return moveDim(cutTo(result, ArrayRef<SizeAttr>(weight.getSizes()).drop_front(2)), -1, 0);
}

static Results gradients(Call &c, const Expr &grad, const Expr &input, const Expr &weight, const ConvolutionShape &s,
                         ArrayRef<bool> mask) {
  if (!checkShape(c, s, input, weight))
    return Expr();
  Results results = {Expr(), Expr(), Expr()};
  if (mask[0] && s.transposed)
    results[0] = channelsFirst(convolve(channelsLast(grad), channelsLast(weight),
                                        {s.stride, s.padding, s.padding, s.dilation, ones(s)}, s.groups));
  else if (mask[0])
    results[0] = inputGradient(c, grad, input, weight, s);
  // Of a transposed convolution the input is what the output of the plain one is.
  if (mask[1])
    results[1] = s.transposed ? weightGradient(c, input, grad, weight, s) : weightGradient(c, grad, input, weight, s);
  if (mask[2])
    results[2] = sum(grad, otherDims(grad, 1));
  return results;
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

static Expr addBias(const Expr &result, const Expr &bias) {
  return bias ? result + alongDim(widen(bias), 1, result.getRank()) : result;
}

// convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups).
static Results convolution(Call &c) {
  Expr input = c.expr(0), weight = c.expr(1);
  size_t spatial = std::max<int64_t>(weight.getRank() - 2, 0);
  ConvolutionShape s = {c.integers(3, spatial),
                        c.integers(4, spatial),
                        c.integers(5, spatial),
                        c.integers(7, spatial, 0),
                        c.flag(6),
                        c.integer(8)};
  return addBias(forward(c, input, weight, s), c.expr(2));
}

// convolution_backward(grad, input, weight, bias_sizes, stride, padding, dilation, transposed, output_padding, groups,
// mask).
static Results convolutionBackward(Call &c) {
  Expr weight = c.expr(2);
  size_t spatial = std::max<int64_t>(weight.getRank() - 2, 0);
  ConvolutionShape s = {c.integers(4, spatial),
                        c.integers(5, spatial),
                        c.integers(6, spatial),
                        c.integers(8, spatial, 0),
                        c.flag(7),
                        c.integer(9)};
  SmallVector<bool> mask = c.flags(10);
  mask.resize(3, true);
  return gradients(c, c.expr(0), c.expr(1), weight, s, mask);
}

// conv2d(input, weight, bias, stride, padding, dilation, groups), of a batch or one image.
static Results convNd(Call &c) {
  Expr input = c.expr(0), weight = c.expr(1);
  size_t spatial = std::max<int64_t>(weight.getRank() - 2, 0);
  ConvolutionShape s = {c.integers(3, spatial, 1), {},    c.integers(5, spatial, 1),
                        Ints(spatial, 0),          false, c.integer(6, 1)};
  StringRef padding = c.string(4);
  bool single = input.getRank() + 1 == weight.getRank();
  if (single)
    input = unsqueeze(input, 0);
  Ints excess(spatial, 0);
  if (padding == "same") {
    // The odd element of the padding comes after: pad for it beforehand.
    for (auto [d, reach] : llvm::enumerate(reachOf(c, weight, s))) {
      s.padding.push_back(reach / 2);
      excess[d] = reach % 2;
    }
  } else {
    s.padding = padding == "valid" ? Ints(spatial, 0) : c.integers(4, spatial, 0);
  }
  if (llvm::any_of(excess, [](int64_t extra) { return extra != 0; }) && input.isTensor()) {
    Sizes low(input.getRank(), c.size(0)), high = low;
    for (auto [d, extra] : llvm::enumerate(excess))
      high[d + 2] = c.size(extra);
    input = pad(input, 0, low, high);
  }
  Expr result = addBias(forward(c, input, weight, s), c.expr(2));
  return single ? squeeze(result, 0) : result;
}

// conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation).
static Results convTransposeNd(Call &c) {
  Expr input = c.expr(0), weight = c.expr(1);
  size_t spatial = std::max<int64_t>(weight.getRank() - 2, 0);
  ConvolutionShape s = {c.integers(3, spatial, 1),
                        c.integers(4, spatial, 0),
                        c.integers(7, spatial, 1),
                        c.integers(5, spatial, 0),
                        true,
                        c.integer(6, 1)};
  bool single = input.getRank() + 1 == weight.getRank();
  Expr result = addBias(forward(c, single ? unsqueeze(input, 0) : input, weight, s), c.expr(2));
  return single ? squeeze(result, 0) : result;
}

void addConvolution(Decompositions &d) {
  d.add({"convolution", "_convolution", "convolution_overrideable", "_convolution.deprecated"}, convolution);
  d.add({"convolution_backward", "convolution_backward_overrideable"}, convolutionBackward);
  d.add({"conv1d.*", "conv2d.*", "conv3d.*"}, convNd);
  d.add({"conv_transpose1d", "conv_transpose2d.input", "conv_transpose3d.input"}, convTransposeNd);
}

} // namespace tc::decompose
