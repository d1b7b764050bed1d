// Private: the walk from a pt2::Program to calls of GraphBuilder.
#ifndef TC_LIB_IMPORT_PT2IMPORTER_H
#define TC_LIB_IMPORT_PT2IMPORTER_H

#include "tc/Import/GraphBuilder.h"
#include "tc/Import/PT2/Weights.h"

#include <set>

namespace tc {

/// The MLIR type of a dtype of the file format; null for one that MLIR does not have.
mlir::Type getElementType(mlir::MLIRContext *context, pt2::ScalarType type);

class PT2Importer {
public:
  PT2Importer(mlir::MLIRContext *context, const pt2::Program &program, const aten::Overlay *operators);
  mlir::OwningOpRef<mlir::ModuleOp> import();

private:
  /// The values of one graph, by name. A value that sizes cannot express has a reason instead, told where it is used.
  struct Scope {
    const pt2::Graph &graph;
    std::map<std::string, CallArgument, std::less<>> values;
    std::map<std::string, std::string, std::less<>> inexpressible;
  };

  // PT2Importer.cpp: inputs and outputs of the program.
  void declareSymbols();
  std::set<std::string> findMutatedInputs(const pt2::Graph &graph) const;
  mlir::LogicalResult addInput(Scope &scope, const pt2::Argument &argument, const pt2::InputSpec &spec);
  mlir::LogicalResult addUserInput(Scope &scope, const pt2::Argument &argument);
  mlir::LogicalResult addState(Scope &scope, const pt2::InputSpec &spec);
  mlir::FailureOr<mlir::Value> addStoredConstant(llvm::StringRef fqn, const pt2::StoredTensor &tensor);
  mlir::FailureOr<mlir::ElementsAttr> getStoredResource(llvm::StringRef fqn, const pt2::StoredTensor &tensor,
                                                        llvm::ArrayRef<int64_t> sizes, bool isDense);
  mlir::LogicalResult addOutputs(Scope &scope);

  // PT2Nodes.cpp: the nodes of a graph.
  mlir::LogicalResult importNodes(Scope &scope);
  mlir::LogicalResult importNode(Scope &scope, const pt2::Node &node);
  mlir::LogicalResult importCall(Scope &scope, const pt2::Node &node, llvm::StringRef op, mlir::Location location);
  mlir::LogicalResult bindOutputs(Scope &scope, const pt2::Node &node, llvm::ArrayRef<CallArgument> results,
                                  mlir::Location location);
  /// Gives a symbolic number its size, from the capture.
  void bindSymbolic(Scope &scope, llvm::StringRef name, mlir::Location location);
  mlir::FailureOr<CallArgument> convert(Scope &scope, const pt2::Argument &argument, mlir::Location location);
  mlir::FailureOr<RefType> typeOf(Scope &scope, llvm::StringRef tensor, mlir::Location location);
  mlir::FailureOr<SizeAttr> sizeOf(const pt2::SymInt &size, mlir::Location location);
  mlir::FailureOr<llvm::SmallVector<SizeAttr>> sizesOf(llvm::ArrayRef<pt2::SymInt> sizes, mlir::Location location);

  // PT2HigherOrder.cpp: operators on graphs.
  mlir::LogicalResult importHigherOrder(Scope &scope, const pt2::Node &node, llvm::StringRef op,
                                        mlir::Location location);
  mlir::LogicalResult importCond(Scope &scope, const pt2::Node &node, mlir::Location location);
  mlir::LogicalResult importWhile(Scope &scope, const pt2::Node &node, mlir::Location location);
  mlir::LogicalResult importScan(Scope &scope, const pt2::Node &node, bool hasCarried, mlir::Location location);
  /// Adds the nodes of a subgraph in place and gives the values of its outputs.
  mlir::FailureOr<std::vector<CallArgument>> inlineGraph(const pt2::Graph &graph, llvm::ArrayRef<CallArgument> inputs,
                                                         mlir::Location location);

  mlir::MLIRContext *context;
  const pt2::Program &program;
  const aten::Overlay builtinOperators;
  const aten::Overlay &operators;
  mlir::Location fileLocation;
  GraphBuilder builder;
  std::set<std::string> mutatedInputs;
  /// Tensors that several names share are one constant.
  std::map<std::string, mlir::Value> constants;
};

} // namespace tc

#endif // TC_LIB_IMPORT_PT2IMPORTER_H
