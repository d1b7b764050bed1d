// Loads and stores of bodies: contiguous vectors, one element for all lanes, or gathers and scatters.

#include "Body.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// Booleans are bytes in memory. Narrow floats are moved as integers: LLVM would widen them where the target lacks the
/// type.
static Type getMemoryType(Type element) {
  if (element.isInteger(1))
    return IntegerType::get(element.getContext(), 8);
  if (element.isF16() || element.isBF16())
    return IntegerType::get(element.getContext(), 16);
  return element;
}

static int64_t getAlignment(Type memoryType) { return memoryType.getIntOrFloatBitWidth() / 8; }

static Type withElement(Type like, Type element) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(VectorType::get(vector.getShape(), element)) : element;
}

static Value fromMemory(ImplicitLocOpBuilder &builder, Type element, Value value) {
  if (element.isF16() || element.isBF16())
    return arith::BitcastOp::create(builder, withElement(value.getType(), element), value);
  if (!element.isInteger(1))
    return value;
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(value.getType()));
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, value, zero);
}

static Value toMemory(ImplicitLocOpBuilder &builder, Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  Type memoryType = withElement(value.getType(), getMemoryType(element));
  if (element.isF16() || element.isBF16())
    return arith::BitcastOp::create(builder, memoryType, value);
  return element.isInteger(1) ? arith::ExtUIOp::create(builder, memoryType, value).getResult() : value;
}

void BodyEmitter::annotate(LLVM::LoadOp load, const Storage &storage, int64_t alignment) {
  load.setAlignment(alignment);
  if (ArrayAttr scopes = frame.getScopes(storage))
    load.setAliasScopesAttr(scopes);
  if (ArrayAttr others = frame.getNoAliasScopes(storage); !others.empty())
    load.setNoaliasScopesAttr(others);
}

Value BodyEmitter::getMask() {
  if (point.mask)
    return point.mask;
  Value yes = arith::ConstantOp::create(builder, builder.getBoolAttr(true));
  return toVector(yes);
}

Value BodyEmitter::getPointer(const Storage &storage, Type element, Value offset) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  if (offset.getType().isIndex())
    offset = arith::IndexCastOp::create(builder, builder.getI64Type(), offset);
  return LLVM::GEPOp::create(builder, pointer, getMemoryType(element), storage.pointer, ArrayRef<LLVM::GEPArg>{offset});
}

/// One pointer a lane.
Value BodyEmitter::getPointers(const Storage &storage, Type element, const Address &address, AffineExpr stride) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value base = storage.pointer, offsets = address.varying;
  if (stride) {
    // Lane 0's address is a scalar, the others lie at multiples of the stride from it.
    base = getPointer(storage, element, frame.emit(address.offset, point.dims));
    Value lanes = getLaneNumbers(getLaneIndexType());
    if (stride != frame.getConstantExpr(1))
      lanes = arith::MulIOp::create(builder, lanes, toVector(frame.emit(stride)));
    if (stride != frame.getConstantExpr(0) || !offsets)
      offsets = offsets ? arith::AddIOp::create(builder, offsets, lanes).getResult() : lanes;
  } else {
    Value lanes = emitLanes(address.offset, point.dims);
    offsets = offsets ? arith::AddIOp::create(builder, offsets, lanes).getResult() : lanes;
  }
  return LLVM::GEPOp::create(builder, VectorType::get({point.space.lanes}, pointer), getMemoryType(element), base,
                             ArrayRef<LLVM::GEPArg>{offsets});
}

BodyEmitter::Address BodyEmitter::getAddress(const Storage &storage, ValueRange indices, ArrayRef<AffineExpr> strides) {
  Address address{frame.getConstantExpr(0), {}};
  for (auto [dim, index, stride] : llvm::enumerate(indices, strides)) {
    if (static_cast<int64_t>(dim) < storage.skipped)
      continue;
    if (AffineExpr expr = getExpr(index)) {
      address.offset = address.offset + expr * stride;
      continue;
    }
    Value lanes = toVector(get(index));
    if (stride != frame.getConstantExpr(1))
      lanes = arith::MulIOp::create(builder, lanes, toVector(frame.emit(stride)));
    address.varying = address.varying ? arith::AddIOp::create(builder, address.varying, lanes).getResult() : lanes;
  }
  address.offset = frame.simplify(address.offset);
  return address;
}

/// A load that all lanes share, under a mask that may be empty.
Value BodyEmitter::loadGuarded(const Storage &storage, Type memoryType, Value pointer) {
  Value any = vector::ReductionOp::create(builder, vector::CombiningKind::OR, point.mask);
  auto branch = scf::IfOp::create(builder, TypeRange(memoryType), any, /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(branch.thenBlock());
  auto load = LLVM::LoadOp::create(builder, memoryType, pointer);
  annotate(load, storage, getAlignment(memoryType));
  scf::YieldOp::create(builder, load.getResult());
  builder.setInsertionPointToEnd(branch.elseBlock());
  scf::YieldOp::create(builder, arith::ConstantOp::create(builder, builder.getZeroAttr(memoryType)).getResult());
  return branch.getResult(0);
}

Value BodyEmitter::loadFrom(const Storage &storage, Type element, const Address &address) {
  Type memoryType = getMemoryType(element);
  int64_t alignment = getAlignment(memoryType);
  AffineExpr zero = frame.getConstantExpr(0), one = frame.getConstantExpr(1);
  AffineExpr stride = getLaneStride(address.offset, point.space);

  if (!isVector() || (!address.varying && stride == zero)) {
    Value pointer = getPointer(storage, element, frame.emit(address.offset, point.dims));
    if (guarded && point.mask)
      return fromMemory(builder, element, loadGuarded(storage, memoryType, pointer));
    auto load = LLVM::LoadOp::create(builder, memoryType, pointer);
    annotate(load, storage, alignment);
    return fromMemory(builder, element, load);
  }

  VectorType type = getVectorType(memoryType);
  if (!address.varying && stride == one) {
    Value pointer = getPointer(storage, element, frame.emit(address.offset, point.dims));
    if (!point.mask) {
      auto load = LLVM::LoadOp::create(builder, type, pointer);
      annotate(load, storage, alignment);
      return fromMemory(builder, element, load);
    }
    Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
    return fromMemory(builder, element,
                      LLVM::MaskedLoadOp::create(builder, type, pointer, point.mask, zeros,
                                                 builder.getI32IntegerAttr(alignment), UnitAttr()));
  }

  Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
  return fromMemory(builder, element,
                    LLVM::masked_gather::create(builder, type, getPointers(storage, element, address, stride),
                                                getMask(), zeros, builder.getI32IntegerAttr(alignment)));
}

void BodyEmitter::storeTo(const Storage &storage, Value value, const Address &address) {
  Type element = getElementTypeOrSelf(value.getType());
  int64_t alignment = getAlignment(getMemoryType(element));
  AffineExpr one = frame.getConstantExpr(1);
  AffineExpr stride = getLaneStride(address.offset, point.space);

  if (!isVector() || (!address.varying && stride == one)) {
    Value memory = toMemory(builder, toVector(value));
    Value pointer = getPointer(storage, element, frame.emit(address.offset, point.dims));
    if (point.mask) {
      LLVM::MaskedStoreOp::create(builder, memory, pointer, point.mask, builder.getI32IntegerAttr(alignment));
      return;
    }
    auto store = LLVM::StoreOp::create(builder, memory, pointer);
    store.setAlignment(alignment);
    if (ArrayAttr scopes = frame.getScopes(storage))
      store.setAliasScopesAttr(scopes);
    return;
  }
  LLVM::masked_scatter::create(builder, toMemory(builder, toVector(value)),
                               getPointers(storage, element, address, stride), getMask(),
                               builder.getI32IntegerAttr(alignment));
}

Value BodyEmitter::load(const Storage &storage, Type element, AffineExpr offset) {
  return loadFrom(storage, element, {frame.simplify(offset), {}});
}

void BodyEmitter::store(const Storage &storage, Value value, AffineExpr offset) {
  storeTo(storage, value, {frame.simplify(offset), {}});
}

Value BodyEmitter::loadAt(const Storage &storage, Type element, ValueRange indices, ArrayRef<AffineExpr> strides) {
  return loadFrom(storage, element, getAddress(storage, indices, strides));
}

void BodyEmitter::storeAt(const Storage &storage, Value value, ValueRange indices, ArrayRef<AffineExpr> strides) {
  storeTo(storage, value, getAddress(storage, indices, strides));
}

void BodyEmitter::emitRead(loop::ReadOp op) {
  Value root = stripReshapes(op.getSource());
  if (Value element = elements.lookup(root)) {
    values[op.getResult()] = element;
    return;
  }
  if (auto copy = frame.rearrangedReads.find(op); copy != frame.rearrangedReads.end()) {
    SmallVector<Value> indices;
    SmallVector<SizeAttr> sizes = getSizes(op.getSource().getType()), permuted;
    for (unsigned dim : copy->second.order) {
      indices.push_back(op.getIndices()[dim]);
      permuted.push_back(sizes[dim]);
    }
    values[op.getResult()] = loadAt(copy->second.storage, op.getType(), indices, frame.getStrides(permuted));
    return;
  }
  const Storage &storage = frame.storages[root];
  if (storage.kind == Storage::Kind::Splat) {
    values[op.getResult()] = arith::ConstantOp::create(builder, storage.splat);
    return;
  }
  SmallVector<AffineExpr> strides = frame.getStrides(op.getSource());
  values[op.getResult()] = loadAt(storage, op.getType(), op.getIndices(), strides);
}
