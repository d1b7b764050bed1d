// Kernel functions: parameters, memory accesses, control flow.

#include "Frame.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

static constexpr StringLiteral sharedName = "tc_shared";

Frame::Frame(fusion::KernelOp kernel, const Target &target, StringRef name)
    : KernelSymbols(kernel), kernel(kernel), target(target), builder(kernel.getLoc(), kernel.getContext()) {
  result.module = ModuleOp::create(builder, kernel.getLoc());
  result.module.get()->setAttr("tc.target", builder.getStringAttr(target.name));
  result.name = name.str();
  result.symbols.assign(getSymbols().begin(), getSymbols().end());
  // One array that every use of dynamic shared memory is a part of. External: an internal one of no size would be given
  // a place of its own, over which others lie.
  builder.setInsertionPointToEnd(result.module->getBody());
  LLVM::GlobalOp::create(builder, LLVM::LLVMArrayType::get(builder.getI8Type(), 0), /*isConstant=*/false,
                         LLVM::Linkage::External, sharedName, Attribute(), /*alignment=*/1024, /*addrSpace=*/3);
}

void Frame::startPhase(unsigned count) {
  threads = count;
  builder.setInsertionPointToEnd(result.module->getBody());
  std::string name = result.name;
  if (!result.phases.empty())
    name += "_" + std::to_string(result.phases.size());
  auto pointer = LLVM::LLVMPointerType::get(getContext(), 1);
  unsigned numPointers = kernel.getInputs().size() + kernel.getNumResults() + (workspaceBytes ? 1 : 0);
  SmallVector<Type> parameters(numPointers, pointer);
  parameters.append(getSymbols().size(), builder.getI64Type());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(getContext()), parameters);
  function = LLVM::LLVMFuncOp::create(builder, name, type);
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                    builder.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
  for (unsigned i = 0; i < numPointers; ++i) {
    function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
    function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), builder.getI64IntegerAttr(16));
    if (i < kernel.getInputs().size())
      function.setArgAttr(i, LLVM::LLVMDialect::getReadonlyAttrName(), builder.getUnitAttr());
  }
  Block *entry = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(entry);
  pointers.assign(entry->args_begin(), entry->args_begin() + numPointers);
  symbolValues.clear();
  constants.clear();
  leaves.clear();
  leafNumbers.clear();
  for (Value value : entry->getArguments().drop_front(numPointers))
    symbolValues.push_back(arith::IndexCastOp::create(builder, builder.getIndexType(), value));
  Type i32 = builder.getI32Type();
  auto range = LLVM::ConstantRangeAttr::get(getContext(), llvm::APInt(32, 0), llvm::APInt(32, threads));
  thread =
      arith::IndexCastUIOp::create(builder, builder.getIndexType(), NVVM::ThreadIdXOp::create(builder, i32, range));
  block = arith::IndexCastUIOp::create(builder, builder.getIndexType(), NVVM::BlockIdXOp::create(builder, i32));
  shared = {};
  sharedBytes = SizeAttr::constant(getContext(), 0);
}

void Frame::useAllRegisters() {
  int32_t most = std::min<int32_t>(255, Target::registers / threads);
  function->setAttr(NVVM::NVVMDialect::getMaxnregAttrName(), builder.getI32IntegerAttr(most));
}

void Frame::finishPhase(SizeAttr blocks) {
  LLVM::ReturnOp::create(builder, ValueRange());
  KernelPhase &phase = result.phases.emplace_back();
  phase.function = function.getName().str();
  phase.grid[0] = blocks;
  phase.grid[1] = phase.grid[2] = SizeAttr::constant(getContext(), 1);
  phase.block[0] = threads;
  phase.sharedBytes = sharedBytes;
  result.workspaceBytes = workspaceBytes;
}

Value Frame::allocateShared(SizeAttr bytes) {
  if (!shared) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    shared = LLVM::AddressOfOp::create(builder, LLVM::LLVMPointerType::get(getContext(), 3), sharedName);
  }
  Value start = getPointer(shared, builder.getI8Type(), getExpr(sharedBytes));
  SizeAttr sixteen = SizeAttr::constant(getContext(), 16);
  sharedBytes = sharedBytes + ceilDiv(bytes, sixteen) * 16;
  return start;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Type Frame::getMemoryType(Type element) {
  Type scalar = loop::getScalarType(element);
  return scalar.isInteger(1) ? IntegerType::get(element.getContext(), 8) : scalar;
}

Value Frame::toMemory(Value value, Type element) {
  Type memory = getMemoryType(element);
  return memory == value.getType() ? value : arith::ExtUIOp::create(builder, memory, value).getResult();
}

Value Frame::fromMemory(Value value, Type element) {
  Type scalar = loop::getScalarType(element);
  if (scalar == value.getType())
    return value;
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(value.getType()));
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, value, zero);
}

/// The constant addend of an expression, which becomes an offset of its own so that neighbours are seen to be
/// neighbours.
static int64_t splitConstant(AffineExpr &expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    int64_t value = constant.getValue();
    expr = getAffineConstantExpr(0, expr.getContext());
    return value;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || binary.getKind() != AffineExprKind::Add)
    return 0;
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!constant)
    return 0;
  expr = binary.getLHS();
  return constant.getValue();
}

Value Frame::getPointer(Value base, Type element, AffineExpr offset) {
  offset = simplify(offset);
  int64_t constant = splitConstant(offset);
  Type type = getMemoryType(element);
  Value pointer = base;
  if (offset != getConstantExpr(0)) {
    Type integer = hasNarrowIndices() ? builder.getI32Type() : builder.getI64Type();
    Value value = arith::IndexCastOp::create(builder, integer, emit(offset));
    pointer = LLVM::GEPOp::create(builder, base.getType(), type, pointer, ArrayRef<LLVM::GEPArg>{value},
                                  LLVM::GEPNoWrapFlags::inbounds);
  }
  if (constant == 0)
    return pointer;
  if (llvm::isInt<LLVM::kGEPConstantBitWidth>(constant))
    return LLVM::GEPOp::create(builder, base.getType(), type, pointer,
                               ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(constant)});
  Value value = LLVM::ConstantOp::create(builder, builder.getI64IntegerAttr(constant));
  return LLVM::GEPOp::create(builder, base.getType(), type, pointer, ArrayRef<LLVM::GEPArg>{value});
}

Value Frame::load(const Storage &storage, Type element, AffineExpr offset) {
  Type type = getMemoryType(element);
  auto load = LLVM::LoadOp::create(builder, type, getPointer(storage.pointer, element, offset),
                                   llvm::divideCeil(type.getIntOrFloatBitWidth(), 8));
  load.setInvariant(storage.isInvariant);
  return fromMemory(load, element);
}

void Frame::store(const Storage &storage, Type element, Value value, AffineExpr offset) {
  Value memory = toMemory(value, element);
  LLVM::StoreOp::create(builder, memory, getPointer(storage.pointer, element, offset),
                        llvm::divideCeil(memory.getType().getIntOrFloatBitWidth(), 8));
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

SmallVector<Value> Frame::loop(Value lower, Value upper, Value step, ValueRange state, LoopBody body) {
  auto loop = scf::ForOp::create(builder, lower, upper, step, state);
  OpBuilder::InsertionGuard guard(builder);
  if (loop.getBody()->mightHaveTerminator())
    loop.getBody()->getTerminator()->erase();
  builder.setInsertionPointToEnd(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(builder, next);
  return SmallVector<Value>(loop.getResults());
}

void Frame::ifThen(Value condition, function_ref<void()> then) {
  if (!condition)
    return then();
  auto branch = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  then();
}

void Frame::barrier() { NVVM::Barrier0Op::create(builder); }
void Frame::syncWarp() { NVVM::SyncWarpOp::create(builder, i32(-1)); }
