// Scans and sorts of rows, along the last dimension.

#include "Row.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// What is carried along a row: sums and products of f32 in f64, as eager mode does, or errors would grow with the row.
static Type getCarriedType(ReductionKind kind, Type element) {
  bool isRounded = kind == ReductionKind::sum || kind == ReductionKind::prod;
  return isRounded && element.isF32() ? Type(Float64Type::get(element.getContext())) : element;
}

/// Running combination within a vector: log2(lanes) steps, each of which combines with the value 2^k lanes before.
static Value scanLanes(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Value vector, Value identity) {
  int64_t lanes = cast<VectorType>(vector.getType()).getDimSize(0);
  for (int64_t distance = 1; distance < lanes; distance *= 2) {
    SmallVector<int64_t> picks;
    for (int64_t lane = 0; lane < lanes; ++lane)
      picks.push_back(lane < distance ? lane : lanes + lane - distance);
    Value shifted = vector::ShuffleOp::create(builder, identity, vector, picks);
    vector = emitCombine(builder, kind, element, shifted, vector);
  }
  return vector;
}

void RowLowering::emitScan(Group &group, const Point &row) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  auto scan = cast<loop::ScanOp>(group.ops.front());
  IndexUses &uses = group.uses.front();
  unsigned base = rows.sizes.size();
  MergedSpace inner = mergeInner(group);
  SmallVector<AffineExpr> arguments = rows.arguments;
  llvm::append_range(arguments, inner.arguments);
  // The last dimension is the one scanned, by vectors of its elements; or, of a chunk, elements one after the other and
  // vectors of the chunk's.
  int64_t last = inner.dimOf.back() - static_cast<int64_t>(base);
  Point start = row;
  start.dims.resize(base + inner.sizes.size());
  ReductionKind kind = scan.getKind();
  SmallVector<Type> elements;
  for (Type type : scan.getResultTypes())
    elements.push_back(getElementTypeOrSelf(type));
  bool vectors = !chunked && last >= 0;

  auto constant = [&](Type element, int64_t count) -> Value {
    TypedAttr identity = getReductionIdentity(kind, element);
    if (count > 1)
      identity = DenseElementsAttr::get(VectorType::get({count}, identity.getType()), Attribute(identity));
    return arith::ConstantOp::create(builder, identity);
  };
  auto convert = [&](Value value, Type element) -> Value {
    Type from = getElementTypeOrSelf(value.getType()), to = loop::getScalarType(element);
    if (from == to)
      return value;
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      to = VectorType::get(vector.getShape(), to);
    if (element.isF64())
      return arith::ExtFOp::create(builder, to, value);
    return arith::TruncFOp::create(builder, to, value);
  };
  /// One point, or one vector of them; updates what is carried.
  auto emitPoint = [&](const Point &point, SmallVectorImpl<Value> &carried) {
    BodyEmitter emitter(frame, point, rowElements);
    SmallVector<Value> values = emitter.emit(*scan.getBodyBlock(), arguments);
    for (auto [i, value, element] : llvm::enumerate(values, elements)) {
      Value result = emitter.toVector(value);
      Type wide = getCarriedType(kind, element);
      if (vectors) {
        result = scanLanes(builder, kind, wide, convert(result, wide), constant(wide, lanes));
        // What is carried on waits for what was carried, and for nothing else that is slow.
        Value last = vector::ExtractOp::create(builder, result, lanes - 1);
        Value before = vector::BroadcastOp::create(builder, result.getType(), carried[i]);
        result = emitCombine(builder, kind, wide, before, result);
        carried[i] = emitCombine(builder, kind, wide, carried[i], last);
      } else {
        carried[i] = result = emitCombine(builder, kind, wide, carried[i], convert(result, wide));
      }
      storeResult(point, scan.getResult(i), convert(result, element), uses.results[i].replaceDims(arguments));
    }
  };
  auto emitScanned = [&](Point point) {
    SmallVector<Value> state;
    for (Type element : elements)
      state.push_back(constant(getCarriedType(kind, element), vectors ? 1 : point.space.lanes));
    if (last < 0)
      return emitPoint(point, state);
    if (vectors)
      point.space = {static_cast<int64_t>(base) + last, lanes};
    Bounds bounds = getBounds(inner, last);
    emitVectorLoop(frame, bounds.lower, bounds.upper, bounds.length, vectors ? lanes : 1, 1, state,
                   [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &carried) {
                     Point here = point;
                     here.dims[base + last] = iv;
                     if (mask)
                       here.mask = mask;
                     emitPoint(here, carried);
                   });
  };
  // Dimension 0 of a chunk is the innermost of those before the last.
  std::function<void(Point, unsigned)> emitDims = [&](Point point, unsigned dim) {
    if (chunked && dim == 0)
      return emitDims(point, 1);
    if (dim < inner.sizes.size() && static_cast<int64_t>(dim) != last) {
      Bounds bounds = getBounds(inner, dim);
      frame.loop(bounds.lower, bounds.upper, frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
        point.dims[base + dim] = iv;
        emitDims(point, dim + 1);
        return {};
      });
      return;
    }
    if (!chunked)
      return emitScanned(point);
    Bounds bounds = getBounds(inner, 0);
    point.space = {static_cast<int64_t>(base), lanes};
    emitVectorLoop(frame, bounds.lower, bounds.upper, bounds.length, lanes, 1, {},
                   [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                     Point here = point;
                     here.dims[base] = iv;
                     here.mask = mask;
                     emitScanned(here);
                   });
  };
  emitDims(start, 0);
}

/// The number that the sorting function knows the element type by (Target/CPU/Sort.h).
static std::optional<int32_t> getSortType(Type element) {
  if (element.isF32())
    return 0;
  if (element.isF64())
    return 1;
  if (element.isF16())
    return 2;
  if (element.isBF16())
    return 3;
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return 12;
  case 8:
    return isUnsigned ? 8 : 4;
  case 16:
    return isUnsigned ? 9 : 5;
  case 32:
    return isUnsigned ? 10 : 6;
  case 64:
    return isUnsigned ? 11 : 7;
  default:
    return std::nullopt;
  }
}

LogicalResult RowLowering::checkSort(loop::SortOp sort) {
  if (!getSortType(sort.getInput().getType().getElementType()))
    return sort.emitError("cannot sort elements of type ") << sort.getInput().getType().getElementType();
  if (static_cast<int64_t>(getSizes(sort.getInput().getType()).size()) != parallel + 1)
    return sort.emitError("expected ") << parallel + 1 << " dimensions, the last one of which is sorted";
  return success();
}

void RowLowering::emitSort(Group &group, const Point &row) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  auto sort = cast<loop::SortOp>(group.ops.front());
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
  SmallVector<AffineExpr> strides = frame.getStrides(group.sizes);
  AffineExpr rowOffset = frame.getConstantExpr(0);
  for (int64_t dim = 0; dim < parallel; ++dim)
    rowOffset = rowOffset + rows.arguments[dim] * strides[dim];
  auto rowPointer = [&](Value tensor) -> Value {
    const Storage &storage = frame.storages[stripReshapes(tensor)];
    if (storage.skipped > 0)
      return storage.pointer;
    Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
    Type memoryType = builder.getIntegerType(std::max(8u, element.getIntOrFloatBitWidth()));
    Value offset = arith::IndexCastOp::create(builder, i64, frame.emit(frame.simplify(rowOffset), row.dims));
    return LLVM::GEPOp::create(builder, pointer, memoryType, storage.pointer, ArrayRef<LLVM::GEPArg>{offset});
  };
  StringRef name = "tc_cpu_sort";
  ModuleOp module = builder.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  FunctionType type = builder.getFunctionType({pointer, pointer, pointer, pointer, i64, i32, i32}, {});
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    func::FuncOp::create(builder, name, type).setPrivate();
  }
  Value count = arith::IndexCastOp::create(builder, i64, frame.emit(frame.getExpr(group.sizes.back())));
  auto number = [&](int64_t value) {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value)).getResult();
  };
  func::CallOp::create(builder, name, TypeRange(),
                       ValueRange{rowPointer(sort.getInput()), rowPointer(sort.getValues()),
                                  rowPointer(sort.getIndices()), sortScratch, count,
                                  number(*getSortType(sort.getInput().getType().getElementType())),
                                  number(sort.getDescending())});
}
