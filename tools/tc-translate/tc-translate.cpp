// tc-translate: between tc's IR and the formats around it, as mlir-translate does.

#include "../HideOptions.h"
#include "Translations.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "tc/Target/NVPTX/PTX.h"

int main(int argc, char **argv) {
  tc::hideLibraryOptions();
  tc::registerImportPT2();
  tc::registerKernelTranslations();
  tc::nvptx::registerPTXTranslation();
  return failed(mlir::mlirTranslateMain(argc, argv, "tc: translations"));
}
