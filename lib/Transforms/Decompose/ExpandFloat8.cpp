// 8-bit floats become bytes in ops that move them, formulas where they are converted, and f32 in what computes.

#include "Expr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "tc/Transforms/Decompose/Passes.h"

#include <cmath>

namespace tc {
#define GEN_PASS_DEF_EXPANDFLOAT8PASS
#include "tc/Transforms/Decompose/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;
using namespace tc::decompose;

namespace {

bool isFloat8(Type type) {
  auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type));
  return element && element.getWidth() == 8;
}

bool hasFormulas(Type type) { return isa<Float8E4M3FNType, Float8E5M2Type>(getElementTypeOrSelf(type)); }

Type getByteType(MLIRContext *context) { return IntegerType::get(context, 8, IntegerType::Unsigned); }

constexpr int32_t f32Bits(int32_t exponent) { return exponent << 23; } // of 2^(exponent - 127)

/// Bits of an E5M2 are the high byte of the f16 of the same value.
Expr decodeE5M2(const Expr &bits) {
  ExprBuilder &b = *bits.getBuilder();
  return castTo(bitcast(shl(castTo(bits, b.getIntegerType(16)), 8), b.getF16Type()), b.f32());
}

/// E4M3FN: exponent bias 7, no infinities, and NaN where all bits but the sign are set.
Expr decodeE4M3FN(const Expr &bits) {
  ExprBuilder &b = *bits.getBuilder();
  Type i32 = b.getI32Type();
  Expr wide = castTo(bits, i32), magnitude = wide & 0x7f;
  Expr normal = shl(magnitude, 20) + f32Bits(127 - 7);
  // By a product of integers, which no flushing of f32's subnormals changes.
  Expr subnormal = bitcast(castTo(magnitude, b.f32()) * 0x1p-9, i32);
  Expr decoded = select(magnitude < 8, subnormal, normal);
  decoded = select(eq(magnitude, 0x7f), 0x7fc00000, decoded);
  return bitcast(decoded | shl(wide & 0x80, 24), b.f32());
}

/// How an 8-bit format is made from the bits of an f32's magnitude, to nearest and even, as c10/util/Float8_*.h of
/// PyTorch has it.
struct Format {
  int mantissaBits, bias;
  /// From here on the result is `overflow`, and `nan` beyond f32's infinity.
  int32_t most;
  int64_t overflow, nan;
};

Expr encode(const Expr &x, const Format &format) {
  ExprBuilder &b = *x.getBuilder();
  Type i32 = b.getI32Type();
  int dropped = 23 - format.mantissaBits;
  Expr bits = bitcast(x, i32), sign = bits & std::numeric_limits<int32_t>::min();
  Expr magnitude = bits & 0x7fffffff;
  // Subnormal results: adding a power of two rounds away what has no bit.
  int exponent = 1 - format.bias + dropped;
  Expr subnormal = bitcast(bitcast(magnitude, b.f32()) + std::ldexp(1.0, exponent), i32) - f32Bits(127 + exponent);
  // Normal results: another bias, and half of the last bit, less where the last bit is even.
  Expr isOdd = shr(magnitude, dropped) & 1;
  Expr normal = shr(magnitude - f32Bits(127 - format.bias) + ((1 << (dropped - 1)) - 1) + isOdd, dropped);
  Expr encoded = select(magnitude < f32Bits(127 - format.bias + 1), subnormal, normal);
  Expr special = select(magnitude <= f32Bits(255), full(b, {}, format.overflow, i32), format.nan);
  encoded = select(magnitude < format.most, encoded, special);
  return castTo((encoded | shr(sign, 24)) & 0xff, getByteType(b.getContext()));
}

/// 448 is the largest E4M3FN, which what is beyond becomes; 65536 is beyond every E5M2, and becomes infinity.
constexpr Format e4m3fn{3, 7, 0x43e00000, 0x7e, 0x7f}, e5m2{2, 15, 0x47800000, 0x7c, 0x7f};

class Expansion {
public:
  explicit Expansion(Operation *op) : builder(op) {}

  /// The results in the place of those of `op`; none if it has to stay.
  SmallVector<Value> expand(Operation *op) {
    if (auto constant = dyn_cast<ConstantOp>(op))
      return expandConstant(constant);
    if (auto cast = dyn_cast<CastOp>(op))
      return {convert(cast.getInput(), cast.getType())};
    if (auto bits = dyn_cast<BitcastOp>(op)) {
      Expr input(builder, toBytes(bits.getInput()));
      return {fromBytes(bitcast(input, toByte(getElementTypeOrSelf(bits.getType()))).getValue(), bits.getType())};
    }
    auto scatter = dyn_cast<ScatterOp>(op);
    bool moves =
        isa<TransposeOp, SliceOp, InsertSliceOp, BroadcastOp, GatherOp, ConcatOp, ReverseOp, PadOp, SelectOp>(op) ||
        (scatter && !scatter.getKind());
    Type inside = moves ? getByteType(op->getContext()) : Type(builder.f32());
    return rebuild(op, inside, [&](Value value) {
      return moves ? toBytes(value) : convert(value, withElementType(cast<RankedTensorType>(value.getType()), inside));
    });
  }

private:
  static Type toByte(Type element) { return isFloat8(element) ? getByteType(element.getContext()) : element; }

  Value toBytes(Value value) {
    if (!isFloat8(value.getType()))
      return value;
    RankedTensorType type = withElementType(cast<RankedTensorType>(value.getType()), getByteType(value.getContext()));
    if (auto whole = value.getDefiningOp<ReinterpretOp>(); whole && whole.getInput().getType() == type)
      return whole.getInput();
    return ReinterpretOp::create(builder, builder.loc, type, value);
  }

  Value fromBytes(Value value, Type type) {
    return value.getType() == type ? value : ReinterpretOp::create(builder, builder.loc, type, value).getResult();
  }

  /// tc.cast by formulas; all of them go by f32, as PyTorch's do.
  Value convert(Value value, Type type) {
    Expr x(builder, value);
    Type from = x.getElementType(), to = getElementTypeOrSelf(type);
    if (from == to)
      return value;
    if (isFloat8(from)) {
      Expr bits(builder, toBytes(value));
      x = isa<Float8E5M2Type>(from) ? decodeE5M2(bits) : decodeE4M3FN(bits);
    }
    if (!isFloat8(to))
      return castTo(x, to).getValue();
    return fromBytes(encode(castTo(x, builder.f32()), isa<Float8E5M2Type>(to) ? e5m2 : e4m3fn).getValue(), type);
  }

  SmallVector<Value> expandConstant(ConstantOp op) {
    auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
    if (!dense)
      return {};
    auto bytes = DenseElementsAttr::getFromRawBuffer(
        cast<ShapedType>(withElementType(cast<RankedTensorType>(dense.getType()), getByteType(op.getContext()))),
        dense.getRawData());
    return {fromBytes(ConstantOp::create(builder, op.getLoc(), bytes), op.getType())};
  }

  SmallVector<Value> rebuild(Operation *op, Type inside, function_ref<Value(Value)> enter) {
    IRMapping mapping;
    for (Value operand : op->getOperands())
      if (isFloat8(operand.getType()))
        mapping.map(operand, enter(operand));
    Operation *inner = builder.clone(*op, mapping);
    for (Value result : inner->getResults())
      if (isFloat8(result.getType()))
        result.setType(withElementType(cast<RankedTensorType>(result.getType()), inside));
    SmallVector<Value> results;
    for (auto [result, old] : llvm::zip_equal(inner->getResults(), op->getResults()))
      results.push_back(inside.isF32() ? convert(result, old.getType()) : fromBytes(result, old.getType()));
    return results;
  }

  ExprBuilder builder;
};

struct ExpandFloat8Pass : tc::impl::ExpandFloat8PassBase<ExpandFloat8Pass> {
  void runOnOperation() override {
    SmallVector<Operation *> expanded;
    WalkResult result = getOperation().walk([&](Operation *op) {
      // Views of memory, calls back and items take bytes as they are.
      if (!isa_and_present<TCDialect>(op->getDialect()) || isa<ExternOp, ReinterpretOp, ReshapeOp, ItemOp>(op))
        return WalkResult::advance();
      SmallVector<Type> types(op->getOperandTypes());
      llvm::append_range(types, op->getResultTypes());
      llvm::erase_if(types, [](Type type) { return !isFloat8(type); });
      if (types.empty())
        return WalkResult::advance();
      for (Type type : types)
        if (!hasFormulas(type))
          return op->emitError("element type ") << getElementTypeOrSelf(type) << " is not supported: of 8-bit floats, "
                                                << "f8E4M3FN and f8E5M2 are",
                 WalkResult::interrupt();
      expanded.push_back(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (Operation *op : expanded) {
      SmallVector<Value> results = Expansion(op).expand(op);
      if (results.empty())
        continue;
      op->replaceAllUsesWith(results);
      op->erase();
      ++numExpanded;
    }
  }
};

} // namespace
