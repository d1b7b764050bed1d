// tc: compiles, runs and explains captured models from the command line. Exits with 0 after success, 1 if something is
// wrong with the model, its inputs or a file, and 2 if the command line is.

#include "Commands.h"

using namespace tc::tool;

static const char overview[] = R"(tc: the tensor compiler on the command line

  tc compile model.pt2 -o model.o    kernels as .mlir, .ll, .s, .o or .ptx
  tc run model.pt2 x.npy             run on inputs from files, or on random ones
  tc explain model.pt2               a table of kernels: what was fused, what it costs

`tc <command> --help` lists a command's options.
)";

int main(int argc, char **argv) {
  std::unique_ptr<Command> commands[] = {createCompileCommand(), createRunCommand(), createExplainCommand()};
  llvm::cl::HideUnrelatedOptions(getCategory());
  for (const std::unique_ptr<Command> &command : commands)
    llvm::cl::HideUnrelatedOptions(getCategory(), command->get());
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) { os << "tc " TC_VERSION "\n"; });
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs()))
    return 2;
  for (const std::unique_ptr<Command> &command : commands)
    if (command->get())
      return mlir::failed(command->run()) ? 1 : 0;
  llvm::errs() << overview;
  return 2;
}
