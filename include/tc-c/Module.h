/* Modules: text, import of .pt2 files, pipelines. */
#ifndef TC_C_MODULE_H
#define TC_C_MODULE_H

#include "tc-c/Context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TcModule TcModule;

/* Parses MLIR text, or reads a .pt2 file written by torch.export.save; null after an error. */
TC_EXPORT TcModule *tcModuleParse(TcContext *context, const char *text, size_t length);
TC_EXPORT TcModule *tcModuleImportPT2(TcContext *context, const char *path);
TC_EXPORT void tcModuleDestroy(TcModule *module);

/* The module's text, with locations or without; free with tcStringFree. */
TC_EXPORT char *tcModulePrint(TcModule *module, int withLocations);

/* Runs a pass pipeline ("tc-functionalize,tc-decompose") in place. Nonzero after an error. */
TC_EXPORT int tcModuleRunPipeline(TcModule *module, const char *pipeline);

#ifdef __cplusplus
}
#endif

#endif
