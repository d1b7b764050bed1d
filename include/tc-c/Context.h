/* Contexts, diagnostics and strings of tc's C API.
 *
 * Every function that can fail returns null or a nonzero int, after having reported diagnostics to the context's
 * handler. A context and what is made with it are used by one thread at a time; executables may be run by several at
 * once.
 */
#ifndef TC_C_CONTEXT_H
#define TC_C_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define TC_EXPORT __declspec(dllexport)
#else
#define TC_EXPORT __attribute__((visibility("default")))
#endif

typedef struct TcContext TcContext;

typedef enum TcSeverity { TC_NOTE, TC_REMARK, TC_WARNING, TC_ERROR } TcSeverity;

/* Called once a diagnostic: `location` is "file:line:column" or a description, both strings live for the call only. */
typedef void (*TcDiagnosticHandler)(void *userData, TcSeverity severity, const char *location, const char *message);

/* A context with all dialects and passes of tc. Without a handler diagnostics go to the standard error stream. */
TC_EXPORT TcContext *tcContextCreate(void);
TC_EXPORT void tcContextSetDiagnosticHandler(TcContext *context, TcDiagnosticHandler handler, void *userData);
TC_EXPORT void tcContextDestroy(TcContext *context);

/* Adds an operator of a library outside ATen by its schema text, "mylib::mul_add(Tensor a, Tensor b, float c) ->
 * Tensor". */
TC_EXPORT int tcContextAddOperator(TcContext *context, const char *schema);

/* Whether the compiler itself has a formula for a functional ATen operator ("aten::silu", "aten::add.Tensor"), for some
 * arguments at least. Front ends leave others to PyTorch's own decompositions. */
TC_EXPORT int tcOperatorHasDecomposition(const char *name);

/* Frees a string that tc returned. */
TC_EXPORT void tcStringFree(char *string);

/* "0.1.0" */
TC_EXPORT const char *tcVersion(void);

#ifdef __cplusplus
}
#endif

#endif
