// A captured call as its decomposition sees it: arguments by position in the schema, with the types the formula wants,
// and what the capture says of the results. Arguments that do not fit are noted as failures, and stand in as something
// harmless.
#ifndef TC_TRANSFORMS_DECOMPOSE_CALL_H
#define TC_TRANSFORMS_DECOMPOSE_CALL_H

#include "Expr.h"

#include "llvm/ADT/StringMap.h"

#include <functional>

namespace tc::decompose {

class Call : public ExprBuilder {
public:
  explicit Call(AtenOp op, bool takesComplex = false) : ExprBuilder(op), op(op), takesComplex(takesComplex) {}

  AtenOp getOp() { return op; }
  llvm::StringRef getName() { return op.getName(); }
  /// The name without its overload.
  llvm::StringRef getPacket() { return op.getName().split('.').first; }
  size_t getNumArgs() { return op.getArgs().size(); }
  bool isNone(size_t i);
  /// An argument given as a list.
  bool isList(size_t i);

  // Arguments. Those that are absent or None give `otherwise`, where there is one.

  /// A tensor, number or size; nothing for None.
  Expr expr(size_t i);
  /// A tensor, f16 and bf16 as f32.
  Expr wide(size_t i) { return widen(expr(i)); }
  /// A tensor in the floating type that a function such as sin computes in.
  Expr real(size_t i) { return toFloat(expr(i)); }
  llvm::SmallVector<Expr> exprs(size_t i);
  int64_t integer(size_t i, std::optional<int64_t> otherwise = {});
  double number(size_t i, std::optional<double> otherwise = {});
  bool flag(size_t i, std::optional<bool> otherwise = {});
  llvm::StringRef string(size_t i, llvm::StringRef otherwise = "");
  /// An element type.
  Type type(size_t i, Type otherwise = {});
  SizeAttr sizeArg(size_t i);
  Sizes sizes(size_t i);
  /// A list of integers; one entry stands for `count` if that is not 0.
  Ints integers(size_t i, size_t count = 0, std::optional<int64_t> otherwise = {});
  llvm::SmallVector<bool> flags(size_t i);
  /// A dimension of a tensor of this rank, counted from the front.
  int64_t dim(size_t i, int64_t rank, std::optional<int64_t> otherwise = {});
  /// Dimensions to reduce: a list or one; None and the empty list are all.
  Ints dims(size_t i, int64_t rank);

  // Results as captured.

  size_t getNumResults() { return op.getNumResults(); }
  mlir::RankedTensorType resultType(size_t i = 0);
  Type element(size_t i = 0);
  Sizes resultSizes(size_t i = 0);
  bool isUsed(size_t i) { return i < op.getNumResults() && !op.getResult(i).use_empty(); }

private:
  mlir::Attribute arg(size_t i);
  Expr fromAttribute(mlir::Attribute attribute);

  AtenOp op;
  bool takesComplex;
};

/// What a decomposition returns: an expression a result, None for one that the output mask excludes.
struct Results : llvm::SmallVector<Expr, 3> {
  Results(Expr expr) { push_back(std::move(expr)); }
  Results(std::initializer_list<Expr> exprs) : SmallVector(exprs) {}
  Results(llvm::ArrayRef<Expr> exprs) : SmallVector(exprs.begin(), exprs.end()) {}
  Results(llvm::SmallVector<Expr> exprs) : Results(llvm::ArrayRef<Expr>(exprs)) {}
};

using Decomposition = std::function<Results(Call &)>;

/// Decompositions by the name of the op. "add.*" is for all overloads of add, "relu" for the one without a name.
class Decompositions {
public:
  void add(llvm::StringRef name, Decomposition decomposition) { table[name] = std::move(decomposition); }
  void add(std::initializer_list<llvm::StringRef> names, const Decomposition &decomposition) {
    for (llvm::StringRef name : names)
      add(name, decomposition);
  }
  /// Also finds the op of which this is the copying form, "view" for "view_copy".
  const Decomposition *lookup(llvm::StringRef name) const;

private:
  const Decomposition *lookupExact(llvm::StringRef packet, llvm::StringRef overload) const;
  llvm::StringMap<Decomposition> table;
};

// The families, a file each.
void addPointwise(Decompositions &d);
void addActivations(Decompositions &d);
void addComparisons(Decompositions &d);
void addReductions(Decompositions &d);
void addSoftmax(Decompositions &d);
void addNormalization(Decompositions &d);
void addLinearAlgebra(Decompositions &d);
void addConvolution(Decompositions &d);
void addPooling(Decompositions &d);
void addResizing(Decompositions &d);
void addIndexing(Decompositions &d);
void addScattering(Decompositions &d);
void addEmbeddingBag(Decompositions &d);
void addCreation(Decompositions &d);
void addShape(Decompositions &d);
void addAttention(Decompositions &d);
void addLosses(Decompositions &d);
void addSorting(Decompositions &d);
void addRandom(Decompositions &d);
void addForeach(Decompositions &d);
void addTransformerLayers(Decompositions &d);
void addRecurrentLayers(Decompositions &d);
void addComposites(Decompositions &d);
void addSpecialFunctions(Decompositions &d);
/// Those of calls that take or give complex tensors, a table of its own; `real` is the table of all others.
void addComplex(Decompositions &d, const Decompositions &real);

// Formulas that other families use.
Expr softmax(const Expr &x, int64_t dim);
Expr logSoftmax(const Expr &x, int64_t dim);

} // namespace tc::decompose

#endif // TC_TRANSFORMS_DECOMPOSE_CALL_H
