// Building loop ops and the scalar code in their bodies.

#include "tc/Dialect/Loop/IR/BodyBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

Value BodyBuilder::read(Value tensor, ValueRange indices) {
  SmallVector<Value> used(indices);
  for (auto [index, size] : llvm::zip_equal(used, getSizes(tensor.getType())))
    if (size.getConstant() == 1)
      index = constantIndex(0);
  return ReadOp::create(builder, loc, tensor, used);
}

Value BodyBuilder::readBroadcast(Value tensor, ValueRange indices) {
  return read(tensor, indices.take_back(cast<RankedTensorType>(tensor.getType()).getRank()));
}

Value BodyBuilder::constantIndex(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

Value BodyBuilder::zero(Type scalar) { return arith::ConstantOp::create(builder, loc, builder.getZeroAttr(scalar)); }

Value BodyBuilder::size(SizeAttr size) {
  if (std::optional<int64_t> constant = size.getConstant())
    return constantIndex(*constant);
  return IndexOp::create(builder, loc, size);
}

Value BodyBuilder::index(AffineExpr expr, ValueRange operands, ArrayRef<SizeAttr> sizes) {
  // Replace each symbol by its size's expression over one list of names.
  SmallVector<Attribute> names;
  SmallVector<AffineExpr> replacements;
  for (SizeAttr size : sizes) {
    SmallVector<AffineExpr> inner;
    for (StringAttr name : size.getSymbols()) {
      auto it = llvm::find(names, name);
      inner.push_back(symbol(it - names.begin()));
      if (it == names.end())
        names.push_back(name);
    }
    replacements.push_back(size.getExpr().replaceSymbols(inner));
  }
  expr = simplifyAffineExpr(expr.replaceSymbols(replacements), operands.size(), names.size());
  if (auto dimExpr = dyn_cast<AffineDimExpr>(expr))
    return operands[dimExpr.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constantIndex(constant.getValue());
  return IndexOp::create(builder, loc, AffineMap::get(operands.size(), names.size(), expr), operands,
                         builder.getArrayAttr(names));
}

// One unsigned comparison: a negative index is a huge one.
Value BodyBuilder::inBounds(Value index, SizeAttr extent) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, index, size(extent));
}

Value BodyBuilder::both(Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  return arith::AndIOp::create(builder, loc, a, b);
}

Value BodyBuilder::guarded(Value condition, Type type, function_ref<Value(BodyBuilder &)> then,
                           function_ref<Value(BodyBuilder &)> otherwise) {
  if (!condition)
    return then(*this);
  auto ifOp = scf::IfOp::create(builder, loc, type, condition, /*withElseRegion=*/true);
  auto fill = [&](Region &region, function_ref<Value(BodyBuilder &)> emit) {
    OpBuilder inner = OpBuilder::atBlockEnd(&region.front(), builder.getListener());
    BodyBuilder body(inner, loc);
    scf::YieldOp::create(inner, loc, emit(body));
  };
  fill(ifOp.getThenRegion(), then);
  fill(ifOp.getElseRegion(), otherwise);
  return ifOp.getResult(0);
}

Type loop::getComputeType(Type elementType) {
  if (elementType.isF16() || elementType.isBF16())
    return Float32Type::get(elementType.getContext());
  return getScalarType(elementType);
}

Value BodyBuilder::extend(Value scalar) {
  Type type = getComputeType(scalar.getType());
  return type == scalar.getType() ? scalar : arith::ExtFOp::create(builder, loc, type, scalar).getResult();
}

// The common conversions, without the range checks of float to integer, which tc.cast's scalar form has.
Value BodyBuilder::convert(Value scalar, Type from, Type to) {
  Type target = getScalarType(to);
  if (scalar.getType() == target)
    return scalar;
  bool isUnsigned = from.isUnsignedInteger() || from.isInteger(1);
  if (target.isInteger(1)) {
    if (isa<FloatType>(scalar.getType()))
      return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE, scalar, zero(scalar.getType()));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, scalar, zero(scalar.getType()));
  }
  if (isa<FloatType>(target)) {
    Type compute = getComputeType(target);
    Value value = extend(scalar);
    if (isa<IntegerType>(value.getType()))
      value = isUnsigned ? arith::UIToFPOp::create(builder, loc, compute, value).getResult()
                         : arith::SIToFPOp::create(builder, loc, compute, value).getResult();
    unsigned have = value.getType().getIntOrFloatBitWidth(), want = target.getIntOrFloatBitWidth();
    if (have < want)
      return arith::ExtFOp::create(builder, loc, target, value);
    return have > want ? arith::TruncFOp::create(builder, loc, target, value).getResult() : value;
  }
  if (isa<FloatType>(scalar.getType()))
    return arith::FPToSIOp::create(builder, loc, target, extend(scalar));
  if (scalar.getType().getIntOrFloatBitWidth() > target.getIntOrFloatBitWidth())
    return arith::TruncIOp::create(builder, loc, target, scalar);
  return isUnsigned ? arith::ExtUIOp::create(builder, loc, target, scalar).getResult()
                    : arith::ExtSIOp::create(builder, loc, target, scalar).getResult();
}

void loop::buildBody(OpBuilder &builder, LoopNestOpInterface op, BodyFn body) {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> types(op.getIterationSizes().size(), builder.getIndexType());
  SmallVector<Location> locs(types.size(), op.getLoc());
  Block *block = builder.createBlock(&op->getRegion(0), {}, types, locs);
  BodyBuilder bodyBuilder(builder, op.getLoc());
  SmallVector<Value> yielded = body(bodyBuilder, block->getArguments());
  YieldOp::create(builder, op.getLoc(), yielded);
}

loop::MapOp loop::buildMap(OpBuilder &builder, Location loc, TypeRange results, BodyFn body) {
  auto op = MapOp::create(builder, loc, results, toArrayAttr(builder.getContext(), getSizes(results.front())));
  buildBody(builder, cast<LoopNestOpInterface>(*op), body);
  return op;
}

// The sizes of the space: the results', then the reduced ones.
static ArrayAttr getSpace(OpBuilder &builder, Type result, ArrayRef<SizeAttr> reduced) {
  SmallVector<SizeAttr> sizes = getSizes(result);
  llvm::append_range(sizes, reduced);
  return toArrayAttr(builder.getContext(), sizes);
}

loop::ReduceOp loop::buildReduce(OpBuilder &builder, Location loc, TypeRange results, ArrayRef<ReductionKind> kinds,
                                 ArrayRef<SizeAttr> reduced, BodyFn body) {
  SmallVector<Attribute> kindAttrs;
  for (ReductionKind kind : kinds)
    kindAttrs.push_back(ReductionKindAttr::get(builder.getContext(), kind));
  auto op = loop::ReduceOp::create(builder, loc, results, builder.getArrayAttr(kindAttrs),
                                   getSpace(builder, results.front(), reduced),
                                   cast<RankedTensorType>(results.front()).getRank());
  buildBody(builder, cast<LoopNestOpInterface>(*op), body);
  return op;
}

loop::ContractOp loop::buildContract(OpBuilder &builder, Location loc, Type result, ArrayRef<SizeAttr> reduced,
                                     BodyFn body) {
  auto op = loop::ContractOp::create(builder, loc, result, getSpace(builder, result, reduced),
                                     cast<RankedTensorType>(result).getRank());
  buildBody(builder, cast<LoopNestOpInterface>(*op), body);
  return op;
}
