// Compiling and running from Python. Tensors cross by DLPack's C exchange API: inputs are looked at in place, outputs
// handed over (outputs.h), and no Python code runs on the way but for operators without a lowering.

#include "outputs.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdio>

namespace nb = nanobind;
using namespace nb::literals;

namespace tcpy {

namespace {

/// Threads and memory of the process, and how tensors are made and looked at.
struct Runtime {
  Runtime(nb::capsule exchange, nb::callable makeAlias, unsigned maxThreads)
      : api(static_cast<const DLPackExchangeAPI *>(exchange.data())), capsule(exchange), makeAlias(makeAlias) {
    if (!api || api->header.version.major != DLPACK_MAJOR_VERSION)
      throw std::runtime_error("torch's DLPack exchange API has another major version");
    handle = {tcRuntimeCreate(maxThreads), tcRuntimeDestroy};
  }

  /// Shared with the tensors that it gave memory to.
  std::shared_ptr<TcRuntime> handle;
  const DLPackExchangeAPI *api;
  nb::capsule capsule;
  /// (tensor, sizes, strides, offset) -> view
  nb::callable makeAlias;
};

/// Of one instruction of a run.
struct Timing {
  std::string name;
  int64_t nanoseconds, bytes;
};

class Executable {
public:
  Executable(Runtime &runtime, TcExecutable *handle)
      : runtime(runtime), handle(handle), info(tcExecutableGetInfo(handle)) {}
  ~Executable() { tcExecutableDestroy(handle); }
  Executable(const Executable &) = delete;

  nb::list run(nb::list arguments, unsigned threads, std::optional<nb::list> profile);
  std::string describe() const {
    char *text = tcExecutableDescribe(handle);
    std::string copy = text;
    tcStringFree(text);
    return copy;
  }

  Runtime &runtime;
  TcExecutable *handle;
  TcExecutableInfo info;
  /// Call backs: (tensors and ints) -> list of tensors and ints.
  std::vector<nb::callable> externs;

private:
  /// A run, as its call backs see it.
  struct Run {
    Executable &executable;
    /// What a call back raised.
    nb::object exception, type;
  };

  nb::object makeTensor(const DLTensor &view);
  static int callExtern(void *context, size_t index, size_t numInputs, const TcInput *inputs, size_t numResults,
                        TcExternResult *results, char *message, size_t messageSize);
  static void releaseExtern(void *, void *object) {
    nb::gil_scoped_acquire gil;
    Py_DECREF(static_cast<PyObject *>(object));
  }
};

// A tensor over memory of the run, for the time of a call back.
nb::object Executable::makeTensor(const DLTensor &view) {
  struct Borrowed {
    DLManagedTensorVersioned tensor{};
    std::array<int64_t, 16> sizes, strides;
  };
  auto borrowed = std::make_unique<Borrowed>();
  borrowed->tensor.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  borrowed->tensor.manager_ctx = borrowed.get();
  borrowed->tensor.deleter = [](DLManagedTensorVersioned *self) { delete static_cast<Borrowed *>(self->manager_ctx); };
  borrowed->tensor.dl_tensor = view;
  std::copy_n(view.shape, view.ndim, borrowed->sizes.begin());
  std::copy_n(view.strides, view.ndim, borrowed->strides.begin());
  borrowed->tensor.dl_tensor.shape = borrowed->sizes.data();
  borrowed->tensor.dl_tensor.strides = borrowed->strides.data();
  void *object = nullptr;
  if (runtime.api->managed_tensor_to_py_object_no_sync(&borrowed->tensor, &object))
    throw nb::python_error();
  borrowed.release();
  return nb::steal(static_cast<PyObject *>(object));
}

int Executable::callExtern(void *context, size_t index, size_t numInputs, const TcInput *inputs, size_t numResults,
                           TcExternResult *results, char *message, size_t messageSize) {
  auto &run = *static_cast<Run *>(context);
  Executable &self = run.executable;
  nb::gil_scoped_acquire gil;
  try {
    nb::list arguments;
    for (size_t i = 0; i < numInputs; ++i) {
      if (inputs[i].tensor)
        arguments.append(self.makeTensor(*static_cast<const DLTensor *>(inputs[i].tensor)));
      else
        arguments.append(inputs[i].integer);
    }
    nb::list outputs = nb::cast<nb::list>(self.externs.at(index)(arguments));
    if (outputs.size() != numResults)
      throw std::runtime_error("expected " + std::to_string(numResults) + " results, got " +
                               std::to_string(outputs.size()));
    for (size_t i = 0; i < numResults; ++i) {
      nb::object output = outputs[i];
      if (nb::isinstance<nb::int_>(output)) {
        results[i].integer = nb::cast<int64_t>(output);
        continue;
      }
      if (self.runtime.api->dltensor_from_py_object_no_sync(output.ptr(), static_cast<DLTensor *>(results[i].tensor)))
        throw nb::python_error();
      results[i].handle = output.release().ptr();
    }
    return 0;
  } catch (nb::python_error &error) {
    run.exception = nb::borrow(error.value());
    run.type = nb::borrow(error.type()); // what C raises has its message as value
    std::snprintf(message, messageSize, "%s", tcExecutableGetExternName(self.handle, index));
    return 1;
  } catch (const std::exception &error) {
    std::snprintf(message, messageSize, "%s: %s", tcExecutableGetExternName(self.handle, index), error.what());
    return 1;
  }
}

nb::list Executable::run(nb::list arguments, unsigned threads, std::optional<nb::list> profile) {
  size_t count = arguments.size();
  std::vector<DLTensor> tensors(count);
  std::vector<TcInput> inputs(count);
  std::vector<double> reals(count);
  for (size_t i = 0; i < count; ++i) {
    PyObject *object = NB_LIST_GET_ITEM(arguments.ptr(), i);
    if (PyLong_Check(object)) {
      inputs[i].integer = PyLong_AsLongLong(object);
      if (PyErr_Occurred())
        throw nb::python_error();
      continue;
    }
    if (PyFloat_Check(object)) {
      reals[i] = PyFloat_AS_DOUBLE(object);
      inputs[i].real = &reals[i];
      continue;
    }
    if (runtime.api->dltensor_from_py_object_no_sync(object, &tensors[i]))
      throw nb::python_error();
    inputs[i].tensor = &tensors[i];
  }
  Outputs outputs(runtime.api, runtime.handle, info.outputs);
  std::vector<TcResult> results(info.outputs);
  TcOutputAllocator allocator = outputs.getAllocator();
  Run run{*this, {}, {}};
  TcExternHandler handler{&run, callExtern, releaseExtern};
  void *stream = nullptr;
  if (info.cudaDevice >= 0 && runtime.api->current_work_stream(kDLCUDA, info.cudaDevice, &stream))
    throw nb::python_error();
  std::vector<Timing> timings;
  TcProfiler profiler{&timings, [](void *context, const char *name, int64_t nanoseconds, int64_t bytes) {
                        static_cast<std::vector<Timing> *>(context)->push_back({name, nanoseconds, bytes});
                      }};
  TcRunOptions options{threads, stream, &allocator, externs.empty() ? nullptr : &handler,
                       profile ? &profiler : nullptr};
  char *error;
  {
    nb::gil_scoped_release release;
    error = tcExecutableRun(handle, count, inputs.data(), results.size(), results.data(), &options);
  }
  if (error) {
    std::string message = error;
    tcStringFree(error);
    // As in eager mode: the operator's own exception.
    if (run.exception.is_valid()) {
      PyErr_SetObject(run.type.ptr(), run.exception.ptr());
      throw nb::python_error();
    }
    // An assertion names the class of its exception, unless it is RuntimeError.
    constexpr std::string_view indexError = "IndexError: ";
    if (message.starts_with(indexError))
      throw nb::index_error(message.c_str() + indexError.size());
    throw std::runtime_error(message);
  }
  for (const Timing &timing : timings)
    profile->append(nb::make_tuple(timing.name, timing.nanoseconds, timing.bytes));
  nb::list list;
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].kind == TC_RESULT_TENSOR)
      list.append(outputs.take(i));
    else if (results[i].kind == TC_RESULT_INTEGER)
      list.append(results[i].integer);
    else
      list.append(nb::none());
  }
  // A view may come before the output that it is a view of.
  for (size_t i = 0; i < results.size(); ++i) {
    const TcResult &result = results[i];
    if (result.kind == TC_RESULT_TENSOR || result.kind == TC_RESULT_INTEGER)
      continue;
    nb::object base =
        result.kind == TC_RESULT_ALIAS_INPUT ? nb::borrow(arguments[result.index]) : nb::borrow(list[result.index]);
    nb::list sizes, strides;
    for (int d = 0; d < result.rank; ++d) {
      sizes.append(result.sizes[d]);
      strides.append(result.strides[d]);
    }
    list[i] = runtime.makeAlias(base, sizes, strides, result.offset);
  }
  return list;
}

Executable *compileModule(Module &module, Runtime &runtime, const std::string &target, unsigned threads,
                          bool verifyContracts, bool printTimes) {
  TcCompileOptions options{target.c_str(), threads, verifyContracts, printTimes};
  TcExecutable *executable;
  {
    nb::gil_scoped_release release;
    executable = tcCompile(module.handle, runtime.handle.get(), &options);
  }
  if (!executable)
    module.context.raise();
  return new Executable(runtime, executable);
}

} // namespace

void bindExecutable(nb::module_ &m) {
  nb::class_<Runtime>(m, "Runtime", "Threads and cached memory, shared by all executables.")
      .def(nb::init<nb::capsule, nb::callable, unsigned>(), "exchange_api"_a, "make_alias"_a, "max_threads"_a = 0)
      .def(
          "trim", [](const Runtime &self) { tcRuntimeTrim(self.handle.get()); },
          "Gives cached memory back to the system.")
      .def_prop_ro(
          "cached_bytes", [](const Runtime &self) { return tcRuntimeGetCachedBytes(self.handle.get()); },
          "Memory that waits for its next use.");
  nb::class_<Executable>(m, "Executable", "Compiled code; run may be called by several threads at once.")
      .def("run", &Executable::run, "arguments"_a, "threads"_a = 0, "profile"_a = nb::none(),
           "Runs; appends (name, nanoseconds, bytes) of each instruction to the list `profile`, if given.")
      .def("describe", &Executable::describe, "Tables of kernels, buffers and times.")
      .def("set_externs",
           [](Executable &self, std::vector<nb::callable> externs) { self.externs = std::move(externs); })
      .def_prop_ro(
          "externs",
          [](const Executable &self) {
            nb::list list;
            for (size_t i = 0; i < self.info.externs; ++i)
              list.append(nb::make_tuple(tcExecutableGetExternName(self.handle, i),
                                         tcExecutableGetExternArguments(self.handle, i)));
            return list;
          },
          "Pairs of an operator's name and its arguments as JSON.")
      .def_prop_ro(
          "cuda_device", [](const Executable &self) { return self.info.cudaDevice; },
          "The number of the CUDA device that it runs on, -1 for the CPU.")
      .def_prop_ro("launches", [](const Executable &self) { return self.info.launches; })
      .def_prop_ro("kernels", [](const Executable &self) { return self.info.kernels; })
      .def_prop_ro("arena_bytes", [](const Executable &self) { return self.info.arenaBytes; })
      .def_prop_ro("compile_milliseconds", [](const Executable &self) { return self.info.compileMilliseconds; });
  m.def("compile", &compileModule, "module"_a, "runtime"_a, "target"_a = "host", "threads"_a = 0,
        "verify_contracts"_a = false, "print_times"_a = false, nb::keep_alive<0, 2>(), "Compiles a captured module.");
}

} // namespace tcpy
