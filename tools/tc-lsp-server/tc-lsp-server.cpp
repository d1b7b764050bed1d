// tc-lsp-server: what an editor asks about .mlir files in tc's dialects: definitions, uses, types, diagnostics.

#include "../HideOptions.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "tc/Pipeline/Registration.h"

int main(int argc, char **argv) {
  tc::hideLibraryOptions();
  mlir::DialectRegistry registry;
  tc::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
