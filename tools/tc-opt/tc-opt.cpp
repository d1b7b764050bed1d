// tc-opt: runs passes and stages on text, as mlir-opt does. `--tc-stage=<name>` runs one stage, `--tc-lower` all, and
// `--stop-after=<name>` all up to one.

#include "../HideOptions.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "tc/Pipeline/Registration.h"
#include "tc/Pipeline/Stages.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

/// The arguments with `--stop-after` as an option of the `--tc-lower` that it belongs to, which need not be written:
/// pipelines see nothing of the command line but their own options. It cannot be an llvm::cl option: LLVM's code
/// generator has a hidden one of that name, for passes that tc-opt does not run.
static std::vector<std::string> foldStopAfter(int argc, char **argv) {
  std::vector<std::string> arguments;
  std::string stage;
  for (int i = 0; i < argc; ++i) {
    llvm::StringRef argument = argv[i], name = argument.ltrim('-');
    if (i == 0 || !argument.starts_with("-") || !name.consume_front("stop-after")) {
      arguments.push_back(argument.str());
    } else if (name.consume_front("=")) {
      stage = name.str();
    } else if (name.empty() && i + 1 < argc) {
      stage = argv[++i];
    } else {
      arguments.push_back(argument.str());
    }
  }
  if (stage.empty())
    return arguments;
  auto lower = llvm::find_if(arguments, [](llvm::StringRef argument) {
    return argument.starts_with("-") && argument.ltrim('-').split('=').first == "tc-lower";
  });
  if (lower == arguments.end())
    arguments.push_back("--tc-lower=stop-after=" + stage);
  else
    *lower += (llvm::StringRef(*lower).contains('=') ? " " : "=") + ("stop-after=" + stage);
  return arguments;
}

int main(int argc, char **argv) {
  tc::hideLibraryOptions();
  mlir::DialectRegistry registry;
  tc::registerAllDialects(registry);
  tc::registerAllPasses();
  std::vector<std::string> arguments = foldStopAfter(argc, argv);
  std::vector<char *> pointers;
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  std::string overview = "tc: passes and stages on text\n\n"
                         "  --tc-stage=<stage>    runs one stage of " +
                         tc::getStageNames() +
                         "\n"
                         "  --stop-after=<stage>  runs all stages up to this one\n"
                         "  --tc-lower            runs all stages\n";
  return mlir::asMainReturnCode(mlir::MlirOptMain(pointers.size(), pointers.data(), overview, registry));
}
