// Views that permute dimensions.

#include "Views.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

static SmallVector<int64_t> identity(View &view) { return llvm::to_vector(llvm::seq<int64_t>(0, view.rank())); }

static LogicalResult permute(View &view) {
  std::optional<SmallVector<int64_t>> dims = view.call.integers("dims");
  if (!dims || static_cast<int64_t>(dims->size()) != view.rank())
    return failure();
  SmallVector<bool> seen(view.rank(), false);
  for (int64_t &dim : *dims) {
    dim = dim < 0 ? dim + view.rank() : dim;
    if (dim < 0 || dim >= view.rank() || seen[dim])
      return failure();
    seen[dim] = true;
  }
  view.steps.transpose(*dims);
  return success();
}

static LogicalResult swap(View &view, std::optional<int64_t> a, std::optional<int64_t> b) {
  // A 0-d tensor has dimensions 0 and -1, in eager.
  if (view.rank() == 0)
    return success();
  if (!a || !b || std::min(*a, *b) < 0)
    return failure();
  SmallVector<int64_t> permutation = identity(view);
  std::swap(permutation[*a], permutation[*b]);
  view.steps.transpose(permutation);
  return success();
}

static LogicalResult transpose(View &view) { return swap(view, view.dim("dim0"), view.dim("dim1")); }
static LogicalResult swapAxes(View &view) { return swap(view, view.dim("axis0"), view.dim("axis1")); }
static LogicalResult swapLast(View &view) { return swap(view, view.rank() - 2, view.rank() - 1); }

// The conjugate transpose, of what is real.
static LogicalResult adjoint(View &view) {
  return isa<ComplexType>(view.type.getElementType()) ? failure() : swapLast(view);
}

static LogicalResult t(View &view) {
  if (view.rank() > 2)
    return failure();
  return view.rank() < 2 ? success() : swapLast(view);
}

static LogicalResult reverse(View &view) {
  SmallVector<int64_t> permutation = identity(view);
  std::reverse(permutation.begin(), permutation.end());
  view.steps.transpose(permutation);
  return success();
}

static LogicalResult moveDim(View &view) {
  std::optional<SmallVector<int64_t>> sources = view.call.integers("source"),
                                      targets = view.call.integers("destination");
  if (!sources || !targets || sources->size() != targets->size())
    return failure();
  SmallVector<int64_t> permutation(view.rank(), -1);
  SmallVector<bool> moved(view.rank(), false);
  for (auto [source, target] : llvm::zip_equal(*sources, *targets)) {
    int64_t from = source < 0 ? source + view.rank() : source, to = target < 0 ? target + view.rank() : target;
    if (from < 0 || to < 0 || from >= view.rank() || to >= view.rank() || moved[from] || permutation[to] >= 0)
      return failure();
    permutation[to] = from;
    moved[from] = true;
  }
  int64_t next = 0;
  for (int64_t &dim : permutation) {
    if (dim >= 0)
      continue;
    while (moved[next])
      ++next;
    dim = next++;
  }
  view.steps.transpose(permutation);
  return success();
}

ArrayRef<ViewEntry> functionalize::permutationViews() {
  static constexpr ViewEntry entries[] = {
      {"permute", permute},
      {"t", t},
      {"transpose.int", transpose},
      {"swapdims", transpose},
      {"swapaxes", swapAxes},
      {"numpy_T", reverse},
      {"mT", swapLast},
      {"mH", adjoint},
      {"matrix_H", adjoint},
      {"adjoint", adjoint},
      {"movedim.int", moveDim},
      {"movedim.intlist", moveDim},
      {"moveaxis.int", moveDim},
      {"moveaxis.intlist", moveDim},
  };
  return entries;
}
