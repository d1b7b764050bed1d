// Contexts, diagnostics and strings.

#include "Objects.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tc/Pipeline/Registration.h"
#include "tc/Transforms/Decompose/Passes.h"

#include <cstdlib>
#include <cstring>

using namespace mlir;

TcContext::TcContext() {
  DialectRegistry registry;
  tc::registerAllDialects(registry);
  // Kernels are compiled on threads of their own, each through this context.
  context = std::make_shared<MLIRContext>(registry, MLIRContext::Threading::ENABLED);
  context->printOpOnDiagnostic(false);
  context->loadAllAvailableDialects();
  handlerID = context->getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    if (!handler)
      return failure();
    std::string location, message;
    llvm::raw_string_ostream locationStream(location), messageStream(message);
    locationStream << diagnostic.getLocation();
    messageStream << diagnostic;
    for (Diagnostic &note : diagnostic.getNotes())
      messageStream << "\nnote: " << note;
    static constexpr TcSeverity severities[] = {TC_NOTE, TC_WARNING, TC_ERROR, TC_REMARK};
    handler(userData, severities[static_cast<int>(diagnostic.getSeverity())], location.c_str(), message.c_str());
    return success();
  });
}

// Executables may keep the MLIR context alive after this.
TcContext::~TcContext() { context->getDiagEngine().eraseHandler(handlerID); }

Call::Call(TcContext *given, const char *function, const char *handle) : function(function) {
  if (given) {
    context = given->shared_from_this();
    lock = std::unique_lock<std::recursive_mutex>(context->mutex);
  } else {
    fail(Twine("expected a ") + handle + ", found null");
  }
}

bool Call::fail(const Twine &message) const {
  if (context)
    mlir::emitError(NameLoc::get(StringAttr::get(context->context.get(), function))) << message;
  else
    llvm::errs() << function << ": error: " << message << "\n";
  return false;
}

bool Call::isPresent(const void *pointer, StringRef argument) const {
  return pointer || fail("expected '" + argument + "', found null");
}

bool Call::isArray(const void *array, size_t count, StringRef argument, size_t most) const {
  if (count > most)
    return fail("expected at most " + Twine(most) + " elements in '" + argument + "', found " + Twine(count));
  return array || count == 0 || fail("expected " + Twine(count) + " elements in '" + argument + "', found null");
}

char *copyString(llvm::StringRef text) {
  char *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (copy) {
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
  }
  return copy;
}

extern "C" {

TcContext *tcContextCreate(void) {
  auto context = std::make_shared<TcContext>();
  context->self = context;
  return context.get();
}

void tcContextSetDiagnosticHandler(TcContext *context, TcDiagnosticHandler handler, void *userData) {
  if (Call call(context, "tcContextSetDiagnosticHandler"); call) {
    context->handler = handler;
    context->userData = userData;
  }
}

void tcContextDestroy(TcContext *context) {
  if (!context)
    return;
  Call call(context, "tcContextDestroy");
  context->handler = nullptr;
  context->self.reset();
}

int tcContextAddOperator(TcContext *context, const char *schema) {
  Call call(context, "tcContextAddOperator");
  if (!call || !call.isPresent(schema, "schema"))
    return 1;
  llvm::Expected<const tc::aten::Op *> op = context->operators.add(schema);
  if (op)
    return 0;
  call.fail(llvm::toString(op.takeError()));
  return 1;
}

int tcOperatorHasDecomposition(const char *name) { return name && tc::hasDecomposition(name); }

void tcStringFree(char *string) { std::free(string); }

const char *tcVersion(void) { return "0.1.0"; }

} // extern "C"
