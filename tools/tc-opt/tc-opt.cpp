// tc-opt: runs passes and stages on text, as mlir-opt does. `--tc-stage-<name>` runs one stage,
// `--tc-lower=stop-after=<name>` all up to one.

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "tc/Pipeline/Registration.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  tc::registerAllDialects(registry);
  tc::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "tc: passes and stages on text\n", registry));
}
