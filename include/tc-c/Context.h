/* Contexts, diagnostics and strings of tc's C API.
 *
 * Errors. A function that can fail returns null, a negative TcValue, or a nonzero int, after at least one diagnostic of
 * severity TC_ERROR went to the context's handler. Null handles, null texts, null arrays of a nonzero count, counts
 * beyond what any graph has, and numbers that are no member of their enum are such errors too, never a crash; where
 * there is no context to report them to, they go to the standard error stream. What failed has changed nothing, unless
 * its description says otherwise, and the handles stay valid and still have to be destroyed.
 *
 * Ownership. What a tc…Create, tc…Parse, tc…Import, tcGraphFinish or tcCompile returns is the caller's, and is
 * destroyed once, by the function of its kind; null is fine there. Handles may be destroyed in any order: modules,
 * graphs and executables keep alive what they need of the context and the runtime. Texts and arrays that are passed in
 * are copied or only read during the call.
 *
 * Threads. Any function may be called from any thread. Calls on one context, and on the graphs and modules made with
 * it, wait for each other; runs of executables do not. A handle must not be destroyed while it is in use.
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

/* Called once a diagnostic, by the thread that met it: that may be one of tc's own, but never two at a time. `location`
 * is MLIR's text of the place (a file, line and column, or a description), or the function of this API that refused its
 * arguments; both strings live for the call only. May not call functions of this API on the same context, nor throw. */
typedef void (*TcDiagnosticHandler)(void *userData, TcSeverity severity, const char *location, const char *message);

/* A context with all dialects and passes of tc. Without a handler diagnostics go to the standard error stream. */
TC_EXPORT TcContext *tcContextCreate(void);
/* Null takes the handler away. */
TC_EXPORT void tcContextSetDiagnosticHandler(TcContext *context, TcDiagnosticHandler handler, void *userData);
/* The handler is not called any more after this. */
TC_EXPORT void tcContextDestroy(TcContext *context);

/* Adds an operator of a library outside ATen by its schema text, "mylib::mul_add(Tensor a, Tensor b, float c) ->
 * Tensor". The same schema twice is fine; another one of the same name is an error. Nonzero after an error. */
TC_EXPORT int tcContextAddOperator(TcContext *context, const char *schema);

/* 1 if the compiler itself has a formula for a functional ATen operator ("aten::silu", "aten::add.Tensor"), for some
 * arguments at least; 0 if not, and for null. Front ends leave others to PyTorch's own decompositions. */
TC_EXPORT int tcOperatorHasDecomposition(const char *name);

/* Frees a string that tc returned; null is fine. */
TC_EXPORT void tcStringFree(char *string);

/* "0.1.0"; not to be freed. */
TC_EXPORT const char *tcVersion(void);

#ifdef __cplusplus
}
#endif

#endif
