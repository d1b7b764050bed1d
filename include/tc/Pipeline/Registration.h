// Everything a context or a tool of tc must know: dialects, passes, stages.
#ifndef TC_PIPELINE_REGISTRATION_H
#define TC_PIPELINE_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace tc {

/// tc's dialects, those they lower to, and the translations to LLVM IR.
void registerAllDialects(mlir::DialectRegistry &registry);
/// All passes and stages, for pass pipelines in text; the first call counts.
void registerAllPasses();

} // namespace tc

#endif
