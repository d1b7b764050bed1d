// tc.random_bits: Philox4x32-10 written out. Each element runs the ten rounds for its own counter, so elements are
// independent and any subset of them can be computed anywhere.

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

namespace {

struct Philox {
  BodyBuilder &body;
  OpBuilder &b;
  Location loc;
  Type i32, i64;

  explicit Philox(BodyBuilder &body)
      : body(body), b(body.builder), loc(body.loc), i32(b.getI32Type()), i64(b.getI64Type()) {}

  Value constant(Type type, int64_t value) { return arith::ConstantOp::create(b, loc, IntegerAttr::get(type, value)); }
  Value low(Value wide) { return arith::TruncIOp::create(b, loc, i32, wide); }
  Value high(Value wide) { return low(arith::ShRUIOp::create(b, loc, wide, constant(i64, 32))); }
  Value exclusiveOr(Value x, Value y) { return arith::XOrIOp::create(b, loc, x, y); }
  Value product(Value x, int64_t factor) {
    return arith::MulIOp::create(b, loc, arith::ExtUIOp::create(b, loc, i64, x), constant(i64, factor));
  }
  Value bump(Value key, uint32_t amount) {
    return arith::AddIOp::create(b, loc, key, constant(i32, static_cast<int32_t>(amount)));
  }

  /// The four words of a counter (its upper 64 bits are zero) under a key.
  std::array<Value, 4> words(Value counter, Value key) {
    Value c0 = low(counter), c1 = high(counter), c2 = constant(i32, 0), c3 = c2;
    Value k0 = low(key), k1 = high(key);
    for (int round = 0; round < 10; ++round) {
      if (round > 0) {
        k0 = bump(k0, 0x9E3779B9u);
        k1 = bump(k1, 0xBB67AE85u);
      }
      Value p0 = product(c0, 0xD2511F53), p1 = product(c2, 0xCD9E8D57);
      Value n0 = exclusiveOr(exclusiveOr(high(p1), c1), k0), n2 = exclusiveOr(exclusiveOr(high(p0), c3), k1);
      c1 = low(p1);
      c3 = low(p0);
      c0 = n0;
      c2 = n2;
    }
    return {c0, c1, c2, c3};
  }
};

struct RandomBitsToMap : OpRewritePattern<RandomBitsOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RandomBitsOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto isScalarI64 = [](Value value) {
      auto tensor = cast<RankedTensorType>(value.getType());
      return tensor.getRank() == 0 && tensor.getElementType().isInteger(64);
    };
    if (!isScalarI64(op.getKey()) || !isScalarI64(op.getOffset()) || !type.getElementType().isInteger(32))
      return rewriter.notifyMatchFailure(op, "expected 0-d i64 key and offset and i32 results");
    SmallVector<SizeAttr> sizes = getSizes(type);
    auto map = buildMap(rewriter, op.getLoc(), type, [&](BodyBuilder &body, ValueRange indices) {
      Philox philox(body);
      OpBuilder &b = body.builder;
      Location loc = body.loc;
      AffineExpr linear = b.getAffineConstantExpr(0);
      for (unsigned d = 0; d < sizes.size(); ++d)
        linear = linear * body.symbol(d) + body.dim(d);
      Value block = arith::IndexCastOp::create(b, loc, philox.i64, body.index(linear.floorDiv(4), indices, sizes));
      Value word = arith::IndexCastOp::create(b, loc, philox.i64, body.index(linear % 4, indices, sizes));
      Value counter = arith::AddIOp::create(b, loc, body.read(op.getOffset(), {}), block);
      std::array<Value, 4> words = philox.words(counter, body.read(op.getKey(), {}));
      Value result = words[3];
      for (int i = 2; i >= 0; --i) {
        Value isThis = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, word, philox.constant(philox.i64, i));
        result = arith::SelectOp::create(b, loc, isThis, words[i], result);
      }
      return SmallVector<Value>{result};
    });
    rewriter.replaceOp(op, map);
    return success();
  }
};

} // namespace

void tc::populateRandomToLoop(RewritePatternSet &patterns) { patterns.add<RandomBitsToMap>(patterns.getContext()); }
