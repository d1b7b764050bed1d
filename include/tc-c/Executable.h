/* Compiling modules and running the result on DLPack tensors. Errors, ownership and threads: see Context.h. Functions
 * of executables have no context to report to: a run returns its error, the others write it to the standard error
 * stream. */
#ifndef TC_C_EXECUTABLE_H
#define TC_C_EXECUTABLE_H

#include "tc-c/Module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Stands for DLPack's DLTensor, which is an unnamed struct and cannot be declared without its header. */
typedef void TcDLTensor;

typedef struct TcExecutable TcExecutable;

/* What executables share at run time: a pool of threads, cached memory, the CUDA driver. A process needs one. It may be
 * destroyed before its executables. Threads are started when a run needs them; 0: one a core, and at most 65535. */
typedef struct TcRuntime TcRuntime;
TC_EXPORT TcRuntime *tcRuntimeCreate(unsigned maxThreads);
TC_EXPORT void tcRuntimeDestroy(TcRuntime *runtime);
/* Memory from the runtime's cache, aligned to 64 bytes, in huge pages where it is large: for an output allocator. Null
 * if there is no memory, or bytes <= 0. tcRuntimeFree gives it back to the cache, from any thread. */
TC_EXPORT void *tcRuntimeAllocate(TcRuntime *runtime, int64_t bytes);
TC_EXPORT void tcRuntimeFree(TcRuntime *runtime, void *data);
/* Bytes that wait in the cache (1 GiB at most), and giving them back to the system. */
TC_EXPORT int64_t tcRuntimeGetCachedBytes(const TcRuntime *runtime);
TC_EXPORT void tcRuntimeTrim(TcRuntime *runtime);

typedef struct TcCompileOptions {
  const char *target;  /* "host", "avx512bf16", "avx512", "avx2", "baseline", or a GPU: "cuda", "sm_80", "sm_90a",
                        * "sm_120", of device 0 unless its number follows, as in "cuda:1"; null: "host" */
  unsigned threads;    /* that generate code, at most; 0: one a core */
  int verifyContracts; /* check each stage's contract */
  int printTimes;      /* report the stages' times as remarks */
} TcCompileOptions;

/* Compiles the public function of a module, as captured; null after an error. Null options are zeros. The module is
 * lowered in place, also where that fails, and can only be printed and destroyed from then on. */
TC_EXPORT TcExecutable *tcCompile(TcModule *module, TcRuntime *runtime, const TcCompileOptions *options);
TC_EXPORT void tcExecutableDestroy(TcExecutable *executable);

/* A table of kernels and buffers for people; free with tcStringFree. Null after an error. */
TC_EXPORT char *tcExecutableDescribe(const TcExecutable *executable);
/* Counts: kernels launched a run, distinct kernels, calls back into the embedder, bytes of the arena (of the sizes that
 * were run last; 0 before the first run); and the number of the CUDA device that it runs on, -1 for the CPU. */
typedef struct TcExecutableInfo {
  size_t inputs, outputs, launches, kernels, externs;
  int64_t arenaBytes;
  double compileMilliseconds;
  int32_t cudaDevice;
} TcExecutableInfo;
TC_EXPORT TcExecutableInfo tcExecutableGetInfo(const TcExecutable *executable);
/* The operator of call back `index`, and its arguments as JSON: {"tensor": k}, {"size": k}, {"dtype": "f32"}, numbers,
 * strings, true, false, null and lists. Owned by the executable; null for an index that is none. */
TC_EXPORT const char *tcExecutableGetExternName(const TcExecutable *executable, size_t index);
TC_EXPORT const char *tcExecutableGetExternArguments(const TcExecutable *executable, size_t index);

/* An input: a tensor, a float (`real` not null), or an integer or boolean (both null). Of a tensor the run reads (and,
 * where the graph mutates it, writes) the elements from data + byte_offset on; null strides are those of a row-major
 * tensor. Sizes, element type and device are compared with the graph's; elements at other strides or addresses than it
 * was compiled for are copied. Memory of devices other than the CPU (pinned memory included) and CUDA is refused. */
typedef struct TcInput {
  const TcDLTensor *tensor;
  int64_t integer;
  const double *real;
} TcInput;

/* How a result is to be read. */
typedef enum TcResultKind {
  TC_RESULT_TENSOR,       /* memory from the allocator, or tc's own */
  TC_RESULT_ALIAS_INPUT,  /* a view of input `index` */
  TC_RESULT_ALIAS_OUTPUT, /* a view of output `index` */
  TC_RESULT_INTEGER       /* `integer` */
} TcResultKind;

typedef struct TcResult {
  TcResultKind kind;
  uint32_t index;
  void *data;
  int64_t integer;
  int64_t offset; /* of an alias, in elements */
  int32_t rank;
  int64_t sizes[16];
  int64_t strides[16];          /* in elements */
  uint8_t dtypeCode, dtypeBits; /* DLPack's */
} TcResult;

/* Memory for output number `output`: `prototype` has no data; write the address to `data`, 64-byte aligned (null is
 * fine for a tensor without elements). Nonzero: failed. `release` takes back what a run that then failed was given, and
 * may be null. Called by the thread that runs. */
typedef struct TcOutputAllocator {
  void *context;
  int (*allocate)(void *context, uint32_t output, const TcDLTensor *prototype, void **data);
  void (*release)(void *context, uint32_t output, void *data);
} TcOutputAllocator;

/* A result of a call back: a tensor, or an integer. `tensor` is filled in before the call: where it has data, the
 * result may be written there, and `handle` stays null. Or it is overwritten with a tensor of the callee's own, kept
 * alive by a `handle` that is not null until `release`; its sizes, element type and device have to be the expected
 * ones. */
typedef struct TcExternResult {
  TcDLTensor *tensor;
  void *handle;
  int64_t integer;
} TcExternResult;

/* Runs operators that have no lowering. Nonzero: failed; `message` receives up to `messageSize` characters of the
 * reason, a zero at their end included. `release` may be null. Called by the thread that runs. */
typedef struct TcExternHandler {
  void *context;
  int (*call)(void *context, size_t index, size_t numInputs, const TcInput *inputs, size_t numResults,
              TcExternResult *results, char *message, size_t messageSize);
  void (*release)(void *context, void *handle);
} TcExternHandler;

/* Told of each instruction of a run, in order, once the run is over: the kernel (or other operation), the time it took,
 * and the bytes of the buffers it was given. */
typedef struct TcProfiler {
  void *context;
  void (*record)(void *context, const char *name, int64_t nanoseconds, int64_t bytes);
} TcProfiler;

typedef struct TcRunOptions {
  unsigned threads; /* 0: all */
  void *stream;     /* CUstream; null: the default one */
  const TcOutputAllocator *outputs;
  const TcExternHandler *externs;
  const TcProfiler *profiler; /* null: none */
} TcRunOptions;

/* Runs. Returns null, or an error message to free with tcStringFree: then no result is valid, and inputs that the graph
 * mutates may have been written. There is one input and one result for each that the graph has. Null options are zeros.
 * Without an allocator outputs are in memory of tc's own, until tcExecutableFreeOutput or the end of the executable.
 * May be called by several threads at once. */
TC_EXPORT char *tcExecutableRun(TcExecutable *executable, size_t numInputs, const TcInput *inputs, size_t numResults,
                                TcResult *results, const TcRunOptions *options);
TC_EXPORT void tcExecutableFreeOutput(TcExecutable *executable, void *data);

#ifdef __cplusplus
}
#endif

#endif
