#include "Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

using namespace mlir;
using namespace tc;
using namespace tc::test;

int64_t Tensor::count() const { return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>()); }

static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expr).getValue();
  case AffineExprKind::DimId:
    return dims[cast<AffineDimExpr>(expr).getPosition()];
  case AffineExprKind::SymbolId:
    return symbols[cast<AffineSymbolExpr>(expr).getPosition()];
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = ::evaluate(binary.getLHS(), dims, symbols), b = ::evaluate(binary.getRHS(), dims, symbols);
  int64_t floor = b == 0 ? 0 : (a - ((a % b) + b) % b) / b;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::FloorDiv:
    return floor;
  case AffineExprKind::CeilDiv:
    return floor + (floor * b != a);
  default:
    return a - floor * b;
  }
}

int64_t tc::test::evaluate(SizeAttr size, const Symbols &symbols) {
  SmallVector<int64_t> values;
  for (StringAttr name : size.getSymbols())
    values.push_back(symbols.at(name.str()));
  return ::evaluate(size.getExpr(), {}, values);
}

Scalar tc::test::roundTo(Type type, Scalar value) {
  if (type.isF32())
    value.f = static_cast<float>(value.f);
  else if (auto floating = dyn_cast<FloatType>(type); floating && !type.isF64()) {
    llvm::APFloat number(value.f);
    bool lost;
    number.convert(floating.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
    number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
    value.f = number.convertToDouble();
  } else if (auto integer = dyn_cast<IntegerType>(type)) {
    unsigned width = integer.getWidth();
    if (width == 1)
      value.i &= 1;
    else if (width < 64)
      value.i = static_cast<int64_t>(static_cast<uint64_t>(value.i) << (64 - width)) >> (64 - width);
  }
  return value;
}

namespace {

uint64_t asUnsigned(Type type, int64_t value) {
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return width == 64 ? value : static_cast<uint64_t>(value) & ((uint64_t(1) << width) - 1);
}

class Interpreter {
public:
  Interpreter(const Symbols &symbols) : symbols(symbols) {}

  std::vector<Scalar> run(Block &block, ArrayRef<int64_t> indices) {
    for (auto [argument, index] : llvm::zip(block.getArguments(), indices))
      scalars[argument] = {0, index};
    for (Operation &op : block.without_terminator())
      step(op);
    std::vector<Scalar> results;
    for (Value operand : block.getTerminator()->getOperands())
      results.push_back(scalars[operand]);
    return results;
  }

  std::map<void *, Tensor> tensors;
  Tensor &tensor(Value value) { return tensors[value.getAsOpaquePointer()]; }

private:
  void step(Operation &op) {
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      Block *block = scalars[branch.getCondition()].i ? branch.thenBlock() : branch.elseBlock();
      if (!block)
        return;
      std::vector<Scalar> values = run(*block, {});
      for (auto [result, value] : llvm::zip(op.getResults(), values))
        scalars[result] = value;
      return;
    }
    if (auto read = dyn_cast<loop::ReadOp>(op)) {
      Tensor &source = tensor(read.getSource());
      int64_t address = 0;
      for (auto [index, size] : llvm::zip(read.getIndices(), source.sizes)) {
        int64_t i = scalars[index].i;
        if (i < 0 || i >= size)
          llvm::report_fatal_error("out-of-bounds read in a test");
        address = address * size + i;
      }
      scalars[read.getResult()] = source.data[address];
      return;
    }
    std::vector<Scalar> in;
    for (Value operand : op.getOperands())
      in.push_back(scalars[operand]);
    Scalar out = compute(op, in);
    scalars[op.getResult(0)] = roundTo(op.getResult(0).getType(), out);
  }

  Scalar compute(Operation &op, const std::vector<Scalar> &in) {
    auto f = [&](double value) { return Scalar{value, 0}; };
    auto i = [&](int64_t value) { return Scalar{0, value}; };
    Type type = op.getNumOperands() ? op.getOperand(0).getType() : Type();
    auto u = [&](unsigned n) { return asUnsigned(type, in[n].i); };
    return llvm::TypeSwitch<Operation *, Scalar>(&op)
        .Case([&](arith::ConstantOp c) {
          if (auto value = dyn_cast<FloatAttr>(c.getValue()))
            return f(value.getValueAsDouble());
          return i(cast<IntegerAttr>(c.getValue()).getValue().getSExtValue());
        })
        .Case([&](loop::IndexOp index) {
          SmallVector<int64_t> dims, values;
          for (const Scalar &operand : in)
            dims.push_back(operand.i);
          for (auto name : index.getSymbols().getAsRange<StringAttr>())
            values.push_back(symbols.at(name.str()));
          return i(::evaluate(index.getMap().getResult(0), dims, values));
        })
        .Case([&](arith::AddFOp) { return f(in[0].f + in[1].f); })
        .Case([&](arith::SubFOp) { return f(in[0].f - in[1].f); })
        .Case([&](arith::MulFOp) { return f(in[0].f * in[1].f); })
        .Case([&](arith::DivFOp) { return f(in[0].f / in[1].f); })
        .Case([&](arith::NegFOp) { return f(-in[0].f); })
        .Case([&](arith::MaximumFOp) {
          return f(std::isnan(in[0].f) || std::isnan(in[1].f) ? NAN : std::max(in[0].f, in[1].f));
        })
        .Case([&](math::ExpOp) { return f(std::exp(in[0].f)); })
        .Case([&](math::SqrtOp) { return f(std::sqrt(in[0].f)); })
        .Case([&](math::TanhOp) { return f(std::tanh(in[0].f)); })
        .Case([&](math::ErfOp) { return f(std::erf(in[0].f)); })
        .Case([&](math::AbsFOp) { return f(std::abs(in[0].f)); })
        .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return f(in[0].f); })
        .Case([&](arith::SIToFPOp) { return f(static_cast<double>(in[0].i)); })
        .Case([&](arith::UIToFPOp) { return f(static_cast<double>(u(0))); })
        .Case([&](arith::FPToSIOp) { return i(static_cast<int64_t>(in[0].f)); })
        .Case<arith::IndexCastOp, arith::TruncIOp>([&](auto) { return i(in[0].i); })
        .Case([&](arith::ExtSIOp) { return i(type.isInteger(1) ? -in[0].i : in[0].i); })
        .Case([&](arith::ExtUIOp) { return i(u(0)); })
        .Case([&](arith::AddIOp) { return i(in[0].i + in[1].i); })
        .Case([&](arith::SubIOp) { return i(in[0].i - in[1].i); })
        .Case([&](arith::MulIOp) { return i(in[0].i * in[1].i); })
        .Case([&](arith::AndIOp) { return i(in[0].i & in[1].i); })
        .Case([&](arith::OrIOp) { return i(in[0].i | in[1].i); })
        .Case([&](arith::XOrIOp) { return i(in[0].i ^ in[1].i); })
        .Case([&](arith::MaxSIOp) { return i(std::max(in[0].i, in[1].i)); })
        .Case([&](arith::MinSIOp) { return i(std::min(in[0].i, in[1].i)); })
        .Case([&](arith::SelectOp) { return in[0].i ? in[1] : in[2]; })
        .Case([&](arith::CmpFOp cmp) {
          return i(arith::applyCmpPredicate(cmp.getPredicate(), llvm::APFloat(in[0].f), llvm::APFloat(in[1].f)));
        })
        .Case([&](arith::CmpIOp cmp) {
          return i(arith::applyCmpPredicate(cmp.getPredicate(), llvm::APInt(64, in[0].i, true),
                                            llvm::APInt(64, in[1].i, true)));
        })
        .Default([&](Operation *op) -> Scalar {
          llvm::report_fatal_error("the test interpreter lacks " + Twine(op->getName().getStringRef()));
        });
  }

  const Symbols &symbols;
  DenseMap<Value, Scalar> scalars;
};

} // namespace

static Scalar combine(ReductionKind kind, Type type, Scalar a, Scalar b) {
  auto take = [&](bool first) { return first ? a : b; };
  bool isFloat = isa<FloatType>(type);
  switch (kind) {
  case ReductionKind::sum:
    return {a.f + b.f, a.i + b.i};
  case ReductionKind::prod:
    return {a.f * b.f, a.i * b.i};
  case ReductionKind::max:
    return isFloat ? take(std::isnan(a.f) || a.f > b.f) : take(a.i > b.i);
  case ReductionKind::min:
    return isFloat ? take(std::isnan(a.f) || a.f < b.f) : take(a.i < b.i);
  case ReductionKind::any:
    return {0, a.i | b.i};
  case ReductionKind::all:
    return {0, a.i & b.i};
  case ReductionKind::parity:
    return {0, a.i ^ b.i};
  }
  return a;
}

std::vector<Tensor> tc::test::interpret(fusion::KernelOp kernel, const std::vector<Tensor> &inputs,
                                        const Symbols &symbols) {
  Interpreter interpreter(symbols);
  Block &body = kernel.getBody().front();
  for (auto [argument, input] : llvm::zip(body.getArguments(), inputs))
    interpreter.tensor(argument) = input;
  auto make = [&](Type type) {
    Tensor tensor;
    tensor.element = cast<RankedTensorType>(type).getElementType();
    for (SizeAttr size : getSizes(type))
      tensor.sizes.push_back(evaluate(size, symbols));
    tensor.data.resize(tensor.count());
    return tensor;
  };
  for (Operation &op : body.without_terminator()) {
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      Tensor tensor = make(reshape.getType());
      tensor.data = interpreter.tensor(reshape.getInput()).data;
      interpreter.tensor(reshape.getResult()) = tensor;
      continue;
    }
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      Tensor tensor = make(constant.getType());
      auto splat = cast<SplatElementsAttr>(constant.getValue());
      Scalar value;
      if (isa<FloatType>(tensor.element))
        value.f = splat.getSplatValue<APFloat>().convertToDouble();
      else
        value.i = splat.getSplatValue<APInt>().getSExtValue();
      std::fill(tensor.data.begin(), tensor.data.end(), value);
      interpreter.tensor(constant.getResult()) = tensor;
      continue;
    }
    if (auto sort = dyn_cast<loop::SortOp>(op)) {
      Tensor &input = interpreter.tensor(sort.getInput());
      Tensor values = make(sort.getValues().getType()), indices = make(sort.getIndices().getType());
      int64_t row = input.sizes.back();
      for (int64_t start = 0; start < input.count(); start += row) {
        std::vector<int64_t> order(row);
        std::iota(order.begin(), order.end(), 0);
        bool isFloat = isa<FloatType>(input.element);
        auto less = [&](int64_t a, int64_t b) {
          const Scalar &x = input.data[start + a], &y = input.data[start + b];
          return isFloat ? (std::isnan(y.f) ? !std::isnan(x.f) : x.f < y.f) : x.i < y.i;
        };
        std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
          bool first = sort.getDescending() ? less(b, a) : less(a, b);
          bool second = sort.getDescending() ? less(a, b) : less(b, a);
          return first || (!second && a < b);
        });
        for (int64_t i = 0; i < row; ++i) {
          values.data[start + i] = input.data[start + order[i]];
          indices.data[start + i].i = order[i];
        }
      }
      interpreter.tensor(sort.getValues()) = values;
      interpreter.tensor(sort.getIndices()) = indices;
      continue;
    }
    auto nest = cast<loop::LoopNestOpInterface>(op);
    std::vector<Tensor> results;
    for (Type type : op.getResultTypes())
      results.push_back(make(type));
    SmallVector<ReductionKind> kinds(results.size(), ReductionKind::sum);
    if (auto reduce = dyn_cast<loop::ReduceOp>(op))
      for (auto [i, kind] : llvm::enumerate(reduce.getKinds().getAsRange<ReductionKindAttr>()))
        kinds[i] = kind.getValue();
    if (auto scan = dyn_cast<loop::ScanOp>(op))
      std::fill(kinds.begin(), kinds.end(), scan.getKind());
    if (auto scatter = dyn_cast<loop::ScatterOp>(op))
      results[0] = interpreter.tensor(scatter.getInit());
    if (auto arg = dyn_cast<loop::ArgReduceOp>(op))
      kinds[0] = arg.getKind();
    SmallVector<int64_t> sizes, index;
    int64_t total = 1, kept = 1;
    for (auto [dim, size] : llvm::enumerate(nest.getIterationSizes())) {
      sizes.push_back(evaluate(size, symbols));
      total *= sizes.back();
      if (static_cast<int64_t>(dim) < nest.getNumParallel())
        kept *= sizes.back();
    }
    // Of a reduction of nothing, the identity.
    for (auto [kind, result] : llvm::zip(kinds, results))
      if (isa<loop::ReduceOp>(op) && total == 0)
        for (Scalar &value : result.data)
          value = kind == ReductionKind::prod  ? Scalar{1, 1}
                  : kind == ReductionKind::all ? Scalar{0, 1}
                  : kind == ReductionKind::max ? Scalar{-INFINITY, 0}
                  : kind == ReductionKind::min ? Scalar{INFINITY, 0}
                                               : Scalar{};
    // Sums are kept in double here and rounded at the end: the reference is the better one.
    for (int64_t point = 0; point < total; ++point) {
      index.assign(sizes.size(), 0);
      int64_t rest = point;
      for (int64_t dim = sizes.size() - 1; dim >= 0; --dim) {
        index[dim] = rest % sizes[dim];
        rest /= sizes[dim];
      }
      std::vector<Scalar> values = interpreter.run(*nest.getBodyBlock(), index);
      if (auto scatter = dyn_cast<loop::ScatterOp>(op)) {
        int64_t address = 0;
        for (auto [value, size] : llvm::zip(values, results[0].sizes))
          address = address * size + value.i;
        Scalar &place = results[0].data[address];
        place =
            scatter.getKind() ? combine(*scatter.getKind(), results[0].element, place, values.back()) : values.back();
        continue;
      }
      int64_t inner = kept ? total / kept : 1;
      if (isa<loop::ContractOp>(op)) {
        Scalar &sum = results[0].data[point / inner];
        sum.f += values[0].f * values[1].f;
        sum.i += values[0].i * values[1].i;
        continue;
      }
      for (auto [i, result] : llvm::enumerate(results)) {
        if (isa<loop::MapOp>(op)) {
          result.data[point] = values[i];
          continue;
        }
        if (isa<loop::ScanOp>(op)) {
          result.data[point] =
              index.back() == 0 ? values[i] : combine(kinds[i], result.element, result.data[point - 1], values[i]);
          continue;
        }
        int64_t at = point / inner;
        bool first = point % inner == 0;
        if (isa<loop::ArgReduceOp>(op)) {
          if (i == 1)
            break;
          Scalar &best = results[0].data[at], &where = results[1].data[at];
          bool isFloat = isa<FloatType>(results[0].element);
          double sign = kinds[0] == ReductionKind::max ? 1 : -1;
          bool better = isFloat ? (std::isnan(values[0].f) ? !std::isnan(best.f) : sign * values[0].f > sign * best.f)
                                : (sign > 0 ? values[0].i > best.i : values[0].i < best.i);
          if (first || better) {
            best = values[0];
            where.i = index.back();
          }
          continue;
        }
        result.data[at] = first ? values[i] : combine(kinds[i], result.element, result.data[at], values[i]);
      }
    }
    for (auto [value, result] : llvm::zip(op.getResults(), results)) {
      for (Scalar &scalar : result.data)
        scalar = roundTo(result.element, scalar);
      interpreter.tensor(value) = result;
    }
  }
  std::vector<Tensor> outputs;
  for (Value value : body.getTerminator()->getOperands())
    outputs.push_back(interpreter.tensor(value));
  return outputs;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static int64_t widthOf(Type element) { return std::max(1u, element.getIntOrFloatBitWidth() / 8); }

std::vector<char> tc::test::toBytes(const Tensor &tensor) {
  int64_t width = widthOf(tensor.element);
  std::vector<char> bytes(tensor.data.size() * width);
  for (auto [i, scalar] : llvm::enumerate(tensor.data)) {
    uint64_t bits = scalar.i;
    if (auto floating = dyn_cast<FloatType>(tensor.element)) {
      llvm::APFloat number(scalar.f);
      bool lost;
      number.convert(floating.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
      bits = number.bitcastToAPInt().getZExtValue();
    }
    std::memcpy(&bytes[i * width], &bits, width);
  }
  return bytes;
}

void tc::test::fromBytes(Tensor &tensor, const char *bytes) {
  int64_t width = widthOf(tensor.element);
  for (auto [i, scalar] : llvm::enumerate(tensor.data)) {
    uint64_t bits = 0;
    std::memcpy(&bits, bytes + i * width, width);
    if (auto floating = dyn_cast<FloatType>(tensor.element)) {
      llvm::APFloat number(floating.getFloatSemantics(), llvm::APInt(floating.getWidth(), bits));
      bool lost;
      number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
      scalar = {number.convertToDouble(), 0};
    } else {
      scalar = roundTo(tensor.element, {0, static_cast<int64_t>(bits)});
    }
  }
}
