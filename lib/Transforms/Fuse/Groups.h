// The graph of a block's ops, and its partition into groups that become kernels.
#ifndef TC_LIB_TRANSFORMS_FUSE_GROUPS_H
#define TC_LIB_TRANSFORMS_FUSE_GROUPS_H

#include "tc/Dialect/Loop/IR/Loop.h"
#include "llvm/ADT/DenseMap.h"

#include <string>

namespace tc {

struct GroupLimits {
  int64_t rowBytes, minParallel;
};

/// Ops of one group run in one kernel. Ops that are not loop ops are groups of their own.
class Groups {
public:
  Groups(mlir::Block &block, GroupLimits limits);

  /// Merges groups as long as it pays.
  void merge();

  /// Groups in an order in which each comes after those that it reads; a group's ops are in program order.
  llvm::SmallVector<llvm::SmallVector<mlir::Operation *>> getOrder();
  /// Why the op's group and that of an op that it reads are not one; empty if they are.
  std::string whyApart(mlir::Operation *producer, mlir::Operation *consumer);

private:
  struct Group {
    llvm::SmallVector<unsigned> members;
    llvm::SmallVector<unsigned> successors, predecessors; // groups at the time of making; see find
    bool fusable = false, hasContract = false;
    int64_t parallel = 0;
    /// Ops in the members' bodies.
    int64_t numBodyOps = 0;
    /// Where it stands in `order`.
    unsigned position = 0;
  };

  unsigned find(unsigned group) const;
  bool reachesIndirectly(unsigned from, unsigned to);
  void bringTogether(unsigned a, unsigned b);
  std::string check(unsigned a, unsigned b);
  void unite(unsigned a, unsigned b);
  void mergeProducers();
  void mergeSiblings();
  bool areSiblings(unsigned a, unsigned b);
  bool isSmall(llvm::ArrayRef<unsigned> members);
  std::string checkColumns(llvm::ArrayRef<loop::LoopNestOpInterface> nests, int64_t shared);
  int64_t estimate(llvm::ArrayRef<SizeAttr> sizes);
  llvm::SmallVector<loop::LoopNestOpInterface> getNests(llvm::ArrayRef<unsigned> members);

  GroupLimits limits;
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::DenseMap<mlir::Operation *, unsigned> numberOf;
  /// Direct predecessors of each op.
  llvm::SmallVector<llvm::SmallVector<unsigned>> predecessors;
  std::vector<Group> groups;
  /// A topological order of the groups, with gaps where groups have gone.
  llvm::SmallVector<unsigned> order;
  static constexpr unsigned noGroup = ~0u;
  mutable llvm::SmallVector<unsigned> parent;
};

} // namespace tc

#endif
