// Pooling: largest and average of windows, fixed and adaptive, forward and backward. Windows are channels last, as
// convolutions are.

#include "Call.h"

#include <limits>

using namespace mlir;

namespace tc::decompose {

namespace {
/// One entry a pooled dimension.
struct PoolShape {
  Ints window, stride, padding, dilation;
  size_t rank() const { return window.size(); }
};
/// The lists that tc.window takes, one entry a dimension of a channels-last tensor.
struct WindowLists {
  Ints window, stride, low, high, dilation;
};
} // namespace

// The captured sizes decide how many windows there are (ceil_mode); padding after the end is what they need, at most a
// stride more than the padding before. What a symbolic size has too many is cut off.
static WindowLists listsFor(const Expr &x, const PoolShape &p, ArrayRef<SizeAttr> results) {
  WindowLists lists = {Ints(x.getRank(), 1), Ints(x.getRank(), 1), Ints(x.getRank(), 0), Ints(x.getRank(), 0),
                       Ints(x.getRank(), 1)};
  for (size_t d = 0; d < p.rank(); ++d) {
    int64_t dim = x.getRank() - 1 - p.rank() + d;
    lists.window[dim] = p.window[d];
    lists.stride[dim] = p.stride[d];
    lists.dilation[dim] = p.dilation[d];
    lists.low[dim] = p.padding[d];
    int64_t reach = p.dilation[d] * (p.window[d] - 1) + 1;
    SizeAttr needed = (results[d] - 1) * p.stride[d] + reach - x.getSize(dim) - p.padding[d];
    lists.high[dim] = needed.getConstant().value_or(p.padding[d] + p.stride[d] - 1);
  }
  return lists;
}

static Sizes pooledSizes(const Expr &x, const WindowLists &w) {
  Sizes sizes = x.getSizes();
  for (auto [d, size] : llvm::enumerate(sizes))
    size = floorDiv(size + (w.low[d] + w.high[d] - w.dilation[d] * (w.window[d] - 1) - 1),
                    x.getBuilder()->size(w.stride[d])) +
           1;
  return sizes;
}

static Expr cutPooled(Expr x, size_t pooled, ArrayRef<SizeAttr> results) {
  for (size_t d = 0; d < pooled; ++d)
    x = slice(x, x.getRank() - 1 - pooled + d, x.getBuilder()->size(0), results[d]);
  return x;
}

static bool checkPool(Call &c, const Expr &x, const PoolShape &p) {
  if (!x.isTensor() || x.getRank() < static_cast<int64_t>(p.rank()) + 1) {
    c.fail("pooling needs a channel and " + Twine(p.rank()) + " more dimensions");
    return false;
  }
  for (int64_t value : llvm::concat<const int64_t>(p.window, p.stride, p.dilation))
    if (value < 1) {
      c.fail("windows, strides and dilations of a pool must be positive");
      return false;
    }
  return true;
}

// [N, C, …] or [C, …] with the channel last, and back.
static Expr channelsLast(const Expr &x, size_t pooled) { return moveDim(x, x.getRank() - 1 - pooled, -1); }
static Expr channelsFirst(const Expr &x, size_t pooled) { return moveDim(x, -1, x.getRank() - 1 - pooled); }

static Expr windowReduce(ReductionKind kind, const Expr &input, const PoolShape &p, ArrayRef<SizeAttr> results) {
  Expr x = channelsLast(input, p.rank());
  ExprBuilder &b = *x.getBuilder();
  WindowLists w = listsFor(x, p, results);
  Type element = x.getElementType();
  if (kind == ReductionKind::sum && isReducedFloat(element))
    element = b.f32();
  Expr result(b, WindowOp::create(b, b.loc, getTensorType(pooledSizes(x, w), element), kind, x.getValue(), w.window,
                                  w.stride, w.low, w.high, w.dilation));
  return channelsFirst(cutPooled(result, p.rank(), results), p.rank());
}

static Sizes pooledResult(Call &c, size_t pooled, size_t result = 0) {
  Sizes sizes = c.resultSizes(result);
  return Sizes(ArrayRef<SizeAttr>(sizes).take_back(std::min(pooled, sizes.size())));
}

//===----------------------------------------------------------------------===//
// Largest of a window
//===----------------------------------------------------------------------===//

// (self, kernel_size, stride, padding, dilation, ceil_mode).
static PoolShape maxPoolShape(Call &c, size_t pooled) {
  Ints window = c.integers(1, pooled);
  Ints stride = c.integers(2).empty() ? window : c.integers(2, pooled);
  return {window, stride, c.integers(3, pooled, 0), c.integers(4, pooled, 1)};
}

// The position in the plane, row by row, of element `local` of the window at each place.
static Expr planeIndex(const Expr &local, const Expr &input, const PoolShape &p) {
  ExprBuilder &b = *local.getBuilder();
  Expr rest = local, result;
  int64_t rank = local.getRank();
  SmallVector<Expr> offsets(p.rank());
  for (size_t d = p.rank(); d-- > 0;) {
    offsets[d] = d == 0 ? rest : fmod(rest, p.window[d]);
    if (d > 0)
      rest = rest / p.window[d];
  }
  for (size_t d = 0; d < p.rank(); ++d) {
    int64_t dim = rank - p.rank() + d;
    Expr start = iota(b, local.getSizes(), dim) * p.stride[d] - p.padding[d];
    Expr place = start + offsets[d] * p.dilation[d];
    result = d == 0 ? place : result * Expr(input.getSize(dim)) + place;
  }
  return result;
}

// The values and, if they are used, the indices in the plane.
static Results maxPoolOf(Call &c, const Expr &x, const PoolShape &p) {
  size_t pooled = p.rank();
  Sizes results = pooledResult(c, pooled);
  if (!c.isUsed(1)) {
    Expr value = windowReduce(ReductionKind::max, x, p, results);
    if (c.getNumResults() == 1)
      return value;
    return {value, Expr()};
  }
  Expr last = channelsLast(x, pooled);
  WindowLists w = listsFor(last, p, results);
  Sizes sizes = pooledSizes(last, w);
  auto op = ArgWindowOp::create(c, c.loc, getTensorType(sizes, x.getElementType()), getTensorType(sizes, c.i64()),
                                ReductionKind::max, last.getValue(), w.window, w.stride, w.low, w.high, w.dilation);
  Expr value = channelsFirst(cutPooled(Expr(c, op.getValue()), pooled, results), pooled);
  Expr local = channelsFirst(cutPooled(Expr(c, op.getIndex()), pooled, results), pooled);
  return {value, planeIndex(local, x, p)};
}

template <size_t pooled> static Results maxPoolWithIndices(Call &c) {
  Expr x = c.expr(0);
  PoolShape p = maxPoolShape(c, pooled);
  return checkPool(c, x, p) ? maxPoolOf(c, x, p) : Results(Expr());
}

template <size_t pooled> static Results maxPool(Call &c) {
  Expr x = c.expr(0);
  PoolShape p = maxPoolShape(c, pooled);
  return checkPool(c, x, p) ? windowReduce(ReductionKind::max, x, p, pooledResult(c, pooled)) : Expr();
}

// Adds gradients to the positions in the plane that they point to.
static Expr scatterToPlane(Call &c, const Expr &grad, const Expr &indices, ArrayRef<SizeAttr> sizes, size_t pooled) {
  Expr updates = flatten(widen(grad), -static_cast<int64_t>(pooled)),
       index = flatten(indices, -static_cast<int64_t>(pooled));
  Sizes flat(sizes.drop_back(pooled));
  flat.push_back(product(c.getContext(), sizes.take_back(pooled)));
  Expr zeros = full(c, flat, 0.0, updates.getElementType());
  return reshape(scatter(zeros, alongIndices(index, index.getRank() - 1), updates, allDims(zeros), ReductionKind::sum),
                 sizes);
}

// max_pool2d_with_indices_backward(grad, self, kernel_size, stride, padding, dilation, ceil_mode, indices): an element
// takes the gradients of those windows around it that point to it. They are few, so each is looked up rather than
// scattered.
template <size_t pooled> static Results maxPoolBackward(Call &c) {
  Expr grad = c.expr(0), x = c.expr(1), indices = c.expr(7);
  Ints window = c.integers(2, pooled), stride = c.integers(3).empty() ? window : c.integers(3, pooled);
  PoolShape p = {window, stride, c.integers(4, pooled, 0), c.integers(5, pooled, 1)};
  if (!checkPool(c, x, p))
    return Expr();
  Sizes sizes = x.getSizes();
  int64_t rank = sizes.size(), first = rank - pooled;
  // The windows over position i of dimension d are the last one that starts at or before it and those within reach
  // before.
  Ints counts, steps(pooled, 0);
  int64_t total = 1;
  for (size_t d = 0; d < pooled; ++d) {
    int64_t reach = p.dilation[d] * (p.window[d] - 1) + 1;
    counts.push_back((reach + p.stride[d] - 1) / p.stride[d]);
    total *= counts.back();
  }
  if (total > 16)
    return scatterToPlane(c, grad, indices, sizes, pooled);
  SmallVector<Expr> lasts;
  Expr place;
  for (size_t d = 0; d < pooled; ++d) {
    Expr position = alongDim(iota(c, sizes[first + d]), d, pooled);
    lasts.push_back((position + p.padding[d]) / p.stride[d]);
    place = d == 0 ? position : place * Expr(sizes[first + d]) + position;
  }
  Expr result;
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(first, rank));
  for (int64_t n = 0; n < total; ++n) {
    SmallVector<Expr> at;
    Expr inside;
    for (size_t d = 0, rest = n; d < pooled; rest /= counts[d], ++d) {
      Expr window = lasts[d] - static_cast<int64_t>(rest % counts[d]), limit = Expr(grad.getSize(first + d)) - 1;
      Expr valid = (window >= 0) & (window <= limit);
      inside = d == 0 ? valid : inside & valid;
      at.push_back(clamp(window, 0, limit));
    }
    // The looked-up dimensions come before those of batch and channel.
    Expr pointed = gather(indices, at, dims, Range::Known), value = gather(widen(grad), at, dims, Range::Known);
    Expr wanted = unsqueezeTo(inside, rank) & eq(pointed, unsqueezeTo(castTo(place, c.i64()), rank));
    Expr part = select(wanted, value, 0.0);
    result = n == 0 ? part : result + part;
  }
  for (size_t d = 0; d < pooled; ++d)
    result = moveDim(result, 0, -1);
  return result;
}

// max_unpool2d(self, indices, output_size): of several values at one place the last stays.
static Results maxUnpool(Call &c) {
  Expr x = c.expr(0), index = c.expr(1);
  Sizes sizes = c.resultSizes();
  size_t pooled = c.getPacket() == "max_unpool3d" ? 3 : 2;
  if (x.getRank() <= static_cast<int64_t>(pooled)) {
    c.fail("unpooling needs a channel");
    return Expr();
  }
  x = flatten(x, -static_cast<int64_t>(pooled));
  index = flatten(index, -static_cast<int64_t>(pooled));
  Sizes flat(ArrayRef<SizeAttr>(sizes).drop_back(pooled));
  flat.push_back(product(c.getContext(), ArrayRef<SizeAttr>(sizes).take_back(pooled)));
  Expr zeros = full(c, flat, 0, c.element());
  return reshape(scatter(zeros, alongIndices(index, index.getRank() - 1), x, allDims(zeros)), sizes);
}

// Window i of n over size s is [floor(i s / n), ceil((i + 1) s / n)).
static std::pair<Expr, Expr> adaptiveWindow(Call &c, SizeAttr input, SizeAttr result) {
  Expr i = iota(c, result);
  return {(i * Expr(input)) / Expr(result), ((i + 1) * Expr(input) + (Expr(result) - 1)) / Expr(result)};
}

// Windows of several sizes: each is gathered in the size of the longest, its last elements repeated.
static Results unevenMaxPool(Call &c, const Expr &x, ArrayRef<SizeAttr> results) {
  int64_t pooled = results.size(), lead = x.getRank() - pooled, rank = x.getRank();
  SmallVector<Expr> starts, ends;
  Ints lengths;
  for (auto [d, result] : llvm::enumerate(results)) {
    SizeAttr size = x.getSize(lead + d);
    int64_t in = *size.getConstant(), out = *result.getConstant(), longest = 1;
    for (int64_t i = 0; i < out; ++i)
      longest = std::max(longest, ((i + 1) * in + out - 1) / out - i * in / out);
    lengths.push_back(longest);
    auto [start, end] = adaptiveWindow(c, size, result);
    starts.push_back(start);
    ends.push_back(end);
  }
  // The position in the plane of the window's element `offsets`; starts and ends are along the dimensions from `first`.
  auto planePosition = [&](ArrayRef<Expr> offsets, int64_t rank) {
    Expr position;
    for (int64_t d = 0; d < pooled; ++d) {
      Expr place = minimum(alongDim(starts[d], d, rank) + offsets[d], alongDim(ends[d], d, rank) - 1);
      position = d == 0 ? place : position * Expr(x.getSize(lead + d)) + place;
    }
    return position;
  };
  SmallVector<Expr> offsets;
  for (int64_t d = 0; d < pooled; ++d)
    offsets.push_back(alongDim(iota(c, c.size(lengths[d])), pooled + d, 2 * pooled));
  Expr windows = flatten(planePosition(offsets, 2 * pooled), pooled, -1);
  // [results…, window, lead…]
  Expr gathered = gather(flatten(x, lead, -1), windows, lead, Range::Known);
  auto [value, local] = argReduce(ReductionKind::max, gathered, pooled);
  Expr rest = local;
  for (int64_t d = pooled; d-- > 0;) {
    offsets[d] = d == 0 ? rest : fmod(rest, lengths[d]);
    if (d > 0)
      rest = rest / lengths[d];
  }
  Ints leadFirst;
  for (int64_t d : llvm::seq<int64_t>(0, rank))
    leadFirst.push_back(d < lead ? pooled + d : d - lead);
  return {transpose(value, leadFirst), transpose(planePosition(offsets, rank), leadFirst)};
}

// Windows of one size are those of a plain pool.
template <size_t pooled> static Results adaptiveMaxPool(Call &c) {
  Expr x = c.expr(0);
  PoolShape p = {Ints(pooled, 1), Ints(pooled, 1), Ints(pooled, 0), Ints(pooled, 1)};
  if (!checkPool(c, x, p))
    return Expr();
  if (!isFloat(x))
    c.reject("a pool of integers");
  Sizes results = pooledResult(c, pooled);
  bool isEven = true;
  for (size_t d = 0; d < pooled; ++d) {
    auto in = x.getSize(x.getRank() - pooled + d).getConstant(), out = results[d].getConstant();
    if (!in || !out || *out <= 0 || *in <= 0) {
      c.reject("sizes that are only known at run time");
      return Expr();
    }
    isEven &= *in % *out == 0;
    p.window[d] = p.stride[d] = std::max<int64_t>(*in / *out, 1);
  }
  return isEven ? maxPoolOf(c, x, p) : unevenMaxPool(c, x, results);
}

static Results adaptiveMaxPoolBackward(Call &c) {
  Sizes sizes = c.resultSizes();
  return scatterToPlane(c, c.expr(0), c.expr(2), sizes, c.getPacket().contains("3d") ? 3 : 2);
}

//===----------------------------------------------------------------------===//
// Average of a window
//===----------------------------------------------------------------------===//

// How many elements the windows along one dimension cover; with padding, of the padded input.
static Expr coverage(Call &c, SizeAttr input, SizeAttr result, int64_t window, int64_t stride, int64_t padding,
                     bool countPad) {
  Expr start = iota(c, result) * stride - padding, end = start + window;
  if (countPad)
    return minimum(end, Expr(input + padding)) - start;
  return minimum(end, Expr(input)) - maximum(start, 0);
}

// What each window's sum is divided by, as a tensor over the pooled dimensions, or a number if all are alike.
static Expr divisorOf(Call &c, ArrayRef<SizeAttr> input, ArrayRef<SizeAttr> results, const PoolShape &p,
                      bool countPad) {
  Expr divisor = 1;
  bool first = true;
  int64_t uniform = 1;
  for (size_t d = 0; d < p.rank(); ++d) {
    SizeAttr reached = (results[d] - 1) * p.stride[d] + p.window[d] - (countPad ? 2 : 1) * p.padding[d] - input[d];
    auto excess = reached.getConstant();
    bool isWhole = (countPad || p.padding[d] == 0) && excess && *excess <= 0;
    if (isWhole) {
      uniform *= p.window[d];
      continue;
    }
    Expr counts = castTo(coverage(c, input[d], results[d], p.window[d], p.stride[d], p.padding[d], countPad), c.f32());
    counts = alongDim(counts, d, p.rank());
    divisor = first ? counts : divisor * counts;
    first = false;
  }
  return uniform == 1 && !first ? divisor : divisor * static_cast<double>(uniform);
}

// avg_pool2d(self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override).
template <size_t pooled> static Results averagePool(Call &c) {
  Expr x = c.wide(0);
  Ints window = c.integers(1, pooled), stride = c.integers(2).empty() ? window : c.integers(2, pooled);
  PoolShape p = {window, stride, c.integers(3, pooled, 0), Ints(pooled, 1)};
  if (!checkPool(c, x, p))
    return Expr();
  Sizes results = pooledResult(c, pooled), sizes = x.getSizes();
  Expr divisor = c.getNumArgs() > 6 && !c.isNone(6)
                     ? c.expr(6)
                     : divisorOf(c, ArrayRef<SizeAttr>(sizes).take_back(pooled), results, p, c.flag(5, true));
  return windowReduce(ReductionKind::sum, x, p, results) / divisor;
}

// avg_pool2d_backward(grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override): as a
// product with the matrix of which window covers which element, a dimension at a time.
template <size_t pooled> static Results averagePoolBackward(Call &c) {
  Expr grad = c.wide(0), x = c.expr(1);
  Ints window = c.integers(2, pooled), stride = c.integers(3).empty() ? window : c.integers(3, pooled);
  PoolShape p = {window, stride, c.integers(4, pooled, 0), Ints(pooled, 1)};
  if (!checkPool(c, x, p))
    return Expr();
  Sizes sizes = x.getSizes(), gradSizes = grad.getSizes();
  int64_t rank = sizes.size();
  Expr divisor = !c.isNone(7) ? c.expr(7)
                              : divisorOf(c, ArrayRef<SizeAttr>(sizes).take_back(pooled),
                                          ArrayRef<SizeAttr>(gradSizes).take_back(pooled), p, c.flag(6, true));
  Expr result = grad / divisor;
  for (size_t d = 0; d < pooled; ++d) {
    int64_t dim = rank - pooled + d;
    Expr start = unsqueeze(iota(c, gradSizes[dim]) * p.stride[d] - p.padding[d], 1),
         element = unsqueeze(iota(c, sizes[dim]), 0);
    Expr covers = castTo((element >= start) & (element < start + p.window[d]), result.getElementType());
    result = moveDim(matmul(moveDim(result, dim, -1), covers), -1, dim);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Adaptive pooling: window i of n over size s is [floor(i s / n), ceil((i + 1) s / n))
//===----------------------------------------------------------------------===//

// The averaging matrix [result, input] of one dimension.
static Expr adaptiveMatrix(Call &c, SizeAttr input, SizeAttr result, Type element) {
  auto [start, end] = adaptiveWindow(c, input, result);
  Expr position = unsqueeze(iota(c, input), 0);
  Expr inside = (position >= unsqueeze(start, 1)) & (position < unsqueeze(end, 1));
  return castTo(inside, element) / unsqueeze(castTo(end - start, element), 1);
}

// Sizes of which one divides the other are a plain pool, and one window is a mean.
template <size_t pooled> static Results adaptiveAveragePool(Call &c) {
  Expr x = c.wide(0);
  if (!isFloat(x))
    c.reject("averages of integers");
  PoolShape p = {Ints(pooled, 1), Ints(pooled, 1), Ints(pooled, 0), Ints(pooled, 1)};
  if (!checkPool(c, x, p))
    return Expr();
  Sizes results = pooledResult(c, pooled), sizes = x.getSizes();
  int64_t first = x.getRank() - pooled;
  Ints whole;
  bool isPlain = true;
  for (size_t d = 0; d < pooled; ++d) {
    if (results[d].getConstant() == 1)
      whole.push_back(first + d);
    auto in = sizes[first + d].getConstant(), out = results[d].getConstant();
    isPlain &= in && out && *out > 0 && *in % *out == 0 && *in > 0;
    if (isPlain)
      p.window[d] = p.stride[d] = *in / *out;
  }
  if (whole.size() == pooled)
    return mean(x, whole, true);
  if (isPlain) {
    int64_t count = llvm::product_of(p.window);
    return windowReduce(ReductionKind::sum, x, p, results) / count;
  }
  Expr result = x;
  for (size_t d = 0; d < pooled; ++d) {
    Expr matrix = adaptiveMatrix(c, sizes[first + d], results[d], x.getElementType());
    result = moveDim(matmul(moveDim(result, first + d, -1), swapDims(matrix, 0, 1)), -1, first + d);
  }
  return result;
}

// _adaptive_avg_pool2d_backward(grad, self).
template <size_t pooled> static Results adaptiveAveragePoolBackward(Call &c) {
  Expr result = c.wide(0), x = c.expr(1);
  int64_t first = x.getRank() - pooled;
  for (size_t d = 0; d < pooled; ++d) {
    int64_t dim = first + d;
    Expr matrix = adaptiveMatrix(c, x.getSize(dim), result.getSize(dim), result.getElementType());
    if (result.getSize(dim).getConstant() == 1)
      result = result / Expr(x.getSize(dim));
    else
      result = moveDim(matmul(moveDim(result, dim, -1), matrix), -1, dim);
  }
  return result;
}

void addPooling(Decompositions &d) {
  d.add("max_pool1d_with_indices", maxPoolWithIndices<1>);
  d.add("max_pool2d_with_indices", maxPoolWithIndices<2>);
  d.add("max_pool3d_with_indices", maxPoolWithIndices<3>);
  d.add("max_pool1d", maxPool<1>);
  d.add("max_pool2d", maxPool<2>);
  d.add("max_pool3d", maxPool<3>);
  d.add("max_pool2d_with_indices_backward", maxPoolBackward<2>);
  d.add("max_pool3d_with_indices_backward", maxPoolBackward<3>);
  d.add({"max_unpool2d", "max_unpool3d"}, maxUnpool);
  d.add("adaptive_max_pool2d", adaptiveMaxPool<2>);
  d.add("adaptive_max_pool3d", adaptiveMaxPool<3>);
  d.add({"adaptive_max_pool2d_backward", "adaptive_max_pool3d_backward"}, adaptiveMaxPoolBackward);
  d.add("avg_pool1d", averagePool<1>);
  d.add("avg_pool2d", averagePool<2>);
  d.add("avg_pool3d", averagePool<3>);
  d.add("avg_pool2d_backward", averagePoolBackward<2>);
  d.add("avg_pool3d_backward", averagePoolBackward<3>);
  d.add("adaptive_avg_pool1d", adaptiveAveragePool<1>);
  d.add({"adaptive_avg_pool2d", "_adaptive_avg_pool2d"}, adaptiveAveragePool<2>);
  d.add({"adaptive_avg_pool3d", "_adaptive_avg_pool3d"}, adaptiveAveragePool<3>);
  d.add("_adaptive_avg_pool2d_backward", adaptiveAveragePoolBackward<2>);
  d.add("_adaptive_avg_pool3d_backward", adaptiveAveragePoolBackward<3>);
}

} // namespace tc::decompose
