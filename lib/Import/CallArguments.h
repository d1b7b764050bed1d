// Private: brings the arguments of a captured call into the form of tc.aten, one attribute an
// argument of the schema.
#ifndef TC_LIB_IMPORT_CALLARGUMENTS_H
#define TC_LIB_IMPORT_CALLARGUMENTS_H

#include "tc/Import/GraphBuilder.h"

namespace tc {

/// Matches arguments with a schema. Errors are emitted at `location`.
class CallArguments {
public:
  CallArguments(mlir::OpBuilder &builder, const aten::Op &op, mlir::Location location)
      : builder(builder), op(op), location(location) {}

  mlir::LogicalResult match(llvm::ArrayRef<CallArgument> positional,
                            llvm::ArrayRef<std::pair<llvm::StringRef, CallArgument>> named);

  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::Attribute> attributes;

private:
  mlir::FailureOr<mlir::Attribute> convert(const CallArgument &argument, const aten::Type &type);
  mlir::FailureOr<mlir::Attribute> convertList(const CallArgument &argument, const aten::Type &type);
  mlir::FailureOr<mlir::Attribute> convertLiteral(mlir::Attribute literal, const aten::Type &type);
  mlir::FailureOr<mlir::Attribute> convertValue(mlir::Value value, const aten::Type &type);
  mlir::Attribute convertDefault(const aten::DefaultValue &value, const aten::Type &type);
  mlir::FailureOr<mlir::Attribute> refuse(const aten::Type &expected, const llvm::Twine &found);

  mlir::OpBuilder &builder;
  const aten::Op &op;
  mlir::Location location;
  llvm::StringRef current; ///< the argument being matched, for messages
};

} // namespace tc

#endif // TC_LIB_IMPORT_CALLARGUMENTS_H
