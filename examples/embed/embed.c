/* Embeds tc in a C program: builds a graph, compiles it in process, and runs it on DLPack tensors of several sizes.
 *
 *   embed              softmax(linear(x, w, b)) for any number of rows, checked against plain C
 *   embed model.pt2    compiles a file of torch.export.save, and prints its kernels
 *
 * Links libtc.so alone; see CMakeLists.txt. */
#include "tc-c/Executable.h"
#include "tc-c/Graph.h"

#include <ATen/dlpack.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { inFeatures = 8, outFeatures = 4, mostRows = 5 };

static void report(void *userData, TcSeverity severity, const char *location, const char *message) {
  static const char *const names[] = {"note", "remark", "warning", "error"};
  (void)userData;
  fprintf(stderr, "%s: %s: %s\n", location, names[severity], message);
}

static TcArgument valueOf(TcValue value) {
  TcArgument argument = {.kind = TC_ARGUMENT_VALUE, .value = value};
  return argument;
}

/* softmax(linear(x, w, b), -1) for x of s0 rows, by the names that PyTorch's operators have. */
static TcModule *buildGraph(TcContext *context) {
  const char *const xSizes[] = {"s0", "8"}, *const wSizes[] = {"4", "8"}, *const bSizes[] = {"4"},
                    *const ySizes[] = {"s0", "4"};
  const TcTensorType xType = {"f32", 2, xSizes}, wType = {"f32", 2, wSizes}, bType = {"f32", 1, bSizes},
                     yType = {"f32", 2, ySizes};
  const TcLocation nowhere = {NULL, NULL};
  TcModule *module = NULL;
  TcGraph *graph = tcGraphCreate(context, "main");
  tcGraphDeclareSymbol(graph, "s0", 0, INT64_MAX);
  TcValue x = tcGraphAddTensorInput(graph, "x", &xType, NULL);
  TcValue w = tcGraphAddTensorInput(graph, "w", &wType, NULL);
  TcValue b = tcGraphAddTensorInput(graph, "b", &bType, NULL);
  const TcArgument linearArguments[] = {valueOf(x), valueOf(w), valueOf(b)};
  TcValue linear, softmax;
  if (tcGraphCall(graph, "aten.linear.default", 3, linearArguments, 0, NULL, NULL, 1, &yType, nowhere, &linear))
    goto end;
  const TcArgument softmaxArguments[] = {valueOf(linear), {.kind = TC_ARGUMENT_INT, .integer = -1}};
  if (tcGraphCall(graph, "aten.softmax.int", 2, softmaxArguments, 0, NULL, NULL, 1, &yType, nowhere, &softmax))
    goto end;
  const TcArgument output = valueOf(softmax);
  if (tcGraphSetOutputs(graph, 1, &output, NULL))
    goto end;
  module = tcGraphFinish(graph);
end:
  tcGraphDestroy(graph);
  return module;
}

static DLTensor wrap(float *data, int32_t rank, int64_t *sizes, int64_t *strides) {
  DLTensor tensor = {.data = data, .device = {kDLCPU, 0}, .ndim = rank, .dtype = {kDLFloat, 32, 1}};
  tensor.shape = sizes;
  tensor.strides = strides;
  return tensor;
}

static float reference(const float *x, const float *w, const float *b, int row, int column) {
  double logits[outFeatures], sum = 0;
  for (int j = 0; j < outFeatures; ++j) {
    logits[j] = b[j];
    for (int k = 0; k < inFeatures; ++k)
      logits[j] += (double)x[row * inFeatures + k] * w[j * inFeatures + k];
    sum += exp(logits[j]);
  }
  return (float)(exp(logits[column]) / sum);
}

/* Runs on `rows` rows; the largest difference to plain C, or -1 after an error. */
static double run(TcExecutable *executable, int64_t rows) {
  float x[mostRows * inFeatures], w[outFeatures * inFeatures], b[outFeatures];
  for (int i = 0; i < mostRows * inFeatures; ++i)
    x[i] = (float)((i * 37) % 11) / 7.f - 0.5f;
  for (int i = 0; i < outFeatures * inFeatures; ++i)
    w[i] = (float)((i * 53) % 13) / 9.f - 0.6f;
  for (int i = 0; i < outFeatures; ++i)
    b[i] = 0.1f * (float)i;
  int64_t xSizes[] = {rows, inFeatures}, wSizes[] = {outFeatures, inFeatures}, bSizes[] = {outFeatures};
  int64_t strides[] = {inFeatures, 1}, one[] = {1};
  DLTensor tensors[] = {wrap(x, 2, xSizes, strides), wrap(w, 2, wSizes, strides), wrap(b, 1, bSizes, one)};
  const TcInput inputs[] = {{&tensors[0], 0, 0}, {&tensors[1], 0, 0}, {&tensors[2], 0, 0}};
  TcResult result;
  char *error = tcExecutableRun(executable, 3, inputs, 1, &result, NULL);
  if (error) {
    fprintf(stderr, "embed: %s\n", error);
    tcStringFree(error);
    return -1;
  }
  double worst = 0;
  const float *y = result.data;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < outFeatures; ++column)
      worst = fmax(worst, fabs(y[row * outFeatures + column] - reference(x, w, b, row, column)));
  tcExecutableFreeOutput(executable, result.data);
  return worst;
}

int main(int argc, char **argv) {
  int status = EXIT_FAILURE;
  TcContext *context = tcContextCreate();
  tcContextSetDiagnosticHandler(context, report, NULL);
  TcRuntime *runtime = tcRuntimeCreate(0);
  TcModule *module = argc > 1 ? tcModuleImportPT2(context, argv[1]) : buildGraph(context);
  TcExecutable *executable = module ? tcCompile(module, runtime, NULL) : NULL;
  if (executable && argc > 1) {
    char *text = tcExecutableDescribe(executable);
    fputs(text, stdout);
    tcStringFree(text);
    status = EXIT_SUCCESS;
  } else if (executable) {
    status = EXIT_SUCCESS;
    for (int64_t rows = 0; rows <= mostRows; ++rows) {
      double worst = run(executable, rows);
      printf("%d rows: largest difference to plain C %.1e\n", (int)rows, worst);
      if (!(worst >= 0 && worst < 1e-6))
        status = EXIT_FAILURE;
    }
  }
  if (executable)
    tcExecutableDestroy(executable);
  if (module)
    tcModuleDestroy(module);
  tcRuntimeDestroy(runtime);
  tcContextDestroy(context);
  return status;
}
