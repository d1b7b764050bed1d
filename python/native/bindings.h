// What the parts of the extension module share.
#ifndef TC_PYTHON_BINDINGS_H
#define TC_PYTHON_BINDINGS_H

#include <nanobind/nanobind.h>

#include "tc-c/Executable.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tcpy {

/// Becomes tc.CompileError.
struct CompileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Context {
  Context();
  ~Context();
  Context(const Context &) = delete;
  /// Throws the diagnostics reported since the last time.
  [[noreturn]] void raise();

  TcContext *handle;
  std::string errors;
  std::vector<std::string> remarks;
};

struct Module {
  Module(Context &context, TcModule *handle) : context(context), handle(handle) {}
  ~Module() { tcModuleDestroy(handle); }
  Module(const Module &) = delete;

  Context &context;
  TcModule *handle;
};

void bindGraph(nanobind::module_ &m);
void bindExecutable(nanobind::module_ &m);

} // namespace tcpy

#endif
