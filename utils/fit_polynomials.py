#!/usr/bin/env python3
"""Fits the polynomials of lib/Conversion/ExpandMath, and prints them as C++.

Each is near-minimax: a least-squares fit reweighted by its own error until the
error is level (Lawson's iteration). Coefficients are rounded to the format they
are used in one at a time, lowest power first, and the rest fitted again, so
that the rounding of one is made good by the others. Only NumPy is needed:

    python3 utils/fit_polynomials.py [name ...]
"""

import math
import sys

import numpy as np


def lawson(basis, target, weight, steps=60):
    """Coefficients c that minimise max |weight * (basis @ c - target)|."""
    scale = np.abs(basis).max(axis=0)
    lawson_weight = np.ones(len(target))
    best, best_error = None, math.inf
    for _ in range(steps):
        row = (np.sqrt(lawson_weight) * weight)[:, None]
        c = np.linalg.lstsq(basis / scale * row, target * row[:, 0], rcond=None)[0] / scale
        error = np.abs(basis @ c - target) * weight
        if error.max() < best_error:
            best, best_error = c, error.max()
        lawson_weight *= error / error.max() + 1e-4
        lawson_weight /= lawson_weight.mean()
    return best, best_error


def fit(f, lo, hi, powers, weight, number=np.float32, points=1500):
    """Coefficients of sum c_k x^powers[k] ~ f(x) on [lo, hi], rounded to `number`."""
    x = lo + (hi - lo) * (0.5 - 0.5 * np.cos(np.pi * (np.arange(points) + 0.5) / points))
    target = np.array([f(v) for v in x])
    w = np.array([weight(v) for v in x])
    basis = np.stack([x**p for p in powers], axis=1)
    rounded = []
    for k in range(len(powers)):
        c, _ = lawson(basis[:, k:], target, w)
        rounded.append(float(number(c[0])))
        target = target - basis[:, k] * rounded[-1]
    return rounded, float(np.abs(target * w).max())


def atanh_series(f, terms=60):
    s = f / (2 + f)
    return sum(2 * s ** (2 * k + 1) / (2 * k + 1) for k in range(terms))


def log1p_tail(f):
    """(log(1 + f) - f + f^2/2) / f^3, by its series where that cancels."""
    if abs(f) < 0.02:
        return sum((-1) ** k * f**k / (k + 3) for k in range(20))
    return (math.log1p(f) - f + f * f / 2) / f**3


def series_or(x, limit, series, closed):
    return series(x) if abs(x) < limit else closed(x)


def exp_tail(r):
    """(e^r - 1 - r) / r^2."""
    return sum(r**k / math.factorial(k + 2) for k in range(25))


def exp2_tail(r):
    """(2^r - 1) / r."""
    ln2 = math.log(2)
    return sum(ln2 ** (k + 1) * r**k / math.factorial(k + 1) for k in range(25))


def odd_tail(f, coefficient):
    """(f(x) - x) / x^3 as a function of z = x^2, by `coefficient(k)` of z^k for small z."""

    def tail(z):
        if z < 0.05:
            return sum(coefficient(k) * z**k for k in range(12))
        x = math.sqrt(z)
        return (f(x) - x) / (x * z)

    return tail


TAN = [1 / 3, 2 / 15, 17 / 315, 62 / 2835, 1382 / 155925, 21844 / 6081075, 929569 / 638512875,
       6404582 / 10854718875, 443861162 / 1856156927625, 18888466084 / 194896477400625,
       113927491862 / 2900518163668125, 58870668456604 / 3698160658676859375]
TANH = [(-1) ** (k + 1) * t for k, t in enumerate(TAN)]


def asin_coefficient(k):
    n = k + 1
    return math.comb(2 * n, n) / 4**n / (2 * n + 1)


def erf_over_x(z):
    """erf(x)/x in z = x^2."""
    return 2 / math.sqrt(math.pi) * sum((-1) ** k * z**k / math.factorial(k) / (2 * k + 1) for k in range(40))


def erfcx(x):
    """e^(x^2) erfc(x): directly, or by its continued fraction where erfc is tiny."""
    if x < 2.5:
        return math.exp(x * x) * math.erfc(x)
    tail = x
    for k in range(200, 0, -1):
        tail = x + k / 2 / tail
    return 1 / (tail * math.sqrt(math.pi))


def erfc_scaled(t):
    """11/16 (1 + 2x) erfcx(x) at x = 4 (1 + t) / (1 - t): smooth and near 1.

    The factor 11/16 brings the constant coefficient within 1e-9 of a float.
    """
    x = 4 * (1 + t) / (1 - t)
    return 11 / 16 * (1 + 2 * x) * erfcx(x)


def one(_):
    return 1.0


HALF_LN2 = math.log(2) / 2
QUARTER_PI = math.pi / 4
F32, F64 = np.float32, np.float64

FITS = {
    # name: function, from, to, powers, weight that turns its error into a relative one, format
    "exp: (e^r - 1 - r) / r^2": (exp_tail, -HALF_LN2 * 1.01, HALF_LN2 * 1.01, range(5),
                                 lambda r: r * r * math.exp(-r) + 1e-4, F32),
    "expm1: (e^r - 1 - r) / r^2": (exp_tail, -HALF_LN2 * 1.01, HALF_LN2 * 1.01, range(6),
                                 lambda r: abs(r) + 1e-4, F32),
    "exp2: (2^r - 1) / r": (exp2_tail, -0.501, 0.501, range(6), lambda r: abs(r) + 1e-3, F32),
    "log: (log(1+f) - f + f^2/2) / f^3": (log1p_tail, -1 / 3, 1 / 3, range(8),
                                 lambda f: abs(f**3 / atanh_series(f)) if f else 0, F32),
    "logWide: log2(1+f) / f": (lambda f: atanh_series(f) / f / math.log(2), -1 / 3, 1 / 3, range(13), one, F64),
    "sin: (sin x - x) / x^3": (odd_tail(math.sin, lambda k: (-1) ** (k + 1) / math.factorial(2 * k + 3)),
                               0, (QUARTER_PI * 1.01) ** 2, range(3), lambda z: z, F32),
    "cos: (cos x - 1 + x^2/2) / x^4": (lambda z: sum((-1) ** k * z**k / math.factorial(2 * k + 4) for k in range(12)),
                               0, (QUARTER_PI * 1.01) ** 2, range(3), lambda z: z * z, F32),
    "tan: (tan x - x) / x^3": (odd_tail(math.tan, lambda k: TAN[k]), 0, (QUARTER_PI * 1.01) ** 2, range(6),
                               lambda z: z, F32),
    "asin: (asin x - x) / x^3": (odd_tail(math.asin, asin_coefficient), 0, 0.25, range(5), lambda z: z, F32),
    "atan: (atan x - x) / x^3": (odd_tail(math.atan, lambda k: (-1) ** (k + 1) / (2 * k + 3)), 0, 1, range(8),
                                 lambda z: z ** 1.5 / math.atan(math.sqrt(z)) if z else 0, F32),
    "tanh: (tanh x - x) / x^3": (odd_tail(math.tanh, lambda k: TANH[k]), 0, 0.625**2, range(5), lambda z: z, F32),
    "sinh: (sinh x - x) / x^3": (odd_tail(math.sinh, lambda k: 1 / math.factorial(2 * k + 3)), 0, 1, range(4),
                                 lambda z: z, F32),
    "erf, small: erf(x) / x - 1": (lambda z: erf_over_x(z) - 1, 0, 0.875**2, range(7), one, F32),
    "erf, large: log2(1 - erf(x)) / x": (lambda x: math.log2(math.erfc(x)) / x, 0.85, 3.95, range(8),
                                 lambda x: math.erfc(x) * math.log(2) * x, F32),
    "erfc: 11/16 (1 + 2x) e^(x^2) erfc(x)": (erfc_scaled, -0.78, 0.46, range(11), one, F32),
}


def main():
    for name, (f, lo, hi, powers, weight, number) in FITS.items():
        if len(sys.argv) > 1 and name.split(":")[0] not in sys.argv[1:]:
            continue
        c, error = fit(f, lo, hi, list(powers), weight, number)
        print(f"// {name} on [{lo:.4g}, {hi:.4g}]: relative error {error:.2g}")
        print("{" + ", ".join(("%.9ef" if number is F32 else "%.16e") % v for v in reversed(c)) + "}\n")


if __name__ == "__main__":
    main()
