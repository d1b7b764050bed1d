// Up- and downsampling: nearest neighbours are looked up, the interpolating kinds are products with a matrix of
// weights, a dimension at a time, and their gradients products with its transpose.

#include "Call.h"

#include <cmath>

using namespace mlir;

namespace tc::decompose {

static Expr sizeAsFloat(Call &c, SizeAttr size) { return castTo(Expr(size).as(c, c.f32()), c.f32()); }

static Expr quotient(Call &c, SizeAttr a, SizeAttr b) {
  if (a.getConstant() && b.getConstant())
    return static_cast<double>(*a.getConstant()) / static_cast<double>(std::max<int64_t>(*b.getConstant(), 1));
  return sizeAsFloat(c, a) / sizeAsFloat(c, b);
}

// ATen uses a given scale factor as its reciprocal, or else the ratio of the sizes.
static Expr stepOf(Call &c, SizeAttr input, SizeAttr output, bool alignCorners, const Expr &factor) {
  if (alignCorners) {
    if (output.getConstant() == 1)
      return 0.0;
    return quotient(c, input - 1, output - 1);
  }
  if (auto number = factor.getNumber(); number && *number > 0)
    return 1.0 / *number;
  return quotient(c, input, output);
}

// The scale factors of the overloads: .vec has a list, the others one each, or none.
static SmallVector<Expr> factorsOf(Call &c, size_t first, size_t count) {
  SmallVector<Expr> factors(count);
  if (c.isList(first)) {
    SmallVector<Expr> list = c.exprs(first);
    for (size_t d = 0; d < std::min(count, list.size()); ++d)
      factors[d] = list[d];
    return factors;
  }
  for (size_t d = 0; d < count && first + d < c.getNumArgs(); ++d)
    factors[d] = c.expr(first + d);
  return factors;
}

// upsample_nearest2d(self, output_size, scales_h, scales_w), .vec(self, output_size, scale_factors).
template <size_t resized, bool exact> static Results nearest(Call &c) {
  Expr x = c.expr(0);
  Sizes sizes = c.resultSizes();
  if (x.getRank() < static_cast<int64_t>(resized) || sizes.size() != static_cast<size_t>(x.getRank())) {
    c.fail("expected " + Twine(resized) + " spatial dimensions");
    return Expr();
  }
  SmallVector<Expr> factors = factorsOf(c, 2, resized);
  for (size_t d = 0; d < resized; ++d) {
    int64_t dim = x.getRank() - resized + d;
    SizeAttr in = x.getSize(dim), out = sizes[dim];
    auto inSize = in.getConstant(), outSize = out.getConstant();
    Expr source;
    if (inSize && outSize && *inSize > 0 && *outSize % *inSize == 0) {
      source = iota(c, out) / (*outSize / *inSize);
    } else {
      Expr position = castTo(iota(c, out), c.f32());
      if (exact)
        position = position + 0.5;
      source = minimum(castTo(floor(position * stepOf(c, in, out, false, factors[d])), c.i64()), Expr(in - 1));
    }
    x = moveDim(gather(x, source, dim, Range::Known), 0, dim);
  }
  return x;
}

// The matrix [output, input] that sums what nearest neighbours copied.
static Expr nearestMatrix(Call &c, SizeAttr in, SizeAttr out, bool exact, const Expr &factor) {
  Expr position = castTo(iota(c, out), c.f32());
  if (exact)
    position = position + 0.5;
  Expr source = minimum(castTo(floor(position * stepOf(c, in, out, false, factor)), c.i64()), Expr(in - 1));
  return castTo(eq(unsqueeze(source, 1), unsqueeze(iota(c, in), 0)), c.f32());
}

// The hat of width 2 around each output position's place in the input, clamped at the edges.
static Expr linearMatrix(Call &c, SizeAttr in, SizeAttr out, bool alignCorners, const Expr &factor) {
  Expr step = stepOf(c, in, out, alignCorners, factor), i = castTo(iota(c, out), c.f32());
  Expr place = alignCorners ? i * step : maximum((i + 0.5) * step - 0.5, 0.0);
  place = minimum(place, castTo(Expr(in - 1).as(c, c.f32()), c.f32()));
  return maximum(1.0 - abs(unsqueeze(place, 1) - unsqueeze(castTo(iota(c, in), c.f32()), 0)), 0.0);
}

// Keys' cubic with a = -0.75, its four weights added at clamped positions.
static Expr cubicMatrix(Call &c, SizeAttr in, SizeAttr out, bool alignCorners, const Expr &factor) {
  constexpr double a = -0.75;
  Expr step = stepOf(c, in, out, alignCorners, factor), i = castTo(iota(c, out), c.f32());
  Expr place = alignCorners ? i * step : (i + 0.5) * step - 0.5, base = floor(place), t = place - base;
  auto near = [&](const Expr &x) { return ((a + 2) * x - (a + 3)) * x * x + 1.0; };
  auto far = [&](const Expr &x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  Expr weights[] = {far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)}, column = unsqueeze(iota(c, in), 0), matrix;
  for (int64_t tap = 0; tap < 4; ++tap) {
    Expr source = clamp(castTo(base, c.i64()) + (tap - 1), 0, Expr(in - 1));
    Expr part = select(eq(column, unsqueeze(source, 1)), unsqueeze(weights[tap], 1), 0.0);
    matrix = tap == 0 ? part : matrix + part;
  }
  return matrix;
}

using MatrixOf = Expr (*)(Call &, SizeAttr, SizeAttr, bool, const Expr &);

// Linear: two neighbours an output position, looked up and blended.
static Expr blendAlong(Call &c, const Expr &x, int64_t dim, SizeAttr out, bool alignCorners, const Expr &factor) {
  SizeAttr in = x.getSize(dim);
  Expr step = stepOf(c, in, out, alignCorners, factor), i = castTo(iota(c, out), c.f32());
  Expr place = alignCorners ? i * step : maximum((i + 0.5) * step - 0.5, 0.0);
  Expr low = minimum(castTo(floor(place), c.i64()), Expr(in - 1)), high = minimum(low + 1, Expr(in - 1));
  Expr weight = clamp(place - castTo(low, c.f32()), 0.0, 1.0);
  Expr before = gather(x, low, dim, Range::Known), after = gather(x, high, dim, Range::Known);
  Expr w = unsqueezeTo(castTo(weight, x.getElementType()), x.getRank());
  return moveDim(before * (1.0 - w) + after * w, 0, dim);
}

// upsample_bilinear2d(self, output_size, align_corners, scales…), .vec(self, output_size, align_corners,
// scale_factors).
template <size_t resized> static Results linear(Call &c) {
  Expr x = c.wide(0);
  Sizes sizes = c.resultSizes();
  SmallVector<Expr> factors = factorsOf(c, 3, resized);
  for (size_t d = 0; d < resized; ++d) {
    int64_t dim = x.getRank() - resized + d;
    x = blendAlong(c, x, dim, sizes[dim], c.flag(2), factors[d]);
  }
  return x;
}

static Expr multiplyAlong(const Expr &x, const Expr &matrix, int64_t dim) {
  return moveDim(matmul(moveDim(x, dim, -1), castTo(matrix, x.getElementType())), -1, dim);
}

static Results cubic(Call &c) {
  Expr x = c.wide(0);
  Sizes sizes = c.resultSizes();
  SmallVector<Expr> factors = factorsOf(c, 3, 2);
  for (size_t d = 0; d < 2; ++d) {
    int64_t dim = x.getRank() - 2 + d;
    Expr matrix = cubicMatrix(c, x.getSize(dim), sizes[dim], c.flag(2), factors[d]);
    x = multiplyAlong(x, swapDims(matrix, 0, 1), dim);
  }
  return x;
}

// (grad_output, output_size, input_size, align_corners, scales…).
template <size_t resized, MatrixOf matrixOf> static Results interpolateBackward(Call &c) {
  Expr grad = c.wide(0);
  Sizes sizes = c.resultSizes();
  SmallVector<Expr> factors = factorsOf(c, 4, resized);
  for (size_t d = 0; d < resized; ++d) {
    int64_t dim = grad.getRank() - resized + d;
    grad = multiplyAlong(grad, matrixOf(c, sizes[dim], grad.getSize(dim), c.flag(3), factors[d]), dim);
  }
  return grad;
}
// (grad_output, output_size, input_size, scales…). Whole factors are sums of blocks.
template <size_t resized, bool exact> static Results nearestBackward(Call &c) {
  Expr grad = c.wide(0);
  Sizes sizes = c.resultSizes();
  SmallVector<Expr> factors = factorsOf(c, 3, resized);
  for (size_t d = 0; d < resized; ++d) {
    int64_t dim = grad.getRank() - resized + d;
    auto in = sizes[dim].getConstant(), out = grad.getSize(dim).getConstant();
    if (in && out && *in > 0 && *out % *in == 0)
      grad = sum(unflatten(grad, dim, {sizes[dim], c.size(*out / *in)}), dim + 1);
    else
      grad = multiplyAlong(grad, nearestMatrix(c, sizes[dim], grad.getSize(dim), exact, factors[d]), dim);
  }
  return grad;
}

void addResizing(Decompositions &d) {
  d.add("upsample_nearest1d.*", nearest<1, false>);
  d.add("upsample_nearest2d.*", nearest<2, false>);
  d.add("upsample_nearest3d.*", nearest<3, false>);
  d.add("_upsample_nearest_exact1d.*", nearest<1, true>);
  d.add("_upsample_nearest_exact2d.*", nearest<2, true>);
  d.add("_upsample_nearest_exact3d.*", nearest<3, true>);
  d.add("upsample_linear1d.*", linear<1>);
  d.add("upsample_bilinear2d.*", linear<2>);
  d.add("upsample_trilinear3d.*", linear<3>);
  d.add("upsample_bicubic2d.*", cubic);
  d.add("upsample_nearest1d_backward", nearestBackward<1, false>);
  d.add("upsample_nearest2d_backward", nearestBackward<2, false>);
  d.add("upsample_nearest3d_backward", nearestBackward<3, false>);
  d.add("_upsample_nearest_exact1d_backward", nearestBackward<1, true>);
  d.add("_upsample_nearest_exact2d_backward", nearestBackward<2, true>);
  d.add("_upsample_nearest_exact3d_backward", nearestBackward<3, true>);
  d.add("upsample_linear1d_backward", interpolateBackward<1, linearMatrix>);
  d.add("upsample_bilinear2d_backward", interpolateBackward<2, linearMatrix>);
  d.add("upsample_trilinear3d_backward", interpolateBackward<3, linearMatrix>);
  d.add("upsample_bicubic2d_backward", interpolateBackward<2, cubicMatrix>);
}

} // namespace tc::decompose
