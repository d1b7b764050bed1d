// What the handles of the C API are.
#ifndef TC_LIB_CAPI_OBJECTS_H
#define TC_LIB_CAPI_OBJECTS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "tc-c/Context.h"
#include "tc/Import/ATen/Registry.h"

#include <memory>
#include <string>

/// The MLIR context is shared with executables whose constants lie in its attributes.
struct TcContext {
  std::shared_ptr<mlir::MLIRContext> context;
  tc::aten::Overlay operators;
  TcDiagnosticHandler handler = nullptr;
  void *userData = nullptr;

  TcContext();
  /// Reports an error that has no location in a program.
  void error(const char *where, const std::string &message);
};

struct TcModule {
  TcContext *context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// A malloc'd copy, for tcStringFree.
char *copyString(llvm::StringRef text);

/// An element type by its name in the C API; null if there is none.
mlir::Type getElementType(mlir::MLIRContext *context, llvm::StringRef name);

#endif
