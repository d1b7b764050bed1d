// Special functions: rational and Chebyshev approximations. The Bessel and normal ones, and digamma, have the
// coefficients of the Cephes library (Stephen L. Moshier, BSD), as ATen has; so the results agree to the last bits.

#include "Call.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tc::decompose {

namespace {
constexpr double i0Small[] = {
    -4.4153416464793393795e-18,  3.33079451882223809783e-17, -2.43127984654795469359e-16, 1.71539128555513303061e-15,
    -1.16853328779934516808e-14, 7.67618549860493561688e-14, -4.8564467831119294609e-13,  2.95505266312963983461e-12,
    -1.72682629144155570723e-11, 9.67580903537323691224e-11, -5.18979560163526290666e-10, 2.65982372468238665035e-9,
    -1.30002500998624804212e-8,  6.04699502254191894932e-8,  -2.67079385394061173391e-7,  1.11738753912010371815e-6,
    -4.41673835845875056359e-6,  1.64484480707288970893e-5,  -5.75419501008210370398e-5,  1.88502885095841655729e-4,
    -5.76375574538582365885e-4,  1.63947561694133579842e-3,  -4.3243099950505759443e-3,   1.05464603945949983183e-2,
    -2.37374148058994688156e-2,  4.93052842396707084878e-2,  -9.4901097048047644421e-2,   1.71620901522208775349e-1,
    -3.04682672343198398683e-1,  6.76795274409476084995e-1};
constexpr double i0Large[] = {
    -7.23318048787475395456e-18, -4.83050448594418207126e-18, 4.46562142029675999901e-17,  3.4612228676974610931e-17,
    -2.82762398051658348494e-16, -3.42548561967721913462e-16, 1.7725601330565263836e-15,   3.81168066935262242075e-15,
    -9.5548466988283076487e-15,  -4.15056934728722208663e-14, 1.54008621752140982691e-14,  3.85277838274214270114e-13,
    7.18012445138366623367e-13,  -1.79417853150680611778e-12, -1.32158118404477131188e-11, -3.14991652796324136454e-11,
    1.18891471078464383424e-11,  4.9406023882249695891e-10,   3.39623202570838634515e-9,   2.26666899049817806459e-8,
    2.04891858946906374183e-7,   2.89137052083475648297e-6,   6.88975834691682398426e-5,   3.3691164782556940899e-3,
    8.04490411014108831608e-1};
constexpr double i1Small[] = {
    2.77791411276104639959e-18, -2.11142121435816608115e-17, 1.55363195773620046921e-16, -1.10559694773538630805e-15,
    7.6006842947354069341e-15,  -5.04218550472791168711e-14, 3.22379336594557470981e-13, -1.9839743977649437152e-12,
    1.17361862988909016308e-11, -6.66348972350202774223e-11, 3.62559028155211703701e-10, -1.8872497517228292879e-9,
    9.38153738649577178388e-9,  -4.44505912879632808065e-8,  2.00329475355213526229e-7,  -8.56872026469545474066e-7,
    3.47025130813767847674e-6,  -1.32731636560394358279e-5,  4.78156510755005422638e-5,  -1.61760815825896745588e-4,
    5.12285956168575772895e-4,  -1.51357245063125314899e-3,  4.15642294431288815669e-3,  -1.05640848946261981558e-2,
    2.47264490306265168283e-2,  -5.29459812080949914269e-2,  1.02643658689847095384e-1,  -1.76416518357834055153e-1,
    2.52587186443633654823e-1};
constexpr double i1Large[] = {
    7.51729631084210481353e-18,  4.41434832307170791151e-18,  -4.65030536848935832153e-17, -3.2095259219934239598e-17,
    2.96262899764595013876e-16,  3.30820231092092828324e-16,  -1.88035477551078244854e-15, -3.81440307243700780478e-15,
    1.04202769841288027642e-14,  4.27244001671195135429e-14,  -2.10154184277266431302e-14, -4.08355111109219731823e-13,
    -7.19855177624590851209e-13, 2.03562854414708950722e-12,  1.41258074366137813316e-11,  3.25260358301548823856e-11,
    -1.8974958123505412345e-11,  -5.58974346219658380687e-10, -3.83538038596423702205e-9,  -2.63146884688951950684e-8,
    -2.51223623787020892529e-7,  -3.88256480887769039346e-6,  -1.10588938762623716291e-4,  -9.76109749136146840777e-3,
    7.78576235018280120474e-1};
constexpr double middleP[] = {-5.99633501014107895267e1, 9.80010754185999661536e1, -5.66762857469070293439e1,
                              1.39312609387279679503e1, -1.23916583867381258016};
constexpr double middleQ[] = {1.0,
                              1.95448858338141759834,
                              4.67627912898881538453,
                              8.63602421390890590575e1,
                              -2.25462687854119370527e2,
                              2.00260212380060660359e2,
                              -8.20372256168333339912e1,
                              1.59056225126211695515e1,
                              -1.18331621121330003142};
constexpr double tailP[] = {4.05544892305962419923,     3.15251094599893866154e1,   5.71628192246421288162e1,
                            4.408050738932008347e1,     1.46849561928858024014e1,   2.18663306850790267539,
                            -1.40256079171354495875e-1, -3.50424626827848203418e-2, -8.57456785154685413611e-4};
constexpr double tailQ[] = {1.0,
                            1.57799883256466749731e1,
                            4.53907635128879210584e1,
                            4.1317203825467203044e1,
                            1.50425385692907503408e1,
                            2.50464946208309415979,
                            -1.42182922854787788574e-1,
                            -3.80806407691578277194e-2,
                            -9.33259480895457427372e-4};
constexpr double farP[] = {3.2377489177694603597,     6.91522889068984211695,    3.93881025292474443415,
                           1.33303460815807542389,    2.01485389549179081538e-1, 1.23716634817820021358e-2,
                           3.01581553508235416007e-4, 2.65806974686737550832e-6, 6.2397453918498329373e-9};
constexpr double farQ[] = {1.0,
                           6.02427039364742014255,
                           3.67983563856160859403,
                           1.37702099489081330271,
                           2.1623699359449663589e-1,
                           1.34204006088543189037e-2,
                           3.28014464682127739104e-4,
                           2.89247864745380683936e-6,
                           6.79019408009981274425e-9};
} // namespace

static Expr infinity() { return std::numeric_limits<double>::infinity(); }
static Expr notANumber() { return std::numeric_limits<double>::quiet_NaN(); }

// The highest power first.
static Expr polynomial(const Expr &x, ArrayRef<double> coefficients) {
  Expr result = coefficients.front();
  for (double coefficient : coefficients.drop_front())
    result = result * x + coefficient;
  return result;
}

// Clenshaw's sum of Chebyshev polynomials, the highest first, with half of the last.
static Expr chebyshev(const Expr &x, ArrayRef<double> coefficients) {
  Expr current = coefficients.front(), before = 0.0, last = 0.0;
  for (double coefficient : coefficients.drop_front()) {
    last = before;
    before = current;
    current = x * before - last + coefficient;
  }
  return 0.5 * (current - last);
}

// Logarithms lose digits: single precision is computed in double.
static Expr inDouble(Call &c, size_t i) { return castTo(c.real(i), c.getF64Type()); }

//===----------------------------------------------------------------------===//
// The gamma function and its derivatives
//===----------------------------------------------------------------------===//

// Lanczos' approximation, g = 7; below 1/2 by reflection.
static Results lgammaFunction(Call &c) {
  static constexpr double lanczos[] = {0.99999999999980993,  676.5203681218851,     -1259.1392167224028,
                                       771.32342877765313,   -176.61502916214059,   12.507343278686905,
                                       -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7};
  Expr x = inDouble(c, 0), isLeft = x < 0.5;
  Expr right = select(isLeft, 1.0 - x, x) - 1.0, series = lanczos[0];
  for (int64_t i = 1; i < 9; ++i)
    series = series + lanczos[i] / (right + static_cast<double>(i));
  Expr t = right + 7.5;
  Expr value = 0.5 * std::log(2 * M_PI) + (right + 0.5) * log(t) - t + log(series);
  Expr reflected = std::log(M_PI) - log(abs(sin(M_PI * (x - floor(x))))) - value;
  return select(eq(abs(x), infinity()), infinity(), select(isLeft, reflected, value));
}

static Expr digammaOf(Call &c, size_t i) {
  static constexpr double asymptotic[] = {
      8.33333333333333333333e-2, -2.10927960927960927961e-2, 7.57575757575757575758e-3, -4.16666666666666666667e-3,
      3.96825396825396825397e-3, -8.33333333333333333333e-3, 8.33333333333333333333e-2};
  Expr given = inDouble(c, i), isNegative = given < 0.0, fraction = given - trunc(given);
  Expr x = select(isNegative, 1.0 - given, given), shifted = 0.0;
  for (int i = 0; i < 10; ++i) {
    Expr isSmall = x < 10.0;
    shifted = shifted - select(isSmall, 1.0 / x, 0.0);
    x = select(isSmall, x + 1.0, x);
  }
  Expr z = 1.0 / (x * x);
  Expr value = shifted + log(x) - 0.5 / x - z * polynomial(z, asymptotic);
  Expr reflected = select(eq(fraction, 0.0), notANumber(), value - M_PI / tan(M_PI * fraction));
  return select(eq(given, 0.0), copysign(infinity().as(c, given.getElementType()), -given),
                select(isNegative, reflected, value));
}

static Results digamma(Call &c) { return digammaOf(c, 0); }

static Expr trigamma(const Expr &given) {
  Expr isLeft = given < 0.5, x = select(isLeft, 1.0 - given, given), result = 0.0;
  for (int i = 0; i < 6; ++i) {
    result = result + 1.0 / (x * x);
    x = x + 1.0;
  }
  Expr z = 1.0 / (x * x);
  result = result + (1.0 + 1.0 / (2.0 * x) + z * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42)))) / x;
  Expr sine = sin(M_PI * given);
  return select(isLeft, (M_PI * M_PI) / (sine * sine) - result, result);
}

// polygamma(n, self).
static Results polygamma(Call &c) {
  int64_t n = c.integer(0);
  if (n > 1) {
    c.reject("derivatives of digamma beyond the first");
    return Expr();
  }
  if (n == 1)
    return trigamma(c.real(1));
  return digammaOf(c, 1);
}

//===----------------------------------------------------------------------===//
// The normal distribution
//===----------------------------------------------------------------------===//

// A rational approximation and two steps of Newton's method.
static Results erfinv(Call &c) {
  static constexpr double centralP[] = {-0.140543331, 0.914624893, -1.645349621, 0.886226899};
  static constexpr double centralQ[] = {0.012229801, -0.329097515, 1.442710462, -2.118377725, 1.0};
  static constexpr double outerP[] = {1.641345311, 3.429567803, -1.624906493, -1.970840454};
  static constexpr double outerQ[] = {1.637067800, 3.543889200, 1.0};
  Expr y = c.real(0), size = abs(y), square = y * y;
  Expr central = y * polynomial(square, centralP) / polynomial(square, centralQ);
  Expr z = sqrt(-log((1.0 - size) / 2.0));
  Expr outside = copysign(polynomial(z, outerP), y) / polynomial(z, outerQ);
  Expr x = select(size <= 0.7, central, outside);
  for (int i = 0; i < 2; ++i)
    x = x - (erf(x) - y) / ((2.0 / std::sqrt(M_PI)) * exp(-(x * x)));
  Expr limit = copysign(infinity().as(c, y.getElementType()), y);
  return select(size < 1.0, x, select(eq(size, 1.0), limit, notANumber()));
}

// The argument for which the area under the density is y.
static Results ndtri(Call &c) {
  const double edge = std::exp(-2.0);
  Expr given = c.real(0), isRight = given > 1.0 - edge, y = select(isRight, 1.0 - given, given);
  Expr middle = y - 0.5, square = middle * middle;
  Expr central =
      (middle + middle * (square * polynomial(square, middleP) / polynomial(square, middleQ))) * std::sqrt(2 * M_PI);
  Expr x = sqrt(-2.0 * log(y)), z = 1.0 / x;
  Expr near = z * polynomial(z, tailP) / polynomial(z, tailQ), far = z * polynomial(z, farP) / polynomial(z, farQ);
  Expr outside = x - log(x) / x - select(x < 8.0, near, far);
  Expr value = select(y > edge, central, select(isRight, outside, -outside));
  Expr limit = select(eq(given, 0.0), -infinity(), select(eq(given, 1.0), infinity(), notANumber()));
  return select((given > 0.0) & (given < 1.0), value, limit);
}

//===----------------------------------------------------------------------===//
// Modified Bessel functions of the first kind
//===----------------------------------------------------------------------===//

// exp(-|x|) I0(x).
static Expr scaledI0(const Expr &x) {
  Expr size = abs(x), far = maximum(size, 8.0);
  return select(size <= 8.0, chebyshev(size / 2.0 - 2.0, i0Small), chebyshev(32.0 / far - 2.0, i0Large) / sqrt(far));
}
static Expr scaledI1(const Expr &x) {
  Expr size = abs(x), far = maximum(size, 8.0);
  Expr value = select(size <= 8.0, chebyshev(size / 2.0 - 2.0, i1Small) * size,
                      chebyshev(32.0 / far - 2.0, i1Large) / sqrt(far));
  return select(x < 0.0, -value, value);
}
static Results i0(Call &c) {
  Expr x = c.real(0);
  return exp(abs(x)) * scaledI0(x);
}
static Results i1(Call &c) {
  Expr x = c.real(0);
  return exp(abs(x)) * scaledI1(x);
}
static Results i0e(Call &c) { return scaledI0(c.real(0)); }
static Results i1e(Call &c) { return scaledI1(c.real(0)); }

void addSpecialFunctions(Decompositions &d) {
  d.add({"lgamma", "special_gammaln"}, lgammaFunction);
  d.add({"digamma", "special_digamma", "special_psi"}, digamma);
  d.add({"polygamma", "special_polygamma"}, polygamma);
  d.add({"erfinv", "special_erfinv"}, erfinv);
  d.add("special_ndtri", ndtri);
  d.add({"i0", "special_i0", "special_modified_bessel_i0"}, i0);
  d.add("special_i0e", i0e);
  d.add({"special_i1", "special_modified_bessel_i1"}, i1);
  d.add("special_i1e", i1e);
}

} // namespace tc::decompose
