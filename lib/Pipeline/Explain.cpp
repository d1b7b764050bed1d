// A compiled graph for people.

#include "tc/Pipeline/Explain.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <sstream>

namespace tc {

std::string explain(const CompiledGraph &graph) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "kernels (" << graph.kernels.size() << " distinct)\n";
  for (const CompiledGraph::KernelRow &row : graph.kernels) {
    os << "  " << llvm::left_justify(row.name, 40) << " " << llvm::left_justify(row.kind, 9) << row.inputs << " -> "
       << row.results << "\n";
    if (!row.notFused.empty())
      os << "      not fused: " << row.notFused << "\n";
  }
  if (!graph.externs.empty()) {
    os << "calls back into PyTorch (" << graph.externs.size() << ")\n";
    for (const CompiledGraph::Extern &call : graph.externs)
      os << "  " << call.name << " " << call.argumentsJSON << "\n";
  }
  os << "compile time\n";
  for (const StageTime &time : graph.times)
    os << "  " << llvm::left_justify(time.stage, 16) << llvm::format("%9.2f ms\n", time.milliseconds);
  std::ostringstream program;
  graph.getExecutable().getProgram().dump(program);
  os << "program\n" << program.str();
  return text;
}

} // namespace tc
