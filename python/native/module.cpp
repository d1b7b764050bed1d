// The extension module tc._tc: nanobind over the C API.

#include "bindings.h"

NB_MODULE(_tc, m) {
  // The process keeps one Runtime to its end.
  nanobind::set_leak_warnings(false);
  nanobind::exception<tcpy::CompileError>(m, "CompileError", PyExc_RuntimeError);
  m.attr("__version__") = tcVersion();
  tcpy::bindGraph(m);
  tcpy::bindExecutable(m);
}
