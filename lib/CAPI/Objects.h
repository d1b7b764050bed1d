// What the handles of the C API are, and the checks at the entry of its functions.
#ifndef TC_LIB_CAPI_OBJECTS_H
#define TC_LIB_CAPI_OBJECTS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "tc-c/Context.h"
#include "tc/Import/ATen/Registry.h"

#include <memory>
#include <mutex>
#include <string>

/// Kept alive by its handle, and by the graphs and modules made with it. The MLIR context is shared with executables as
/// well, whose constants lie in its attributes.
struct TcContext : std::enable_shared_from_this<TcContext> {
  std::shared_ptr<mlir::MLIRContext> context;
  tc::aten::Overlay operators;
  TcDiagnosticHandler handler = nullptr;
  void *userData = nullptr;
  std::recursive_mutex mutex;      ///< held by each call on the context and what is made with it
  std::shared_ptr<TcContext> self; ///< the handle's reference

  TcContext();
  ~TcContext();

private:
  mlir::DiagnosticEngine::HandlerID handlerID;
};

struct TcModule {
  std::shared_ptr<TcContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Why it takes no more passes; empty if it does.
  std::string closed;
};

/// One call of a function of the API: holds the context, and reports arguments that the function cannot take as errors
/// located at its name.
class Call {
public:
  /// `handle` names what the context comes from; a null context is a null handle.
  Call(TcContext *context, const char *function, const char *handle = "context");

  /// Whether the handle is there.
  explicit operator bool() const { return context != nullptr; }

  /// Reports; always false.
  bool fail(const llvm::Twine &message) const;
  bool isPresent(const void *pointer, llvm::StringRef argument) const;
  /// An array of `count` elements, at most `most`.
  bool isArray(const void *array, size_t count, llvm::StringRef argument, size_t most = maxCount) const;

  static constexpr size_t maxCount = size_t(1) << 20;
  static constexpr size_t maxRank = 64;

private:
  std::shared_ptr<TcContext> context;
  std::unique_lock<std::recursive_mutex> lock;
  const char *function;
};

/// A malloc'd copy, for tcStringFree.
char *copyString(llvm::StringRef text);

#endif
