// A graph that is being built, and what each function that adds to it does first: checks and conversions of arguments.
#ifndef TC_LIB_CAPI_GRAPHCALL_H
#define TC_LIB_CAPI_GRAPHCALL_H

#include "Objects.h"
#include "tc-c/Graph.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Import/GraphBuilder.h"

#include <optional>
#include <vector>

struct TcGraph {
  std::shared_ptr<TcContext> context;
  tc::GraphBuilder builder;
  std::vector<mlir::Value> values;
  enum class State { Open, Ended, Finished } state = State::Open;

  /// The number of the value; -1 for null.
  TcValue add(mlir::Value value);
  mlir::Location unknown() { return mlir::UnknownLoc::get(builder.getContext()); }
  mlir::Location locate(TcLocation location);
};

/// A call of a function that adds to a graph. Its errors are located at a place in the user's program where there is
/// one, else at the function.
class GraphCall : public Call {
public:
  GraphCall(TcGraph *graph, const char *function);

  /// Whether the graph is there and takes more.
  bool isOpen() const;
  /// Of what is added.
  mlir::Location getLoc() const { return *loc; }
  mlir::InFlightDiagnostic error(const llvm::Twine &message) const { return mlir::emitError(*errorLoc, message); }
  void setLoc(mlir::Location location) { loc = errorLoc = location; }
  /// Errors are at a call in the user's program, if that is known.
  void setLoc(TcLocation location);

  llvm::LogicalResult parseSizes(size_t count, const char *const *texts, llvm::StringRef argument,
                                 llvm::SmallVectorImpl<tc::SizeAttr> &sizes) const;
  llvm::FailureOr<mlir::Type> getElement(const char *dtype) const;
  llvm::FailureOr<tc::RefType> getType(const TcTensorType &type) const;
  llvm::LogicalResult getTypes(size_t count, const TcTensorType *types,
                               llvm::SmallVectorImpl<mlir::Type> &result) const;
  llvm::FailureOr<mlir::Value> getValue(TcValue value) const;
  llvm::FailureOr<tc::CallArgument> convert(const TcArgument &argument, size_t depth = 0) const;
  llvm::FailureOr<std::vector<tc::CallArgument>> convert(size_t count, const TcArgument *arguments,
                                                         llvm::StringRef name, size_t depth = 0) const;
  /// Writes the values' numbers; nonzero after an error.
  int addAll(llvm::FailureOr<llvm::SmallVector<mlir::Value>> added, TcValue *numbers) const;

private:
  TcGraph *graph;
  std::optional<mlir::Location> loc, errorLoc;
};

#endif
