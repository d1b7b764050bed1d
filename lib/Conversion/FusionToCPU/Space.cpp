// The loop over vectors.

#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

int64_t tc::cpu::chooseLanes(fusion::KernelOp kernel, const Target &target) {
  int64_t widestFloat = 0, widestInteger = 8;
  auto see = [&](Type type) {
    if (auto floating = dyn_cast<FloatType>(type))
      widestFloat = std::max<int64_t>(widestFloat, floating.getWidth());
    else if (auto integer = dyn_cast<IntegerType>(type))
      widestInteger = std::max<int64_t>(widestInteger, integer.getWidth());
  };
  kernel.getBody().walk([&](Operation *op) {
    if (isa<loop::LoopNestOpInterface>(op))
      return;
    for (Type type : op->getResultTypes())
      see(type);
  });
  // Wider integers beside floats are indices and conversions: they take two registers rather than halve the lanes.
  int64_t width = widestFloat ? std::max<int64_t>(widestFloat, 32) : std::clamp<int64_t>(widestInteger, 16, 64);
  return std::max<int64_t>(2, target.getLanes(width));
}

int64_t tc::cpu::countOps(Operation *op) {
  int64_t count = 0;
  op->walk([&](Operation *inner) {
    // Functions become some 20 instructions each.
    count += inner->getDialect()->getNamespace() == "math" ? 15 : isa<loop::IndexOp, arith::ConstantOp>(inner) ? 0 : 1;
  });
  return count;
}

Value tc::cpu::emitTailMask(Frame &frame, Value iv, Value upper, int64_t lanes) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  // At most the lanes count, so that 32 bits do.
  Value left = arith::MinSIOp::create(builder, frame.sub(upper, iv), frame.index(lanes));
  left = arith::IndexCastOp::create(builder, builder.getI32Type(), left);
  SmallVector<int32_t> numbers(lanes);
  for (auto [i, number] : llvm::enumerate(numbers))
    number = i;
  Value iota = arith::ConstantOp::create(builder, builder.getI32VectorAttr(numbers));
  Value limit = vector::BroadcastOp::create(builder, iota.getType(), left);
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, iota, limit);
}

SmallVector<Value> tc::cpu::emitVectorLoop(Frame &frame, Value lower, Value upper, std::optional<int64_t> length,
                                           int64_t lanes, unsigned unroll, ValueRange state, VectorBody body) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  SmallVector<Value> current(state);
  if (lanes == 1)
    return frame.loop(lower, upper, frame.index(1), current, [&](Value iv, ValueRange carried) {
      SmallVector<Value> next(carried);
      body(iv, {}, 0, next);
      return next;
    });

  auto offset = [&](Value base, int64_t distance) -> Value {
    return distance == 0 ? base : frame.add(base, frame.index(distance));
  };
  auto constantMask = [&](int64_t count) -> Value {
    SmallVector<bool> bits(lanes);
    for (int64_t i = 0; i < count; ++i)
      bits[i] = true;
    return arith::ConstantOp::create(builder, builder.getBoolVectorAttr(bits));
  };

  int64_t step = lanes * unroll;
  // Few enough vectors are written out.
  if (length && *length <= step) {
    for (int64_t done = 0, slot = 0; done < *length; done += lanes, ++slot)
      body(offset(lower, done), *length - done < lanes ? constantMask(*length - done) : Value(), slot, current);
    return current;
  }
  Value mainEnd;
  if (length) {
    mainEnd = offset(lower, *length / step * step);
  } else {
    Value whole = builder.createOrFold<arith::DivUIOp>(frame.sub(upper, lower), frame.index(step));
    mainEnd = frame.add(lower, frame.mul(whole, frame.index(step)));
  }
  current = frame.loop(lower, mainEnd, frame.index(step), current, [&](Value iv, ValueRange carried) {
    SmallVector<Value> next(carried);
    for (unsigned slot = 0; slot < unroll; ++slot)
      body(offset(iv, slot * lanes), {}, slot, next);
    return next;
  });
  if (length) {
    int64_t rest = *length % step;
    // Short remainders are written out if the body is unrolled anyway.
    if (rest == 0)
      return current;
    if (rest <= lanes) {
      body(mainEnd, rest < lanes ? constantMask(rest) : Value(), 0, current);
      return current;
    }
  }
  return frame.loop(mainEnd, upper, frame.index(lanes), current, [&](Value iv, ValueRange carried) {
    SmallVector<Value> next(carried);
    body(iv, emitTailMask(frame, iv, upper, lanes), 0, next);
    return next;
  });
}
