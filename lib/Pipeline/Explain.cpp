// A compiled graph for people.

#include "tc/Pipeline/Explain.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <sstream>

namespace tc {

namespace {

class Explainer {
public:
  Explainer(const CompiledGraph &graph, const ExplainOptions &options, llvm::raw_ostream &os);
  void printKernels();
  void printExterns();
  void printMemory();
  void printTimes();
  void printProgram();

private:
  std::optional<int64_t> evaluate(const runtime::SizeExpr &expr) const;
  /// "3.2 M", or the expression.
  std::string print(const runtime::SizeExpr &expr) const;
  void printRow(const CompiledGraph::KernelRow &row, size_t width);

  const CompiledGraph &graph;
  const ExplainOptions &options;
  const runtime::Program &program;
  llvm::raw_ostream &os;
  std::vector<std::string> symbolNames;
  std::vector<int64_t> symbolValues;
  std::vector<bool> known;
};

} // namespace

Explainer::Explainer(const CompiledGraph &graph, const ExplainOptions &options, llvm::raw_ostream &os)
    : graph(graph), options(options), program(graph.getExecutable().getProgram()), os(os) {
  for (const runtime::Symbol &symbol : program.symbols) {
    auto given = options.sizes.find(symbol.name);
    symbolNames.push_back(symbol.name);
    known.push_back(given != options.sizes.end());
    symbolValues.push_back(known.back() ? given->second : 0);
  }
}

std::optional<int64_t> Explainer::evaluate(const runtime::SizeExpr &expr) const {
  for (uint32_t symbol = 0; symbol < known.size(); ++symbol)
    if (!known[symbol] && expr.uses(symbol))
      return std::nullopt;
  int64_t value;
  return expr.evaluate(symbolValues, value) ? std::optional(value) : std::nullopt;
}

static std::string printCount(double value) {
  static constexpr const char *prefixes[] = {"", "k", "M", "G", "T", "P"};
  unsigned prefix = 0;
  for (; value >= 1000 && prefix + 1 < std::size(prefixes); ++prefix)
    value /= 1000;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format(prefix ? "%.1f" : "%.0f", value) << (prefix ? " " : "") << prefixes[prefix];
  return text;
}

std::string Explainer::print(const runtime::SizeExpr &expr) const {
  std::optional<int64_t> value = evaluate(expr);
  return value ? printCount(*value) : expr.str(symbolNames);
}

void Explainer::printRow(const CompiledGraph::KernelRow &row, size_t width) {
  os << llvm::left_justify(row.name, width) << "  " << llvm::left_justify(row.kind, 8)
     << llvm::format(" %5u %5u  ", row.launches, row.onceLaunches) << llvm::right_justify(print(row.bytes), 9) << "  "
     << llvm::right_justify(print(row.flops), 9) << "  " << row.inputs << " -> " << row.results << "\n";
  if (options.sources && !row.sources.empty()) {
    os << "    from ";
    llvm::interleaveComma(row.sources, os);
    os << "\n";
  }
  for (const std::string &reason : row.notFused)
    os << "    not fused with " << reason << "\n";
}

void Explainer::printKernels() {
  unsigned launches = 0, once = 0;
  double bytes = 0, flops = 0;
  bool complete = true;
  size_t width = 6;
  for (const CompiledGraph::KernelRow &row : graph.kernels) {
    launches += row.launches;
    once += row.onceLaunches;
    width = std::max(width, row.name.size());
    if (!row.launches)
      continue;
    std::optional<int64_t> rowBytes = evaluate(row.bytes), rowFlops = evaluate(row.flops);
    complete &= rowBytes && rowFlops;
    bytes += static_cast<double>(rowBytes.value_or(0)) * row.launches;
    flops += static_cast<double>(rowFlops.value_or(0)) * row.launches;
  }
  os << graph.kernels.size() << " kernels: " << launches << " launches a run";
  if (once)
    os << ", " << once << " once on constants";
  if (complete)
    os << "; " << printCount(bytes) << "B and " << printCount(flops) << "FLOP a run";
  os << "\n\n"
     << llvm::left_justify("kernel", width) << "  kind      runs  once      bytes      flops  inputs -> results\n";
  for (const CompiledGraph::KernelRow &row : graph.kernels)
    printRow(row, width);
}

void Explainer::printExterns() {
  os << "\n" << graph.externs.size() << " calls back into PyTorch\n";
  for (const CompiledGraph::Extern &call : graph.externs)
    os << "  " << call.name << " " << call.argumentsJSON << "\n";
}

void Explainer::printMemory() {
  int64_t constants = 0;
  for (const runtime::Constant &constant : program.constants)
    constants += constant.bytes;
  runtime::SizeExpr once(0);
  for (const runtime::Value &value : program.values)
    if (value.kind == runtime::Value::Kind::Once)
      once = once + value.bytes;
  os << "\nconstants " << printCount(constants) << "B, computed from them once " << print(once) << "B\n";
}

void Explainer::printTimes() {
  double total = 0;
  os << "\ncompile time\n";
  for (const StageTime &time : graph.times) {
    os << "  " << llvm::left_justify(time.stage, 16) << llvm::format("%9.2f ms\n", time.milliseconds);
    total += time.milliseconds;
  }
  os << "  " << llvm::left_justify("total", 16) << llvm::format("%9.2f ms\n", total);
}

void Explainer::printProgram() {
  std::ostringstream text;
  program.dump(text);
  os << "\n" << text.str();
}

std::string explain(const CompiledGraph &graph, const ExplainOptions &options) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Explainer explainer(graph, options, os);
  explainer.printKernels();
  explainer.printExterns();
  explainer.printMemory();
  explainer.printTimes();
  if (options.program)
    explainer.printProgram();
  return text;
}

} // namespace tc
