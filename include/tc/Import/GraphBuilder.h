// Builds the as-captured form of a graph: one func.func, one tc.aten op a captured call. The FX
// importer (through the C API) and the .pt2 reader both go through here, so arguments are checked
// and completed against the operator registry in one place. Problems are diagnostics at the
// location of the call and name the operator and the argument.
#ifndef TC_IMPORT_GRAPHBUILDER_H
#define TC_IMPORT_GRAPHBUILDER_H

#include "tc/Dialect/TC/IR/TC.h"
#include "tc/Import/ATen/Registry.h"
#include "tc/Import/SymExpr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

#include <map>

namespace tc {

/// An argument of a captured call: a literal, a value of the graph, or a list of these. Literals
/// are integers (i64), floats (f64), booleans, strings (devices, layouts and memory formats as
/// well), dtypes (type attributes), symbolic sizes, and none.
class CallArgument {
public:
  /// None.
  CallArgument() = default;
  /*implicit*/ CallArgument(mlir::Value value) : value(value) {}
  /*implicit*/ CallArgument(mlir::Attribute literal) : literal(literal) {}
  static CallArgument list(std::vector<CallArgument> elements) {
    CallArgument argument;
    argument.isAList = true;
    argument.elements = std::move(elements);
    return argument;
  }

  bool isNone() const { return !value && !literal && !isAList; }
  bool isList() const { return isAList; }
  mlir::Value getValue() const { return value; }
  mlir::Attribute getLiteral() const { return literal; }
  llvm::ArrayRef<CallArgument> getElements() const { return elements; }

private:
  mlir::Value value;
  mlir::Attribute literal;
  bool isAList = false;
  std::vector<CallArgument> elements;
};

class GraphBuilder {
public:
  /// Starts a function of this name in a fresh module. Custom operators are looked up in
  /// `operators`, which outlives the builder; without it there are the built-in ones.
  GraphBuilder(mlir::MLIRContext *context, mlir::Location location, llvm::StringRef name = "main",
               const aten::Overlay *operators = nullptr);

  mlir::MLIRContext *getContext() { return builder.getContext(); }

  // Sizes and types.

  /// Bounds of a symbol, inclusive; to be called before the symbol is used.
  void declareSymbol(llvm::StringRef name, SizeRange range);
  SizeRange rangeOf(llvm::StringRef symbol) const;
  /// A size from sympy text.
  mlir::FailureOr<SizeAttr> parseSize(llvm::StringRef text, mlir::Location location);
  /// Fails for negative or huge sizes, and for what is no element type.
  mlir::FailureOr<RefType> getRefType(llvm::ArrayRef<SizeAttr> sizes, mlir::Type elementType, mlir::Location location);

  // Inputs, in the order of the function's arguments.

  enum class InputKind { Input, Parameter, Buffer };

  /// A tensor. Strides, in elements, are recorded when they are not those of a contiguous tensor; none given means
  /// contiguous. `initialValue` is for a buffer that the graph mutates: what it holds before the first run.
  mlir::FailureOr<mlir::Value> addTensorInput(llvm::StringRef name, InputKind kind, RefType type,
                                              llvm::ArrayRef<SizeAttr> strides, mlir::Location location,
                                              mlir::ElementsAttr initialValue = {});
  /// A symbolic integer: an index, whose value is `size`, a symbol or an expression.
  mlir::Value addSymbolInput(llvm::StringRef name, SizeAttr size, mlir::Location location);
  /// A scalar whose value is no size: i64, f64 or i1.
  mlir::Value addScalarInput(llvm::StringRef name, mlir::Type type, mlir::Location location);

  // Constants: parameters, buffers and lifted tensors whose value is known.

  /// The contents of a tensor as a resource of the module that refers to `data` (row-major; a byte a boolean).
  mlir::FailureOr<mlir::ElementsAttr> getResource(llvm::StringRef name, mlir::RankedTensorType type,
                                                  mlir::AsmResourceBlob data, mlir::Location location);
  mlir::Value addConstant(mlir::ElementsAttr value, mlir::Location location);

  // Calls and results.

  /// Adds a call. Arguments are matched with the operator's schema: by position, by name, and by its defaults. There is
  /// one type a result, the tensors of a list each on its own; a null type is a result that is None. Assertions about
  /// sizes and dtypes are checked by the capture, so a call of one adds nothing. `symbol` is the symbol that an index
  /// result defines (`item` and its like).
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> call(llvm::StringRef op, llvm::ArrayRef<CallArgument> positional,
                                                       llvm::ArrayRef<std::pair<llvm::StringRef, CallArgument>> named,
                                                       llvm::ArrayRef<mlir::Type> resultTypes, mlir::Location location,
                                                       llvm::StringRef symbol = "");

  /// An operator whose only purpose is to check sizes, dtypes or devices at run time.
  static bool isAssertion(llvm::StringRef op);

  // Control flow. Between begin and end, calls are added to the region; regions nest. Every value that a region yields
  // is a value of the graph.

  /// Starts `if`; the predicate is a 0-d boolean tensor or an i1. What is added next is its `then` region. Symbols that
  /// only the result types name are defined by it: each branch has its own size there.
  mlir::LogicalResult beginIf(mlir::Value predicate, llvm::ArrayRef<mlir::Type> resultTypes, mlir::Location location);
  mlir::LogicalResult beginElse(llvm::ArrayRef<CallArgument> thenResults, mlir::Location location);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> endIf(llvm::ArrayRef<CallArgument> elseResults,
                                                        mlir::Location location);

  /// Starts `while`: what is added next computes the predicate from the values carried, which are returned.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> beginWhile(llvm::ArrayRef<CallArgument> initial,
                                                             mlir::Location location);
  /// The body; again the values carried are returned.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> beginBody(mlir::Value predicate, mlir::Location location);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> endWhile(llvm::ArrayRef<CallArgument> carried,
                                                           mlir::Location location);

  /// Starts a loop over the rows of `stacked`, in their order: its body, to which the values carried and the tensors'
  /// rows are given. `length`, a size or an i64 tensor, is how many; the rows that the body gives are stored in
  /// `buffers`, whose initial values these are.
  struct Rows {
    llvm::SmallVector<mlir::Value> carried, rows;
  };
  mlir::FailureOr<Rows> beginScan(llvm::ArrayRef<CallArgument> initial, llvm::ArrayRef<CallArgument> stacked,
                                  const CallArgument &length, llvm::ArrayRef<CallArgument> buffers,
                                  mlir::Location location);
  /// Gives the last values carried, then the buffers.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> endScan(llvm::ArrayRef<CallArgument> carried,
                                                          llvm::ArrayRef<CallArgument> rows, mlir::Location location);

  struct Output {
    CallArgument value;
    llvm::SmallVector<SizeAttr> strides; ///< of a tensor; empty for contiguous
  };
  /// Ends the function. What is no value of the graph (None, a literal, a size) is not returned; the function's
  /// attribute tc.outputs, present only if there is such an output, says what all outputs of the program are.
  mlir::LogicalResult setOutputs(llvm::ArrayRef<Output> outputs, mlir::Location location);

  /// Hands the module over, verified. The builder is not used after that.
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> finish();

private:
  mlir::Value addInput(llvm::StringRef name, mlir::Type type, mlir::Location location);
  mlir::FailureOr<mlir::Value> getPredicate(mlir::Value predicate, mlir::Location location);
  mlir::FailureOr<mlir::Value> bindSizes(mlir::Value value, RefType type, llvm::StringSet<> &bound,
                                         mlir::Location location);
  mlir::LogicalResult yield(llvm::ArrayRef<CallArgument> results, mlir::TypeRange types, mlir::Location location);
  bool isContiguous(RefType type, llvm::ArrayRef<SizeAttr> strides, bool unitsMatter = false) const;

  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  const aten::Overlay builtinOperators;
  const aten::Overlay &operators;
  /// Schemas of the custom operators that are called, for the passes.
  llvm::SetVector<llvm::StringRef> customSchemas;
  std::map<std::string, SizeRange, std::less<>> symbols;
  llvm::SmallVector<mlir::Operation *> openRegions; ///< scf.if and scf.while that have not ended
};

} // namespace tc

#endif // TC_IMPORT_GRAPHBUILDER_H
