/* Building a captured graph: inputs, calls of ATen operators, outputs. Errors, ownership and threads: see Context.h.
 *
 * Order of the calls: tcGraphCreate; symbols; inputs, constants and calls in any order; tcGraphSetOutputs;
 * tcGraphFinish; tcGraphDestroy. After an error of one of the
 * functions between, the graph is as it was before the call, and may go on or be destroyed. Rank is at most 64; a list,
 * the arguments of a call, its results and a graph's outputs are at most 2^20 each. */
#ifndef TC_C_GRAPH_H
#define TC_C_GRAPH_H

#include "tc-c/Module.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TcGraph TcGraph;

/* A value of the graph under construction; negative: none, or an error that has been reported. */
typedef int64_t TcValue;

/* A tensor type. Element types are named "bool" (a byte, 0 or 1), "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64",
 * "f16", "bf16", "f32", "f64", "c64", "c128" (complex of two f32, f64), "f8e4m3fn", "f8e5m2". Sizes are `rank` texts:
 * numbers or sympy expressions ("768", "s0 + 1"), whose symbols are any number from 0 on unless they are declared. As a
 * result's type: dtype null: the result is None; dtype "index": a symbolic integer, the symbol that it defines in
 * sizes[0]. */
typedef struct TcTensorType {
  const char *dtype;
  size_t rank;
  const char *const *sizes;
} TcTensorType;

/* Which fields of a TcArgument are read. */
typedef enum TcArgumentKind {
  TC_ARGUMENT_NONE,
  TC_ARGUMENT_VALUE,  /* value */
  TC_ARGUMENT_INT,    /* integer */
  TC_ARGUMENT_FLOAT,  /* real */
  TC_ARGUMENT_BOOL,   /* integer, 0 or 1 */
  TC_ARGUMENT_STRING, /* text: strings, devices, layouts, memory formats */
  TC_ARGUMENT_DTYPE,  /* text: an element type's name */
  TC_ARGUMENT_SIZE,   /* text: a symbolic integer's expression */
  TC_ARGUMENT_LIST    /* elements, count; nested at most 16 deep */
} TcArgumentKind;

typedef struct TcArgument {
  TcArgumentKind kind;
  TcValue value;
  int64_t integer;
  double real;
  const char *text;
  const struct TcArgument *elements;
  size_t count;
} TcArgument;

/* Where a call comes from, in Python's terms: a stack trace as torch.fx keeps it, and a module path; both may be null.
 */
typedef struct TcLocation {
  const char *stackTrace;
  const char *modulePath;
} TcLocation;

/* Starts a graph; its function is named `name`. */
TC_EXPORT TcGraph *tcGraphCreate(TcContext *context, const char *name);
TC_EXPORT void tcGraphDestroy(TcGraph *graph);

/* Declares a symbol (a letter, then letters, digits and underscores) with inclusive bounds, before it is used;
 * INT64_MAX is no bound. Nonzero after an error. */
TC_EXPORT int tcGraphDeclareSymbol(TcGraph *graph, const char *name, int64_t min, int64_t max);

/* Inputs, in the order of the calls; negative after an error. Strides are in elements, one a dimension, texts like
 * sizes; null: row-major contiguous. */
TC_EXPORT TcValue tcGraphAddTensorInput(TcGraph *graph, const char *name, const TcTensorType *type,
                                        const char *const *strides);
/* An integer whose value is the expression, text like a size; a symbol that it is linear in may get its value so. */
TC_EXPORT TcValue tcGraphAddSymbolInput(TcGraph *graph, const char *name, const char *expression);
/* A number that is no size, "i64", "f64" or "bool": a tensor without dimensions in the graph. */
TC_EXPORT TcValue tcGraphAddScalarInput(TcGraph *graph, const char *name, const char *dtype);
/* A constant: its elements in row-major order, `length` bytes in all, which are copied. Negative after an error. */
TC_EXPORT TcValue tcGraphAddConstant(TcGraph *graph, const char *name, const char *dtype, size_t rank,
                                     const int64_t *sizes, const void *data, size_t length);

/* Calls an operator ("aten.add.Tensor"): positional arguments, then named ones; one type a result, a tensor list's
 * elements each on their own. Writes the results' values, negative for None. Returns 0, or nonzero after an error. */
TC_EXPORT int tcGraphCall(TcGraph *graph, const char *op, size_t numPositional, const TcArgument *positional,
                          size_t numNamed, const char *const *names, const TcArgument *named, size_t numResults,
                          const TcTensorType *resultTypes, TcLocation location, TcValue *results);

/* Control flow. What is called between begin and end belongs to the region; regions nest. Predicates are boolean
 * tensors of one element. Each function returns 0, or nonzero after an error. */
TC_EXPORT int tcGraphBeginIf(TcGraph *graph, TcValue predicate, size_t numResults, const TcTensorType *resultTypes,
                             TcLocation location);
TC_EXPORT int tcGraphBeginElse(TcGraph *graph, size_t count, const TcArgument *thenResults);
TC_EXPORT int tcGraphEndIf(TcGraph *graph, size_t count, const TcArgument *elseResults, TcValue *results);
/* The carried values as the condition sees them, as the body does, and at the end, are written to `carried` and
 * `results`, one a value of `initial`. */
TC_EXPORT int tcGraphBeginWhile(TcGraph *graph, size_t count, const TcArgument *initial, TcLocation location,
                                TcValue *carried);
TC_EXPORT int tcGraphBeginBody(TcGraph *graph, TcValue predicate, TcValue *carried);
TC_EXPORT int tcGraphEndWhile(TcGraph *graph, size_t count, const TcArgument *next, TcValue *results);
/* A loop over the rows of `stacked`, in their order. `length`, a size or an integer tensor, is how many. The body
 * begins at once: the values carried and the rows are written to `carried` and `rows`. Rows that it gives are stored in
 * `buffers`, one each, whose initial values these are; at the end the last values carried and the buffers are written
 * to `results`. */
TC_EXPORT int tcGraphBeginScan(TcGraph *graph, size_t numCarried, const TcArgument *initial, size_t numStacked,
                               const TcArgument *stacked, const TcArgument *length, size_t numBuffers,
                               const TcArgument *buffers, TcLocation location, TcValue *carried, TcValue *rows);
TC_EXPORT int tcGraphEndScan(TcGraph *graph, size_t numCarried, const TcArgument *next, size_t numRows,
                             const TcArgument *rows, TcValue *results);

/* Ends the graph with its outputs: values, sizes, literals, or none; once. strides: eager's strides of each output, in
 * elements, texts, one a dimension; null, or null for an output: row-major contiguous. Nonzero after an error. */
TC_EXPORT int tcGraphSetOutputs(TcGraph *graph, size_t count, const TcArgument *outputs,
                                const char *const *const *strides);
/* Hands over the module, verified; null after an error. The graph takes nothing more, and must still be destroyed. */
TC_EXPORT TcModule *tcGraphFinish(TcGraph *graph);

#ifdef __cplusplus
}
#endif

#endif
