// Flattens a program into steps and slots.

#include "Prepared.h"

#include <algorithm>

namespace tc::runtime {

namespace {

class Builder {
public:
  Builder(const Program &program, std::span<const KernelFn> kernels, Prepared &prepared)
      : program(program), kernels(kernels), prepared(prepared) {}

  void run();

private:
  uint32_t addSlot(const SizeExpr &expr);
  void addSlots(const std::vector<SizeExpr> &exprs);
  void addTensorSlots(const TensorDesc &tensor);
  void prepareInterface();
  void prepareValues();
  void buildSection(const std::vector<Instruction> &body, Section &result);
  void emitBody(const std::vector<Instruction> &body, int region, bool outermost);
  void emit(const Instruction &instruction, int region);
  Step begin(StepKind kind, const Instruction &instruction) const;
  void addArg(Step &step, ValueId value, Access access, int region);
  uint32_t finish(Step step);
  uint32_t emitBranch(const SizeExpr &condition, const Instruction &instruction);
  uint32_t emitJump(uint32_t target, const Instruction &instruction);

  const Program &program;
  std::span<const KernelFn> kernels;
  Prepared &prepared;
  Section *section = nullptr;
  std::vector<Region> regions;
  std::vector<ValueUse> uses;
  uint32_t outermostIndex = 0;
};

} // namespace

uint32_t Builder::addSlot(const SizeExpr &expr) {
  bool isLate = std::ranges::any_of(expr.getTerms(), [&](const SizeExpr::Term &term) {
    return term.op == SizeExpr::Op::Symbol && prepared.isLateSymbol[term.value];
  });
  prepared.slots.push_back(expr);
  prepared.isLateSlot.push_back(isLate);
  prepared.hasLate |= isLate;
  return prepared.slots.size() - 1;
}

void Builder::addSlots(const std::vector<SizeExpr> &exprs) {
  for (const SizeExpr &expr : exprs)
    addSlot(expr);
}

void Builder::addTensorSlots(const TensorDesc &tensor) {
  addSlots(tensor.sizes);
  addSlots(tensor.strides.empty() ? getRowMajorStrides(tensor.sizes) : tensor.strides);
  addSlot(tensor.offset);
}

void Builder::prepareInterface() {
  prepared.bindings = findBindings(program);
  prepared.isLateSymbol.assign(program.symbols.size(), true);
  for (const Binding &binding : prepared.bindings)
    prepared.isLateSymbol[binding.symbol] = false;
  for (const Input &input : program.inputs) {
    prepared.inputSlots.push_back(prepared.slots.size());
    addSlots(input.sizes);
    if (input.kind == Input::Kind::Tensor)
      addSlots(input.strides.empty() ? getRowMajorStrides(input.sizes) : input.strides);
  }
  for (const Output &output : program.outputs) {
    prepared.outputSlots.push_back(prepared.slots.size());
    addSlots(output.sizes);
    if (output.kind != Output::Kind::Int)
      addSlots(output.strides.empty() ? getRowMajorStrides(output.sizes) : output.strides);
    addSlot(output.offset);
  }
}

void Builder::prepareValues() {
  prepared.inputValues.assign(program.inputs.size(), noValue);
  prepared.outputValues.assign(program.outputs.size(), noValue);
  for (ValueId id = 0; id < program.values.size(); ++id) {
    const Value &value = program.values[id];
    ValueInfo info;
    info.root = id;
    info.bytesSlot = addSlot(value.bytes);
    info.offsetSlot = addSlot(value.offset);
    info.isLate = prepared.isLateSlot[info.bytesSlot];
    switch (value.kind) {
    case Value::Kind::Input:
      prepared.inputValues[value.index] = id;
      info.isPerRun = true;
      break;
    case Value::Kind::Output: {
      prepared.outputValues[value.index] = id;
      info.isPerRun = true;
      uint32_t first = prepared.outputSlots[value.index];
      uint32_t count = 2 * program.outputs[value.index].sizes.size();
      for (uint32_t slot = first; slot < first + count; ++slot)
        info.isLate |= prepared.isLateSlot[slot];
      break;
    }
    case Value::Kind::External:
      info.isLate = prepared.hasLate = true;
      break;
    case Value::Kind::View: {
      const ValueInfo &base = prepared.values[value.index];
      info.root = base.root;
      info.isLate |= base.isLate || prepared.isLateSlot[info.offsetSlot];
      info.isPerRun = base.isPerRun;
      break;
    }
    case Value::Kind::Constant:
    case Value::Kind::Once:
    case Value::Kind::Arena:
      break;
    }
    prepared.values.push_back(info);
  }
}

Step Builder::begin(StepKind kind, const Instruction &instruction) const {
  Step step;
  step.kind = kind;
  step.firstArg = section->args.size();
  step.firstSlot = prepared.slots.size();
  step.instruction = outermostIndex;
  step.source = &instruction;
  return step;
}

void Builder::addArg(Step &step, ValueId value, Access access, int region) {
  const ValueInfo &info = prepared.values[value];
  section->args.push_back(value);
  step.isLate |= info.isLate;
  uses.push_back({value, access, uint32_t(section->steps.size()), region});
}

uint32_t Builder::finish(Step step) {
  step.numArgs = section->args.size() - step.firstArg;
  step.numSlots = prepared.slots.size() - step.firstSlot;
  for (uint32_t slot = step.firstSlot; slot < prepared.slots.size(); ++slot)
    step.isLate |= prepared.isLateSlot[slot];
  section->steps.push_back(step);
  return section->steps.size() - 1;
}

uint32_t Builder::emitBranch(const SizeExpr &condition, const Instruction &instruction) {
  Step step = begin(StepKind::BranchIfZero, instruction);
  addSlot(condition);
  return finish(step);
}

uint32_t Builder::emitJump(uint32_t target, const Instruction &instruction) {
  Step step = begin(StepKind::Jump, instruction);
  step.target = target;
  return finish(step);
}

void Builder::emit(const Instruction &instruction, int region) {
  auto addBuffers = [&](Step &step, const std::vector<BufferArg> &buffers) {
    for (const BufferArg &buffer : buffers)
      addArg(step, buffer.value, buffer.access, region);
  };
  if (auto *op = std::get_if<Launch>(&instruction.op)) {
    Step step = begin(StepKind::Launch, instruction);
    step.kernel = kernels[op->kernel];
    addBuffers(step, op->buffers);
    addSlots(op->symbols);
    addSlots({op->extent, op->grain, op->scratchBytes});
    finish(step);
  } else if (auto *op = std::get_if<CudaLaunch>(&instruction.op)) {
    Step step = begin(StepKind::CudaLaunch, instruction);
    addBuffers(step, op->buffers);
    addSlots(op->symbols);
    addSlots({op->grid[0], op->grid[1], op->grid[2], op->sharedBytes});
    finish(step);
  } else if (auto *op = std::get_if<Copy>(&instruction.op)) {
    Step step = begin(StepKind::Copy, instruction);
    bool whole = op->bytes == program.values[op->destination].bytes;
    addArg(step, op->destination, whole ? Access::Write : Access::ReadWrite, region);
    addArg(step, op->source, Access::Read, region);
    addSlot(op->bytes);
    finish(step);
  } else if (auto *op = std::get_if<CopyStrided>(&instruction.op)) {
    Step step = begin(StepKind::CopyStrided, instruction);
    addArg(step, op->destination.value, Access::ReadWrite, region);
    addArg(step, op->source.value, Access::Read, region);
    addTensorSlots(op->destination);
    addTensorSlots(op->source);
    finish(step);
  } else if (auto *op = std::get_if<Extern>(&instruction.op)) {
    Step step = begin(StepKind::Extern, instruction);
    for (const Extern::Arg &arg : op->args) {
      if (auto *tensor = std::get_if<TensorDesc>(&arg)) {
        addArg(step, tensor->value, Access::Read, region);
        addTensorSlots(*tensor);
      } else {
        addSlot(std::get<SizeExpr>(arg));
      }
    }
    for (const Extern::Result &result : op->results) {
      if (result.kind == Extern::Result::Kind::Symbol)
        continue;
      addArg(step, result.tensor.value, Access::Write, region);
      addTensorSlots(result.tensor);
    }
    finish(step);
  } else if (auto *op = std::get_if<BindSymbol>(&instruction.op)) {
    Step step = begin(StepKind::BindSymbol, instruction);
    addArg(step, op->source, Access::Read, region);
    addSlot(op->offset);
    finish(step);
  } else if (auto *op = std::get_if<Assert>(&instruction.op)) {
    Step step = begin(StepKind::Assert, instruction);
    addSlot(op->condition);
    finish(step);
  } else if (auto *op = std::get_if<If>(&instruction.op)) {
    uint32_t branch = emitBranch(op->condition, instruction);
    regions.push_back({region});
    emitBody(op->thenBody, regions.size() - 1, false);
    uint32_t jump = emitJump(0, instruction);
    section->steps[branch].target = section->steps.size();
    regions.push_back({region});
    emitBody(op->elseBody, regions.size() - 1, false);
    section->steps[jump].target = section->steps.size();
  } else {
    auto &loop = std::get<While>(instruction.op);
    int inner = regions.size();
    uint32_t first = section->steps.size();
    regions.push_back({region, /*isLoop=*/true, first, 0});
    emitBody(loop.before, inner, false);
    uint32_t branch = emitBranch(loop.condition, instruction);
    emitBody(loop.body, inner, false);
    emitJump(first, instruction);
    section->steps[branch].target = section->steps.size();
    regions[inner].end = section->steps.size() - 1;
  }
}

void Builder::emitBody(const std::vector<Instruction> &body, int region, bool outermost) {
  for (uint32_t i = 0; i < body.size(); ++i) {
    if (outermost)
      outermostIndex = i;
    uint32_t step = section->steps.size();
    emit(body[i], region);
    for (const InPlace &inPlace : body[i].inPlace) {
      // Only whole values: the operand may be seen through a view of all of it.
      const Value &operand = program.values[inPlace.operand];
      ValueId root = prepared.values[inPlace.operand].root;
      bool whole = operand.kind != Value::Kind::View || operand.offset == SizeExpr(0);
      if (whole && prepared.values[inPlace.result].root == inPlace.result)
        section->inPlace.push_back({step, inPlace.result, root});
    }
  }
}

void Builder::buildSection(const std::vector<Instruction> &body, Section &result) {
  section = &result;
  regions.assign(1, Region());
  uses.clear();
  emitBody(body, 0, true);
  computeLives(prepared, result, regions, uses);
  // Late values that die outside of loops are freed at once; the others at the end of the run.
  std::vector<std::vector<ValueId>> dying(result.steps.size());
  for (ValueId id = 0; id < program.values.size(); ++id) {
    const Life &life = result.lives[id];
    if (program.values[id].kind == Value::Kind::Arena && prepared.values[id].isLate && life.isUsed() && !life.inLoop)
      dying[life.end].push_back(id);
  }
  for (uint32_t i = 0; i < result.steps.size(); ++i) {
    result.steps[i].firstRelease = result.releases.size();
    result.steps[i].numReleases = dying[i].size();
    result.releases.insert(result.releases.end(), dying[i].begin(), dying[i].end());
  }
}

void Builder::run() {
  prepareInterface();
  prepareValues();
  buildSection(program.init, prepared.init);
  buildSection(program.body, prepared.body);
}

Prepared prepare(const Program &program, std::span<const KernelFn> kernels) {
  Prepared prepared;
  Builder(program, kernels, prepared).run();
  return prepared;
}

} // namespace tc::runtime
