// Special registers become loads from the thread, shared variables parts of the block's window, other intrinsics calls
// of the emulator with their operands in slots of 64 bits.

#include "Rewrite.h"

#include "Operations.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tc::emulator {

namespace {

constexpr unsigned sharedSpace = 3;

class Rewriter {
public:
  Rewriter(Module &module, bool check)
      : module(module), context(module.getContext()), check(check), pointer(PointerType::get(context, 0)),
        word(Type::getInt32Ty(context)), slot(Type::getInt64Ty(context)), none(Type::getVoidTy(context)) {}
  Error run();
  Rewritten result;

private:
  Error rewriteFunction(Function &function);
  Error rewriteCall(CallInst &call);
  void rewriteSpecialRegister(CallInst &call, size_t offset);
  void callOperation(CallInst &call, const Operation &operation);
  void reportAccess(Instruction &instruction);
  void placeShared();
  Function *addThreadArgument(Function &function);
  void addEntry(Function &kernel, const std::string &name);

  Value *loadRegister(IRBuilder<> &builder, Function &function, Type *type, size_t offset);
  Value *toSlot(IRBuilder<> &builder, Value *value);
  Value *fromSlot(IRBuilder<> &builder, Value *value, Type *type);
  uint32_t addSite(const Instruction &instruction);

  Module &module;
  LLVMContext &context;
  bool check;
  PointerType *pointer;
  IntegerType *word, *slot;
  Type *none;
  /// One array for all calls of a function: their results are taken out right after each.
  AllocaInst *slots = nullptr;
  unsigned numSlots = 0;
};

} // namespace

uint32_t Rewriter::addSite(const Instruction &instruction) {
  std::string text;
  raw_string_ostream os(text);
  if (const auto *call = dyn_cast<CallInst>(&instruction))
    os << (call->getCalledFunction() ? call->getCalledFunction()->getName() : "inline assembly");
  else if (const auto *store = dyn_cast<StoreInst>(&instruction))
    os << "store of " << *store->getValueOperand()->getType();
  else
    os << instruction.getOpcodeName() << " of " << *instruction.getType();
  os << " in " << instruction.getFunction()->getName();
  if (const DebugLoc &location = instruction.getDebugLoc())
    os << " at " << location->getFilename() << ":" << location.getLine() << ":" << location.getCol();
  result.sites.push_back(std::move(text));
  return result.sites.size() - 1;
}

Value *Rewriter::loadRegister(IRBuilder<> &builder, Function &function, Type *type, size_t offset) {
  return builder.CreateLoad(type, builder.CreateConstGEP1_64(builder.getInt8Ty(), function.getArg(0), offset));
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Value *Rewriter::toSlot(IRBuilder<> &builder, Value *value) {
  Type *type = value->getType();
  if (type->isPointerTy())
    return builder.CreatePtrToInt(value, slot);
  if (!type->isIntegerTy())
    value = builder.CreateBitCast(value, builder.getIntNTy(type->getPrimitiveSizeInBits()));
  return builder.CreateZExtOrTrunc(value, slot);
}

Value *Rewriter::fromSlot(IRBuilder<> &builder, Value *value, Type *type) {
  if (type->isPointerTy())
    return builder.CreateIntToPtr(value, type);
  if (type->isIntegerTy())
    return builder.CreateZExtOrTrunc(value, type);
  return builder.CreateBitCast(builder.CreateTrunc(value, builder.getIntNTy(type->getPrimitiveSizeInBits())), type);
}

void Rewriter::callOperation(CallInst &call, const Operation &operation) {
  IRBuilder<> builder(&call);
  auto getSlot = [&](unsigned i) { return builder.CreateConstGEP1_32(slot, slots, i); };
  for (auto [i, operand] : enumerate(call.args()))
    builder.CreateStore(toSlot(builder, operand), getSlot(i));
  FunctionCallee callee = module.getOrInsertFunction(callName, none, pointer, pointer, word, pointer);
  auto *address = ConstantExpr::getIntToPtr(ConstantInt::get(slot, reinterpret_cast<uintptr_t>(&operation)), pointer);
  CallInst *emulated =
      builder.CreateCall(callee, {call.getFunction()->getArg(0), address, builder.getInt32(addSite(call)), slots});
  // Threads must not reach it by other ways than before.
  emulated->setConvergent();
  Type *type = call.getType();
  auto *fields = dyn_cast<StructType>(type);
  Value *value = nullptr;
  if (fields) {
    value = PoisonValue::get(type);
    for (auto [i, field] : enumerate(fields->elements()))
      value = builder.CreateInsertValue(value, fromSlot(builder, builder.CreateLoad(slot, getSlot(i)), field), i);
  } else if (!type->isVoidTy()) {
    value = fromSlot(builder, builder.CreateLoad(slot, getSlot(0)), type);
  }
  numSlots = std::max({numSlots, unsigned(call.arg_size()), fields ? fields->getNumElements() : 2});
  if (value)
    call.replaceAllUsesWith(value);
  call.eraseFromParent();
}

void Rewriter::rewriteSpecialRegister(CallInst &call, size_t offset) {
  IRBuilder<> builder(&call);
  call.replaceAllUsesWith(loadRegister(builder, *call.getFunction(), word, offset));
  call.eraseFromParent();
}

Error Rewriter::rewriteCall(CallInst &call) {
  auto unsupported = [&](const Twine &what) {
    return createStringError("the emulator does not model " + what + ", which " + call.getFunction()->getName() +
                             " uses");
  };
  if (auto *assembly = dyn_cast<InlineAsm>(call.getCalledOperand()))
    return unsupported("the inline assembly '" + assembly->getAsmString() + "'");
  Function *callee = call.getCalledFunction();
  if (!callee)
    return unsupported("indirect calls");
  StringRef name = callee->getName();
  if (!name.consume_front("llvm.nvvm."))
    return callee->isIntrinsic() ? Error::success() : unsupported("calls of functions ('" + name + "')");
  if (StringRef special = name; special.consume_front("read.ptx.sreg.")) {
    if (special == "warpsize") {
      call.replaceAllUsesWith(ConstantInt::get(word, 32));
      call.eraseFromParent();
      return Error::success();
    }
    constexpr size_t invalid = ~size_t(0);
    size_t offset = StringSwitch<size_t>(special)
                        .Case("tid.x", offsetof(Registers, tid))
                        .Case("tid.y", offsetof(Registers, tid) + 4)
                        .Case("tid.z", offsetof(Registers, tid) + 8)
                        .Case("ntid.x", offsetof(Registers, ntid))
                        .Case("ntid.y", offsetof(Registers, ntid) + 4)
                        .Case("ntid.z", offsetof(Registers, ntid) + 8)
                        .Case("ctaid.x", offsetof(Registers, ctaid))
                        .Case("ctaid.y", offsetof(Registers, ctaid) + 4)
                        .Case("ctaid.z", offsetof(Registers, ctaid) + 8)
                        .Case("nctaid.x", offsetof(Registers, nctaid))
                        .Case("nctaid.y", offsetof(Registers, nctaid) + 4)
                        .Case("nctaid.z", offsetof(Registers, nctaid) + 8)
                        .Case("laneid", offsetof(Registers, lane))
                        .Case("warpid", offsetof(Registers, warp))
                        .Default(invalid);
    if (offset != invalid) {
      rewriteSpecialRegister(call, offset);
      return Error::success();
    }
  }
  const Operation *operation = findOperation(name);
  if (!operation)
    return unsupported("'llvm.nvvm." + name + "'");
  callOperation(call, *operation);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void Rewriter::reportAccess(Instruction &instruction) {
  Value *address = nullptr, *bytes = nullptr;
  Access kind = Access::Write;
  uint64_t alignment = 1;
  const DataLayout &layout = module.getDataLayout();
  auto sizeOf = [&](Type *type) { return ConstantInt::get(word, layout.getTypeStoreSize(type).getFixedValue()); };
  if (auto *load = dyn_cast<LoadInst>(&instruction)) {
    address = load->getPointerOperand();
    bytes = sizeOf(load->getType());
    alignment = load->getAlign().value();
    kind = load->isAtomic() ? Access::Atomic : Access::Read;
  } else if (auto *store = dyn_cast<StoreInst>(&instruction)) {
    address = store->getPointerOperand();
    bytes = sizeOf(store->getValueOperand()->getType());
    alignment = store->getAlign().value();
    kind = store->isAtomic() ? Access::Atomic : Access::Write;
  } else if (auto *update = dyn_cast<AtomicRMWInst>(&instruction)) {
    address = update->getPointerOperand();
    bytes = sizeOf(update->getType());
    alignment = update->getAlign().value();
    kind = Access::Atomic;
  } else if (auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction)) {
    address = exchange->getPointerOperand();
    bytes = sizeOf(exchange->getCompareOperand()->getType());
    alignment = exchange->getAlign().value();
    kind = Access::Atomic;
  } else {
    return;
  }
  // A thread's own variables are nobody else's.
  if (isa<AllocaInst>(getUnderlyingObject(address)))
    return;
  IRBuilder<> builder(&instruction);
  FunctionCallee callee = module.getOrInsertFunction(accessName, none, pointer, pointer, word, word, word, word);
  builder.CreateCall(callee, {instruction.getFunction()->getArg(0), builder.CreateAddrSpaceCast(address, pointer),
                              bytes, builder.getInt32(alignment), builder.getInt32(static_cast<uint32_t>(kind)),
                              builder.getInt32(addSite(instruction))});
}

void Rewriter::placeShared() {
  const DataLayout &layout = module.getDataLayout();
  SmallVector<std::pair<GlobalVariable *, uint64_t>> places;
  SmallVector<GlobalVariable *> dynamic;
  uint64_t end = 0;
  for (GlobalVariable &variable : module.globals()) {
    if (variable.getAddressSpace() != sharedSpace)
      continue;
    uint64_t size = layout.getTypeAllocSize(variable.getValueType());
    if (size == 0) {
      dynamic.push_back(&variable);
      continue;
    }
    end = alignTo(end, variable.getAlign().value_or(Align(16)).value());
    places.push_back({&variable, end});
    end += size;
  }
  for (GlobalVariable *variable : dynamic) {
    end = alignTo(end, variable->getAlign().value_or(Align(16)).value());
    places.push_back({variable, end});
  }
  result.staticSharedBytes = end;
  SmallVector<Constant *> constants;
  for (auto [variable, offset] : places)
    constants.push_back(variable);
  convertUsersOfConstantsToInstructions(constants);
  for (auto [variable, offset] : places) {
    for (Use &use : make_early_inc_range(variable->uses())) {
      auto *user = dyn_cast<Instruction>(use.getUser());
      if (!user)
        continue;
      Function &function = *user->getFunction();
      IRBuilder<> builder(&*function.getEntryBlock().getFirstNonPHIOrDbgOrAlloca());
      Value *window = loadRegister(builder, function, pointer, offsetof(Registers, shared));
      Value *address = builder.CreateConstGEP1_64(builder.getInt8Ty(), window, offset);
      use.set(builder.CreateAddrSpaceCast(address, variable->getType()));
    }
    if (variable->use_empty())
      variable->eraseFromParent();
  }
}

static bool isReport(const CallInst &call) {
  const Function *callee = call.getCalledFunction();
  return callee && callee->getName() == accessName;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// A function with the thread as its first parameter takes the body.
Function *Rewriter::addThreadArgument(Function &function) {
  SmallVector<Type *> parameters{pointer};
  append_range(parameters, function.getFunctionType()->params());
  auto *type = FunctionType::get(function.getReturnType(), parameters, false);
  auto *created = Function::Create(type, GlobalValue::InternalLinkage, function.getName() + ".body", module);
  created->splice(created->begin(), &function);
  for (auto [from, to] : zip(function.args(), drop_begin(created->args())))
    from.replaceAllUsesWith(&to);
  created->addFnAttr(Attribute::NoUnwind);
  created->setSubprogram(function.getSubprogram());
  function.eraseFromParent();
  return created;
}

void Rewriter::addEntry(Function &kernel, const std::string &name) {
  auto *entry =
      Function::Create(FunctionType::get(none, {pointer, pointer}, false), GlobalValue::ExternalLinkage, name, module);
  IRBuilder<> builder(BasicBlock::Create(context, "entry", entry));
  SmallVector<Value *> arguments{entry->getArg(0)};
  for (auto [i, parameter] : enumerate(drop_begin(kernel.args()))) {
    Value *place = builder.CreateLoad(pointer, builder.CreateConstGEP1_32(pointer, entry->getArg(1), i));
    arguments.push_back(builder.CreateLoad(parameter.getType(), place));
  }
  builder.CreateCall(&kernel, arguments);
  builder.CreateRetVoid();
}

Error Rewriter::rewriteFunction(Function &function) {
  IRBuilder<> builder(&*function.getEntryBlock().begin());
  slots = builder.CreateAlloca(slot);
  numSlots = 0;
  SmallVector<CallInst *> calls;
  for (Instruction &instruction : instructions(function))
    if (auto *call = dyn_cast<CallInst>(&instruction); call && !isReport(*call))
      calls.push_back(call);
  for (CallInst *call : calls)
    if (Error error = rewriteCall(*call))
      return error;
  if (numSlots > 0)
    slots->setOperand(0, builder.getInt32(numSlots));
  else
    slots->eraseFromParent();
  return Error::success();
}

Error Rewriter::run() {
  SmallVector<Function *> kernels;
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (function.getCallingConv() != CallingConv::PTX_Kernel)
      return createStringError("the emulator does not model device functions ('" + function.getName() + "')");
    kernels.push_back(&function);
  }
  SmallVector<Function *> bodies;
  for (Function *kernel : kernels) {
    result.kernels.push_back(kernel->getName().str());
    for (Argument &argument : kernel->args())
      if (argument.hasByValAttr())
        return createStringError("the emulator does not model parameters by value, which " + kernel->getName() +
                                 " has");
    Function *body = bodies.emplace_back(addThreadArgument(*kernel));
    if (check)
      for (Instruction &instruction : make_early_inc_range(instructions(*body)))
        reportAccess(instruction);
  }
  placeShared();
  for (auto [body, name] : zip(bodies, result.kernels)) {
    if (Error error = rewriteFunction(*body))
      return error;
    addEntry(*body, name);
  }
  for (Function &function : make_early_inc_range(module))
    if (function.isDeclaration() && function.use_empty())
      function.eraseFromParent();
  std::string problem;
  raw_string_ostream os(problem);
  if (verifyModule(module, &os))
    return createStringError("internal error in the emulator: " + problem);
  return Error::success();
}

Expected<Rewritten> rewrite(Module &module, bool check) {
  Rewriter rewriter(module, check);
  if (Error error = rewriter.run())
    return error;
  return std::move(rewriter.result);
}

} // namespace tc::emulator
