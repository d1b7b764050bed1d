// Reductions and scans across threads: shuffles within a warp, shared memory between warps.

#include "Team.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

static constexpr unsigned warpSize = Target::warpSize;

unsigned Team::getSize() const {
  switch (kind) {
  case Kind::Thread:
    return 1;
  case Kind::Warp:
    return warpSize;
  case Kind::Block:
    return threads;
  case Kind::Column:
    return threads / warpSize;
  }
  llvm_unreachable("unknown kind");
}

void Team::start() {
  AffineExpr thread = frame.leaf(frame.getThread()), block = frame.leaf(frame.getBlock()),
             zero = frame.getConstantExpr(0);
  auto value = [&](AffineExpr expr) { return frame.leaf(frame.emit(expr)); };
  switch (kind) {
  case Kind::Thread:
    row = value(block * threads + thread);
    rank = zero;
    number = thread;
    break;
  case Kind::Warp:
    number = value(thread.floorDiv(warpSize));
    row = value(block * (threads / warpSize) + number);
    rank = value(thread % warpSize);
    break;
  case Kind::Block:
    row = block;
    rank = thread;
    number = zero;
    break;
  case Kind::Column:
    number = value(thread % warpSize);
    row = value(block * warpSize + number);
    rank = value(thread.floorDiv(warpSize));
    break;
  }
}

void Team::sync() {
  if (kind == Kind::Warp)
    frame.syncWarp();
  else if (kind != Kind::Thread)
    frame.barrier();
}

//===----------------------------------------------------------------------===//
// Shuffles
//===----------------------------------------------------------------------===//

Value Team::shuffleWord(Value word, bool up, Value amount) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  // The clamp: the last lane for a butterfly, the first for a shift up.
  return NVVM::ShflOp::create(builder, word.getType(), frame.i32(-1), word, amount, frame.i32(up ? 0 : 31),
                              up ? NVVM::ShflKind::up : NVVM::ShflKind::bfly, UnitAttr());
}

/// Values of any scalar type, as words of 32 bits.
Value Team::shuffle(Value value, bool up, Value amount) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Type type = value.getType(), i32 = builder.getI32Type();
  if (type.isF32() || type.isInteger(32))
    return shuffleWord(value, up, amount);
  if (type.isIndex()) {
    Type integer = frame.hasNarrowIndices() ? i32 : builder.getI64Type();
    Value result = shuffle(arith::IndexCastOp::create(builder, integer, value), up, amount);
    return arith::IndexCastOp::create(builder, type, result);
  }
  unsigned width = type.getIntOrFloatBitWidth();
  Type integer = builder.getIntegerType(width);
  Value bits = isa<FloatType>(type) ? arith::BitcastOp::create(builder, integer, value).getResult() : value;
  if (width < 32) {
    bits = shuffleWord(arith::ExtUIOp::create(builder, i32, bits), up, amount);
    bits = arith::TruncIOp::create(builder, integer, bits);
  } else {
    Value shift = arith::ConstantOp::create(builder, builder.getI64IntegerAttr(32));
    Value low = shuffleWord(arith::TruncIOp::create(builder, i32, bits), up, amount);
    Value high =
        shuffleWord(arith::TruncIOp::create(builder, i32, arith::ShRUIOp::create(builder, bits, shift)), up, amount);
    high = arith::ShLIOp::create(builder, arith::ExtUIOp::create(builder, integer, high), shift);
    bits = arith::OrIOp::create(builder, high, arith::ExtUIOp::create(builder, integer, low));
  }
  return isa<FloatType>(type) ? arith::BitcastOp::create(builder, type, bits).getResult() : bits;
}

Value Team::broadcastLast(Value value) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  // Lane i reads lane 31 as i xor (31 xor i).
  Value lane = frame.toI32(frame.emit(rank));
  Value distance = arith::XOrIOp::create(builder, lane, frame.i32(31));
  return shuffle(value, /*up=*/false, distance);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Team::Values Team::reduceWarp(Values values, unsigned lanes, Combine combine) {
  for (unsigned distance = lanes / 2; distance > 0; distance /= 2) {
    Values others;
    for (Value value : values)
      others.push_back(shuffle(value, /*up=*/false, frame.i32(distance)));
    values = combine(values, others);
  }
  return values;
}

Team::Values Team::reduceValues(Values values, ArrayRef<Value> identities, Combine combine) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  if (kind == Kind::Thread)
    return values;
  if (kind == Kind::Warp)
    return reduceWarp(values, warpSize, combine);

  unsigned warps = threads / warpSize;
  auto toInteger = [&](Value value) -> Value {
    return value.getType().isIndex() ? arith::IndexCastOp::create(builder, builder.getI64Type(), value).getResult()
                                     : value;
  };
  auto elementOf = [&](Value value) { return value.getType().isIndex() ? builder.getI64Type() : value.getType(); };
  auto allocate = [&](int64_t count) {
    return llvm::map_to_vector(values, [&](Value value) {
      Type memory = Frame::getMemoryType(elementOf(value));
      return Storage{frame.allocateShared(count * (memory.getIntOrFloatBitWidth() / 8)), false, 0};
    });
  };
  auto load = [&](const Storage &storage, Value like, AffineExpr offset) -> Value {
    Value value = frame.load(storage, elementOf(like), offset);
    return like.getType().isIndex() ? arith::IndexCastOp::create(builder, like.getType(), value).getResult() : value;
  };
  AffineExpr thread = frame.leaf(frame.getThread());
  if (kind == Kind::Column) {
    // Each lane is a row of its own.
    SmallVector<Storage> storages = allocate(threads);
    for (auto [value, storage] : llvm::zip(values, storages))
      frame.store(storage, elementOf(value), toInteger(value), thread);
    frame.barrier();
    Values total;
    for (unsigned warp = 0; warp < warps; ++warp) {
      Values part;
      for (auto [value, storage] : llvm::zip(values, storages))
        part.push_back(load(storage, value, number + warp * warpSize));
      total = warp == 0 ? part : combine(total, part);
    }
    return total;
  }
  values = reduceWarp(values, warpSize, combine);
  if (warps == 1)
    return values;
  SmallVector<Storage> storages = allocate(warps);
  AffineExpr lane = frame.leaf(frame.emit(thread % warpSize)), warp = frame.leaf(frame.emit(thread.floorDiv(warpSize)));
  Value isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, frame.emit(lane), frame.index(0));
  frame.ifThen(isFirst, [&] {
    for (auto [value, storage] : llvm::zip(values, storages))
      frame.store(storage, elementOf(value), toInteger(value), warp);
  });
  frame.barrier();
  unsigned width = llvm::bit_ceil(warps);
  // Every warp reads all partial results; lanes beyond them read the first.
  AffineExpr source = frame.leaf(frame.emit(lane % width));
  Value inside;
  if (width != warps) {
    inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, frame.emit(source), frame.index(warps));
    source = frame.leaf(arith::SelectOp::create(builder, inside, frame.emit(source), frame.index(0)));
  }
  Values parts;
  for (auto [value, storage, identity] : llvm::zip(values, storages, identities)) {
    Value part = load(storage, value, source);
    parts.push_back(inside ? arith::SelectOp::create(builder, inside, part, identity).getResult() : part);
  }
  return reduceWarp(parts, width, combine);
}

Value Team::reduce(ReductionKind reduction, Type element, Value value) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Value identity = arith::ConstantOp::create(builder, getReductionIdentity(reduction, element));
  return reduceValues({value}, identity, [&](const Values &a, const Values &b) -> Values {
    return {emitCombine(builder, reduction, element, a[0], b[0])};
  })[0];
}

Value Team::reduceLanes(ReductionKind reduction, Type element, Value value, unsigned stride) {
  for (unsigned distance = warpSize / 2; distance >= stride; distance /= 2)
    value =
        emitCombine(frame.getBuilder(), reduction, element, value, shuffle(value, /*up=*/false, frame.i32(distance)));
  return value;
}

IndexedValue Team::reduceExtreme(ReductionKind reduction, Type element, IndexedValue value) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Value identity = arith::ConstantOp::create(builder, getReductionIdentity(reduction, element));
  Value none = frame.index(std::numeric_limits<int32_t>::max());
  Values result =
      reduceValues({value.value, value.index}, {identity, none}, [&](const Values &a, const Values &b) -> Values {
        IndexedValue best = emitCombineExtremes(builder, reduction, element, {a[0], a[1]}, {b[0], b[1]});
        return {best.value, best.index};
      });
  return {result[0], result[1]};
}

Value Team::scan(ReductionKind reduction, Type element, Value value) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Value lane = frame.emit(rank);
  for (unsigned distance = 1; distance < warpSize; distance *= 2) {
    Value before = shuffle(value, /*up=*/true, frame.i32(distance));
    Value has = arith::CmpIOp::create(builder, arith::CmpIPredicate::uge, lane, frame.index(distance));
    value = arith::SelectOp::create(builder, has, emitCombine(builder, reduction, element, before, value), value);
  }
  return value;
}
