// --import-pt2: files of torch.export.save.

#include "Translations.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "tc/Dialect/TC/IR/TC.h"
#include "tc/Import/ImportPT2.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

void tc::registerImportPT2() {
  static llvm::cl::list<std::string> schemas(
      "op-schema", llvm::cl::value_desc("schema"),
      llvm::cl::desc("--import-pt2: the schema of a custom operator, as op._schema prints it (any number)"));
  static TranslateToMLIRRegistration registration(
      "import-pt2", "import a .pt2 file of torch.export in the captured form",
      [](llvm::SourceMgr &sources, MLIRContext *context) -> OwningOpRef<Operation *> {
        tc::aten::Overlay operators;
        for (const std::string &schema : schemas)
          if (auto added = operators.add(schema); !added) {
            emitError(UnknownLoc::get(context)) << llvm::toString(added.takeError());
            return nullptr;
          }
        // By name rather than from the buffer, so that the weights are mapped and outlive the source manager.
        const llvm::MemoryBuffer *buffer = sources.getMemoryBuffer(sources.getMainFileID());
        return tc::importPT2(context, buffer->getBufferIdentifier(), &operators);
      },
      [](DialectRegistry &registry) { registry.insert<tc::TCDialect, func::FuncDialect, scf::SCFDialect>(); });
}
