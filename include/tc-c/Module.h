/* Modules: text, import of .pt2 files, pipelines. Errors, ownership and threads: see Context.h. */
#ifndef TC_C_MODULE_H
#define TC_C_MODULE_H

#include "tc-c/Context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TcModule TcModule;

/* Parses `length` bytes of MLIR text (no zero at the end is needed), or reads a .pt2 file written by torch.export.save;
 * null after an error. The weights of a .pt2 file stay in it, mapped into memory: it must not be overwritten while the
 * module, or an executable made of it, exists. */
TC_EXPORT TcModule *tcModuleParse(TcContext *context, const char *text, size_t length);
TC_EXPORT TcModule *tcModuleImportPT2(TcContext *context, const char *path);
TC_EXPORT void tcModuleDestroy(TcModule *module);

/* The module's text, with locations or without; free with tcStringFree. Null after an error. */
TC_EXPORT char *tcModulePrint(TcModule *module, int withLocations);

/* Runs a pass pipeline ("tc-functionalize,func.func(tc-decompose)") in place. Nonzero after an error: if a pass failed,
 * the module may be between two stages, and can only be printed and destroyed from then on. */
TC_EXPORT int tcModuleRunPipeline(TcModule *module, const char *pipeline);

#ifdef __cplusplus
}
#endif

#endif
