// Grouping loop ops: greedy, in program order, producers first; then siblings that read the same tensors.

#include "Groups.h"

#include "MemoryOrder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "tc/Transforms/Fuse/KernelAnalysis.h"
#include "llvm/ADT/SetVector.h"

#include <queue>

using namespace mlir;
using namespace tc;

/// Spaces of fewer points than this run on one thread anyway.
static constexpr int64_t smallPoints = 16384;
/// What an unknown size is taken for in estimates.
static constexpr int64_t assumedSize = 1024;
/// More loop ops, or ops in their bodies, than this make a kernel slow to compile.
static constexpr size_t mostMembers = 48;
static constexpr int64_t mostKernelOps = 1024;
/// Columns that rows over columns take together.
static constexpr int64_t mostColumns = 128;
/// The latest groups that read a tensor, to which another reader of it is offered.
static constexpr size_t mostSiblings = 8;

// Calls `see` for the symbols that an op computes with.
static void forEachSymbol(Operation *op, llvm::function_ref<void(StringAttr)> see) {
  auto seeSizes = [&](ArrayRef<SizeAttr> sizes) {
    for (SizeAttr size : sizes)
      llvm::for_each(size.getSymbols(), see);
  };
  for (Type type : op->getResultTypes())
    if (isa<RankedTensorType>(type))
      seeSizes(getSizes(type));
  if (auto nest = dyn_cast<loop::LoopNestOpInterface>(op))
    seeSizes(nest.getIterationSizes());
  if (auto index = dyn_cast<loop::IndexOp>(op))
    llvm::for_each(index.getSymbols().getAsRange<StringAttr>(), see);
}

Groups::Groups(Block &block, GroupLimits limits) : limits(limits) {
  for (Operation &op : block.without_terminator()) {
    numberOf[&op] = ops.size();
    ops.push_back(&op);
  }
  predecessors.resize(ops.size());
  groups.resize(ops.size());
  std::optional<unsigned> lastEffect;
  // Sizes are no operands: what computes with a symbol comes after what defines it.
  llvm::DenseMap<StringAttr, unsigned> definitions;
  for (auto [number, op] : llvm::enumerate(ops)) {
    llvm::SmallSetVector<unsigned, 8> before;
    int64_t numInner = 0;
    op->walk([&](Operation *inner) {
      ++numInner;
      forEachSymbol(inner, [&](StringAttr symbol) {
        if (auto definition = definitions.find(symbol); definition != definitions.end() && definition->second != number)
          before.insert(definition->second);
      });
      if (auto symbol = inner->getAttrOfType<StringAttr>("tc.symbol"))
        definitions.try_emplace(symbol, number);
      for (Value operand : inner->getOperands()) {
        Operation *producer = operand.getDefiningOp();
        while (producer && producer->getBlock() != &block)
          producer = producer->getParentOp();
        if (producer && producer != op && numberOf.contains(producer))
          before.insert(numberOf[producer]);
      }
    });
    // Calls keep their order.
    if (!isPure(op)) {
      if (lastEffect)
        before.insert(*lastEffect);
      lastEffect = number;
    }
    llvm::append_range(predecessors[number], before);
    Group &group = groups[number];
    group.position = number;
    order.push_back(number);
    group.numBodyOps = numInner;
    group.members.push_back(number);
    group.predecessors = predecessors[number];
    for (unsigned producer : before)
      groups[producer].successors.push_back(number);
    parent.push_back(number);
    if (isa<loop::MapOp, loop::ReduceOp, loop::ArgReduceOp, loop::ContractOp>(op)) {
      group.fusable = true;
      group.hasContract = isa<loop::ContractOp>(op);
      group.parallel = cast<loop::LoopNestOpInterface>(op).getNumParallel();
    }
  }
}

unsigned Groups::find(unsigned group) const {
  while (parent[group] != group)
    group = parent[group] = parent[parent[group]];
  return group;
}

/// Whether there is a path between two groups by way of others.
bool Groups::reachesIndirectly(unsigned from, unsigned to) {
  llvm::SmallDenseSet<unsigned> seen;
  SmallVector<unsigned> stack;
  auto expand = [&](unsigned group) {
    for (unsigned next : groups[group].successors) {
      next = find(next);
      // What comes later in a topological order does not lead back.
      if (next != group && groups[next].position <= groups[to].position && !(group == from && next == to) &&
          seen.insert(next).second)
        stack.push_back(next);
    }
  };
  expand(from);
  while (!stack.empty()) {
    unsigned group = stack.pop_back_val();
    if (group == to)
      return true;
    expand(group);
  }
  return false;
}

/// Makes two groups without an indirect path neighbours in the topological order: of what lies between them, that which
/// waits for the first goes behind. (The reordering step of Pearce and Kelly's dynamic topological sort.)
void Groups::bringTogether(unsigned a, unsigned b) {
  unsigned first = groups[a].position < groups[b].position ? a : b, second = first == a ? b : a;
  unsigned begin = groups[first].position, end = groups[second].position;
  llvm::SmallDenseSet<unsigned> waits{first};
  SmallVector<unsigned> before, behind;
  for (unsigned position = begin + 1; position < end; ++position) {
    unsigned group = order[position];
    if (group == noGroup)
      continue;
    bool isBehind =
        llvm::any_of(groups[group].predecessors, [&](unsigned producer) { return waits.contains(find(producer)); });
    if (isBehind)
      waits.insert(group);
    (isBehind ? behind : before).push_back(group);
  }
  llvm::append_range(before, std::initializer_list<unsigned>{first, second});
  llvm::append_range(before, behind);
  for (unsigned position = begin; position <= end; ++position) {
    order[position] = position - begin < before.size() ? before[position - begin] : noGroup;
    if (order[position] != noGroup)
      groups[order[position]].position = position;
  }
}

SmallVector<loop::LoopNestOpInterface> Groups::getNests(ArrayRef<unsigned> members) {
  return llvm::map_to_vector(members, [&](unsigned member) { return cast<loop::LoopNestOpInterface>(ops[member]); });
}

int64_t Groups::estimate(ArrayRef<SizeAttr> sizes) {
  int64_t points = 1;
  for (SizeAttr size : sizes)
    points *= std::min<int64_t>(size.getConstant().value_or(assumedSize), int64_t(1) << 20);
  return points;
}

bool Groups::isSmall(ArrayRef<unsigned> members) {
  for (loop::LoopNestOpInterface nest : getNests(members)) {
    auto points = product(nest.getContext(), nest.getIterationSizes()).getConstant();
    if (!points || *points > smallPoints)
      return false;
  }
  return true;
}

/// Maps that tc-align-rows permuted give up the order of memory for rows that stay in the cache: whether they do, and
/// enough of them are left to run in parallel.
std::string Groups::checkColumns(ArrayRef<loop::LoopNestOpInterface> nests, int64_t shared) {
  for (loop::LoopNestOpInterface nest : nests) {
    auto map = dyn_cast<loop::MapOp>(nest.getOperation());
    TransposeOp order = map ? getMemoryOrder(map) : TransposeOp();
    if (!order)
      continue;
    SmallVector<SizeAttr> sizes = nest.getIterationSizes();
    int64_t contiguous = order.getPermutation().back(), columns = 1;
    if (contiguous < shared)
      columns = std::min(mostColumns, estimate(sizes[contiguous]));
    int64_t bytes = columns * estimate(ArrayRef<SizeAttr>(sizes).drop_front(shared)) *
                    getElementBytes(getElementTypeOrSelf(map.getResult(0).getType()));
    if (bytes > limits.rowBytes)
      return "rows of columns of " + std::to_string(bytes) + " bytes, more than " + std::to_string(limits.rowBytes);
    int64_t rows = estimate(ArrayRef<SizeAttr>(sizes).take_front(shared)) / columns;
    if (rows < limits.minParallel && estimate(sizes) > smallPoints)
      return "blocks of columns to run in parallel: " + std::to_string(rows) + ", fewer than " +
             std::to_string(limits.minParallel);
  }
  return "";
}

static StringRef getKindName(Operation *op) {
  if (isa<loop::ScanOp>(op))
    return "a scan";
  if (isa<loop::ScatterOp>(op))
    return "a scatter";
  if (isa<loop::SortOp>(op))
    return "a sort";
  return op->getName().getStringRef();
}

/// Why two groups cannot become one; empty if they can.
std::string Groups::check(unsigned a, unsigned b) {
  for (unsigned group : {a, b})
    if (!groups[group].fusable)
      return (getKindName(ops[groups[group].members.front()]) + " runs alone").str();
  if (groups[a].hasContract && groups[b].hasContract)
    return "both hold a contraction";
  SmallVector<unsigned> members(groups[a].members);
  llvm::append_range(members, groups[b].members);
  llvm::sort(members);
  if (members.size() > mostMembers)
    return "the kernel would hold more than " + std::to_string(mostMembers) + " ops";
  if (groups[a].numBodyOps + groups[b].numBodyOps > mostKernelOps)
    return "the kernel's bodies would hold more than " + std::to_string(mostKernelOps) + " ops";
  SmallVector<loop::LoopNestOpInterface> nests = getNests(members);
  int64_t shared = getSharedParallel(nests);
  if (groups[a].hasContract || groups[b].hasContract) {
    for (loop::LoopNestOpInterface nest : nests) {
      if (nest.getNumParallel() != shared)
        return "the epilogue of a contraction reads it point by point over the same space";
      if (!isa<loop::ContractOp, loop::MapOp>(nest.getOperation()))
        return "a reduction is no epilogue of a contraction";
      if (auto map = dyn_cast<loop::MapOp>(nest.getOperation()); map && getMemoryOrder(map))
        return "an epilogue of a contraction is in memory's order";
    }
  }
  // Without a common dimension there are no rows; only what is one row anyway joins it.
  if (shared == 0 && groups[a].parallel > 0 && groups[b].parallel > 0)
    return "no leading dimensions in common";
  ArrayRef<SizeAttr> rowSizes;
  SmallVector<SizeAttr> firstSizes = nests.front().getIterationSizes();
  rowSizes = ArrayRef<SizeAttr>(firstSizes).take_front(shared);
  bool shrinks = shared < groups[a].parallel || shared < groups[b].parallel;
  if (shrinks && estimate(rowSizes) < limits.minParallel && !isSmall(members))
    return "rows to run in parallel: " + std::to_string(estimate(rowSizes)) + ", fewer than " +
           std::to_string(limits.minParallel);

  // What the ops of a row keep for one another.
  llvm::SmallPtrSet<Operation *, 8> inside;
  for (loop::LoopNestOpInterface nest : nests)
    inside.insert(nest);
  int64_t bytes = 0;
  for (loop::LoopNestOpInterface nest : nests)
    for (Value result : nest->getResults()) {
      bool isKept = llvm::any_of(result.getUsers(), [&](Operation *user) {
        auto reader = user->getParentOfType<loop::LoopNestOpInterface>();
        return reader && reader != nest && inside.contains(reader);
      });
      SmallVector<SizeAttr> sizes = getSizes(result.getType());
      if (isKept && static_cast<int64_t>(sizes.size()) > shared)
        bytes += estimate(ArrayRef<SizeAttr>(sizes).drop_front(shared)) *
                 getElementBytes(getElementTypeOrSelf(result.getType()));
    }
  if (std::string reason = checkColumns(nests, shared); !reason.empty())
    return reason;
  if (bytes > limits.rowBytes)
    return "a row would keep " + std::to_string(bytes) + " bytes, more than " + std::to_string(limits.rowBytes);
  if (reachesIndirectly(a, b) || reachesIndirectly(b, a))
    return "an op between them runs elsewhere";
  return "";
}

void Groups::unite(unsigned a, unsigned b) {
  bringTogether(a, b);
  order[groups[b].position] = noGroup;
  Group &into = groups[a], &from = groups[b];
  llvm::append_range(into.members, from.members);
  llvm::sort(into.members);
  llvm::append_range(into.successors, from.successors);
  llvm::append_range(into.predecessors, from.predecessors);
  into.hasContract |= from.hasContract;
  into.numBodyOps += from.numBodyOps;
  parent[b] = a;
  into.parallel = getSharedParallel(getNests(into.members));
}

void Groups::mergeProducers() {
  for (unsigned number = 0; number < ops.size(); ++number) {
    if (!groups[find(number)].fusable)
      continue;
    // Contractions first: their results are the dearest to write and read again; then the largest tensors.
    SmallVector<unsigned> producers;
    for (unsigned producer : predecessors[number])
      if (groups[find(producer)].fusable)
        producers.push_back(producer);
    auto rank = [&](unsigned producer) {
      Type type = ops[producer]->getResult(0).getType();
      return std::pair(isa<loop::ContractOp>(ops[producer]) || groups[find(producer)].hasContract,
                       estimate(getSizes(type)) * getElementBytes(getElementTypeOrSelf(type)));
    };
    llvm::sort(producers, [&](unsigned a, unsigned b) {
      auto left = rank(a), right = rank(b);
      return left != right ? left > right : a < b;
    });
    for (unsigned producer : producers) {
      unsigned a = find(producer), b = find(number);
      if (a != b && check(a, b).empty())
        unite(std::min(a, b), std::max(a, b));
    }
  }
}

/// Whether one pass over the rows serves both groups, and no member loses parallelism.
bool Groups::areSiblings(unsigned a, unsigned b) {
  if (groups[a].hasContract || groups[b].hasContract || groups[a].parallel != groups[b].parallel)
    return false;
  SmallVector<loop::LoopNestOpInterface> both = getNests(groups[a].members), right = getNests(groups[b].members);
  bool alike = both.front().getIterationSizes() == right.front().getIterationSizes();
  llvm::append_range(both, right);
  return alike && getSharedParallel(both) == groups[a].parallel;
}

/// Groups over the same parallel space that read one tensor of about its size read it once.
void Groups::mergeSiblings() {
  llvm::DenseMap<Value, SmallVector<unsigned>> readers;
  llvm::SmallSetVector<Value, 16> sources;
  for (unsigned number = 0; number < ops.size(); ++number) {
    auto nest = dyn_cast<loop::LoopNestOpInterface>(ops[number]);
    if (!nest || !groups[find(number)].fusable)
      continue;
    int64_t points = estimate(nest.getIterationSizes());
    nest->walk([&](loop::ReadOp read) {
      if (estimate(getSizes(read.getSource().getType())) * 2 < points)
        return;
      sources.insert(read.getSource());
      if (readers[read.getSource()].empty() || readers[read.getSource()].back() != number)
        readers[read.getSource()].push_back(number);
    });
  }
  for (Value source : sources) {
    // Groups that read the source, the earliest first.
    SmallVector<unsigned> open;
    for (unsigned number : readers[source]) {
      for (unsigned candidate : open)
        if (unsigned a = find(candidate), b = find(number); a != b && areSiblings(a, b) && check(a, b).empty())
          unite(std::min(a, b), std::max(a, b));
      if (llvm::none_of(open, [&](unsigned candidate) { return find(candidate) == find(number); }))
        open.push_back(number);
      if (open.size() > mostSiblings)
        open.erase(open.begin());
    }
  }
}

void Groups::merge() {
  mergeProducers();
  mergeSiblings();
}

std::string Groups::whyApart(Operation *producer, Operation *consumer) {
  unsigned a = find(numberOf.lookup(producer)), b = find(numberOf.lookup(consumer));
  if (a == b)
    return "";
  std::string reason = check(a, b);
  return reason.empty() ? "merged with others first" : reason;
}

SmallVector<SmallVector<Operation *>> Groups::getOrder() {
  // Kahn's algorithm, the earliest ready group first: deterministic, and close to program order.
  llvm::DenseMap<unsigned, unsigned> waiting;
  llvm::DenseMap<unsigned, llvm::SmallSetVector<unsigned, 4>> successors;
  for (unsigned number = 0; number < ops.size(); ++number)
    for (unsigned producer : predecessors[number]) {
      unsigned a = find(producer), b = find(number);
      if (a != b && successors[a].insert(b))
        ++waiting[b];
    }
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> ready;
  for (unsigned number = 0; number < ops.size(); ++number)
    if (find(number) == number && waiting.lookup(number) == 0)
      ready.push(number);
  SmallVector<SmallVector<Operation *>> result;
  while (!ready.empty()) {
    unsigned group = ready.top();
    ready.pop();
    result.push_back(llvm::map_to_vector(groups[group].members, [&](unsigned member) { return ops[member]; }));
    for (unsigned next : successors[group])
      if (--waiting[next] == 0)
        ready.push(next);
  }
  return result;
}
