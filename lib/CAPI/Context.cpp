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
  context->getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
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

void TcContext::error(const char *where, const std::string &message) {
  mlir::emitError(NameLoc::get(StringAttr::get(context.get(), where))) << message;
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

TcContext *tcContextCreate(void) { return new TcContext; }

void tcContextSetDiagnosticHandler(TcContext *context, TcDiagnosticHandler handler, void *userData) {
  context->handler = handler;
  context->userData = userData;
}

void tcContextDestroy(TcContext *context) {
  if (!context)
    return;
  // Executables may keep the MLIR context alive after this.
  context->handler = nullptr;
  context->context->getDiagEngine().registerHandler([](Diagnostic &) { return failure(); });
  delete context;
}

int tcContextAddOperator(TcContext *context, const char *schema) {
  llvm::Expected<const tc::aten::Op *> op = context->operators.add(schema);
  if (op)
    return 0;
  context->error("schema", llvm::toString(op.takeError()));
  return 1;
}

int tcOperatorHasDecomposition(const char *name) { return tc::hasDecomposition(name); }

void tcStringFree(char *string) { std::free(string); }

const char *tcVersion(void) { return "0.1.0"; }

} // extern "C"
