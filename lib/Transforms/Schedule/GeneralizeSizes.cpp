// tc-generalize-sizes: kernels that run once are compiled for any size, so that few are compiled.

#include "ComputedOnce.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Matchers.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Transforms/Schedule/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace tc {
#define GEN_PASS_DEF_GENERALIZESIZES
#include "tc/Transforms/Schedule/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

/// The sizes that become symbols, in the order in which the kernel mentions them.
struct Symbols {
  llvm::MapVector<int64_t, StringAttr> names;

  void add(ArrayRef<SizeAttr> sizes) {
    // Windows and blocks of columns stay constants, which loops over them are unrolled and vectorised by.
    constexpr int64_t mostWindow = 32;
    for (auto [dim, size] : llvm::enumerate(sizes)) {
      std::optional<int64_t> value = size.getConstant();
      if (value && *value > 1 && (dim == 0 || *value > mostWindow) && !names.contains(*value))
        names[*value] = StringAttr::get(size.getContext(), "n" + std::to_string(names.size()));
    }
  }
  void addType(Type type) {
    if (isa<RankedTensorType>(type))
      add(getSizes(type));
  }
  SizeAttr replace(SizeAttr size) const {
    std::optional<int64_t> value = size.getConstant();
    StringAttr name = value ? names.lookup(*value) : StringAttr();
    return name ? SizeAttr::symbol(size.getContext(), name) : size;
  }
  Type replace(RankedTensorType type) const {
    SmallVector<SizeAttr> sizes = llvm::map_to_vector(getSizes(type), [&](SizeAttr size) { return replace(size); });
    return getTensorType(sizes, type.getElementType());
  }
};

struct GeneralizeSizes : tc::impl::GeneralizeSizesBase<GeneralizeSizes> {
  void runOnOperation() override {
    getOperation()->walk([&](fusion::KernelOp kernel) {
      if (runsOnce(kernel) && hasConstantSizes(kernel))
        generalize(kernel);
    });
  }

  static bool runsOnce(fusion::KernelOp kernel) { return llvm::all_of(kernel.getInputs(), isComputedOnce); }

  /// Whether all sizes are known here, and all ops take symbols instead. A reshape or a constant tensor relates sizes
  /// in ways that symbols of their own would lose.
  static bool hasConstantSizes(fusion::KernelOp kernel) {
    return !kernel.getSizes() && llvm::all_of(kernel.getBody().front().without_terminator(), [](Operation &op) {
      return isa<loop::MapOp, loop::ReduceOp, TransposeOp>(op) &&
             llvm::all_of(op.getResultTypes(), [](Type type) { return cast<RankedTensorType>(type).hasStaticShape(); });
    });
  }

  void generalize(fusion::KernelOp kernel) {
    Symbols symbols;
    Block &body = kernel.getBody().front();
    for (Type type : body.getArgumentTypes())
      symbols.addType(type);
    for (Operation &op : body) {
      if (auto nest = dyn_cast<loop::LoopNestOpInterface>(op))
        symbols.add(nest.getIterationSizes());
      for (Type type : op.getResultTypes())
        symbols.addType(type);
    }
    if (symbols.names.empty())
      return;
    ++numGeneralized;

    AttrTypeReplacer replacer;
    replacer.addReplacement([&](SizeAttr size) { return std::pair(symbols.replace(size), WalkResult::skip()); });
    replacer.addReplacement(
        [&](RankedTensorType type) { return std::pair(symbols.replace(type), WalkResult::skip()); });
    for (BlockArgument argument : body.getArguments())
      argument.setType(replacer.replace(argument.getType()));
    for (Operation &op : body)
      replacer.recursivelyReplaceElementsIn(&op, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
    replaceBounds(body, symbols);

    Builder builder(kernel);
    SmallVector<NamedAttribute> values;
    for (auto [value, name] : symbols.names)
      values.emplace_back(name, builder.getI64IntegerAttr(value));
    kernel.setSizesAttr(builder.getDictionaryAttr(values));
  }

  /// Bounds of guards are sizes as well.
  static void replaceBounds(Block &body, const Symbols &symbols) {
    body.walk([&](arith::ConstantIndexOp bound) {
      if (StringAttr name = symbols.names.lookup(bound.value())) {
        OpBuilder builder(bound);
        SizeAttr size = SizeAttr::symbol(bound.getContext(), name);
        bound.replaceAllUsesWith(loop::IndexOp::create(builder, bound.getLoc(), size).getResult());
        bound.erase();
      }
    });
  }
};

} // namespace
