// Index uses, merged dimensions, and the loop over vectors.

#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

IndexUses tc::cpu::getIndexUses(Frame &frame, loop::LoopNestOpInterface op) {
  Block *body = op.getBodyBlock();
  DenseMap<Value, AffineExpr> known;
  for (BlockArgument argument : body->getArguments())
    known[argument] = frame.getDimExpr(argument.getArgNumber());
  unsigned next = body->getNumArguments();
  auto exprOf = [&](Value index) {
    return getIndexExpr(frame, index, [&](Value leaf) {
      AffineExpr &expr = known[leaf];
      if (!expr)
        expr = frame.getDimExpr(next++);
      return expr;
    });
  };
  IndexUses uses;
  body->walk([&](Operation *inner) {
    if (auto read = dyn_cast<loop::ReadOp>(inner)) {
      AffineExpr address = frame.getConstantExpr(0);
      for (auto [index, stride] : llvm::zip(read.getIndices(), frame.getStrides(getSizes(read.getSource().getType()))))
        address = address + exprOf(index) * stride;
      uses.reads.push_back({read, frame.simplify(address)});
      return;
    }
    bool isExpr = inner->getNumResults() == 1 && inner->getResult(0).getType().isIndex() &&
                  isa<loop::IndexOp, arith::AddIOp, arith::SubIOp, arith::MulIOp>(inner);
    if (isExpr)
      return;
    for (Value operand : inner->getOperands())
      if (operand.getType().isIndex())
        uses.others.push_back(exprOf(operand));
  });
  if (!isa<loop::ScatterOp>(op.getOperation()))
    for (Type type : op->getResultTypes()) {
      AffineExpr address = frame.getConstantExpr(0);
      for (auto [dim, stride] : llvm::enumerate(frame.getStrides(getSizes(type))))
        address = address + frame.getDimExpr(dim) * stride;
      uses.results.push_back(address);
    }
  return uses;
}

std::optional<int64_t> MergedSpace::getConstantSize(unsigned dim) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(sizes[dim]))
    return constant.getValue();
  return std::nullopt;
}

/// Whether every use depends on dimensions `outer` and `inner` only by outer * size + inner.
static bool canMerge(Frame &frame, ArrayRef<IndexUses> uses, unsigned rank, unsigned outer, unsigned inner,
                     AffineExpr size) {
  auto isOne = [&](AffineExpr expr) {
    LinearForm form = getLinearForm(expr, rank);
    return !form.nonLinear[outer] && !form.nonLinear[inner] &&
           frame.simplify(form.coefficients[inner] * size) == frame.simplify(form.coefficients[outer]);
  };
  for (const IndexUses &use : uses) {
    for (const auto &[read, address] : use.reads)
      if (!isOne(address))
        return false;
    if (!llvm::all_of(use.results, isOne))
      return false;
    for (AffineExpr expr : use.others)
      if (expr.isFunctionOfDim(outer) || expr.isFunctionOfDim(inner))
        return false;
  }
  return true;
}

MergedSpace tc::cpu::mergeDims(Frame &frame, ArrayRef<SizeAttr> sizes, unsigned first, unsigned last,
                               ArrayRef<IndexUses> uses, unsigned base, ArrayRef<int64_t> boundaries) {
  MergedSpace space;
  std::optional<unsigned> previous;
  for (unsigned dim = first; dim < last; ++dim) {
    space.arguments.push_back(frame.getConstantExpr(0));
    space.dimOf.push_back(-1);
    if (sizes[dim].getConstant() == 1)
      continue;
    AffineExpr size = frame.getExpr(sizes[dim]);
    bool split = previous && llvm::any_of(boundaries, [&](int64_t boundary) {
                   return static_cast<int64_t>(*previous) < boundary && static_cast<int64_t>(dim) >= boundary;
                 });
    if (previous && !split && canMerge(frame, uses, sizes.size(), *previous, dim, size)) {
      space.arguments[*previous - first] = frame.getConstantExpr(0);
      space.sizes.back() = frame.simplify(space.sizes.back() * size);
    } else {
      space.sizes.push_back(size);
    }
    space.dimOf.back() = base + space.sizes.size() - 1;
    space.arguments.back() = frame.getDimExpr(base + space.sizes.size() - 1);
    previous = dim;
  }
  return space;
}

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
