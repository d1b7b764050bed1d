// Contexts, graphs and modules for Python: the C API with exceptions for errors.

#include "bindings.h"

#include "tc-c/Graph.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <deque>

namespace nb = nanobind;
using namespace nb::literals;

namespace tcpy {

static void collect(void *userData, TcSeverity severity, const char *location, const char *message) {
  auto &context = *static_cast<Context *>(userData);
  if (severity == TC_ERROR || severity == TC_WARNING)
    context.errors += (context.errors.empty() ? "" : "\n") + std::string(location) + ": " + message;
  else
    context.remarks.push_back(std::string(location) + ": " + message);
}

Context::Context() : handle(tcContextCreate()) { tcContextSetDiagnosticHandler(handle, collect, this); }
Context::~Context() { tcContextDestroy(handle); }

void Context::raise() {
  std::string text = std::exchange(errors, {});
  throw CompileError(text.empty() ? "tc failed without a message" : text);
}

namespace {

/// Texts and nested lists that TcArguments point to while a call is made.
struct ArgumentStore {
  std::deque<std::string> texts;
  std::deque<std::vector<TcArgument>> lists;

  const char *keep(std::string text) { return texts.emplace_back(std::move(text)).c_str(); }

  /// Arguments are None, bool, int, float, lists, and pairs (kind, x): ("value", id), ("size", text), ("dtype", name),
  /// ("str", text).
  TcArgument convert(nb::handle object) {
    TcArgument argument{};
    if (object.is_none()) {
      argument.kind = TC_ARGUMENT_NONE;
    } else if (nb::isinstance<nb::bool_>(object)) {
      argument.kind = TC_ARGUMENT_BOOL;
      argument.integer = nb::cast<bool>(object);
    } else if (nb::isinstance<nb::int_>(object)) {
      argument.kind = TC_ARGUMENT_INT;
      argument.integer = nb::cast<int64_t>(object);
    } else if (nb::isinstance<nb::float_>(object)) {
      argument.kind = TC_ARGUMENT_FLOAT;
      argument.real = nb::cast<double>(object);
    } else if (nb::isinstance<nb::list>(object)) {
      argument.kind = TC_ARGUMENT_LIST;
      std::vector<TcArgument> elements;
      for (nb::handle element : nb::borrow<nb::list>(object))
        elements.push_back(convert(element));
      std::vector<TcArgument> &kept = lists.emplace_back(std::move(elements));
      argument.elements = kept.data();
      argument.count = kept.size();
    } else {
      auto pair = nb::cast<nb::tuple>(object);
      std::string kind = nb::cast<std::string>(pair[0]);
      if (kind == "value") {
        argument.kind = TC_ARGUMENT_VALUE;
        argument.value = nb::cast<int64_t>(pair[1]);
      } else {
        argument.kind = kind == "size" ? TC_ARGUMENT_SIZE : kind == "dtype" ? TC_ARGUMENT_DTYPE : TC_ARGUMENT_STRING;
        argument.text = keep(nb::cast<std::string>(pair[1]));
      }
    }
    return argument;
  }
};

using Sizes = std::vector<std::string>;
/// (dtype, sizes), or None.
using TypeSpec = std::optional<std::pair<std::string, Sizes>>;

std::vector<const char *> pointers(const Sizes &texts) {
  std::vector<const char *> result;
  for (const std::string &text : texts)
    result.push_back(text.c_str());
  return result;
}

class GraphBinding {
public:
  GraphBinding(Context &context, const std::string &name)
      : context(context), handle(tcGraphCreate(context.handle, name.c_str())) {}
  ~GraphBinding() { tcGraphDestroy(handle); }

  void declareSymbol(const std::string &name, int64_t min, int64_t max) {
    checkDone(tcGraphDeclareSymbol(handle, name.c_str(), min, max));
  }

  int64_t tensorInput(const std::string &name, const std::string &dtype, const Sizes &sizes,
                      const std::optional<Sizes> &strides) {
    std::vector<const char *> sizeTexts = pointers(sizes), strideTexts;
    if (strides)
      strideTexts = pointers(*strides);
    TcTensorType type{dtype.c_str(), sizeTexts.size(), sizeTexts.data()};
    return check(tcGraphAddTensorInput(handle, name.c_str(), &type, strides ? strideTexts.data() : nullptr));
  }

  int64_t symbolInput(const std::string &name, const std::string &symbol) {
    return check(tcGraphAddSymbolInput(handle, name.c_str(), symbol.c_str()));
  }

  int64_t scalarInput(const std::string &name, const std::string &dtype) {
    return check(tcGraphAddScalarInput(handle, name.c_str(), dtype.c_str()));
  }

  int64_t constant(const std::string &name, const std::string &dtype, const std::vector<int64_t> &sizes,
                   nb::bytes data) {
    return check(
        tcGraphAddConstant(handle, name.c_str(), dtype.c_str(), sizes.size(), sizes.data(), data.c_str(), data.size()));
  }

  std::vector<int64_t> call(const std::string &op, nb::list positional, nb::dict named,
                            const std::vector<TypeSpec> &types, const std::string &stackTrace,
                            const std::string &modulePath) {
    ArgumentStore store;
    TcArgument args = store.convert(positional);
    std::vector<TcArgument> namedArgs;
    std::vector<const char *> names;
    for (auto [key, value] : named) {
      names.push_back(store.keep(nb::cast<std::string>(key)));
      namedArgs.push_back(store.convert(value));
    }
    std::vector<TcTensorType> resultTypes;
    std::deque<std::vector<const char *>> sizes;
    for (const TypeSpec &type : types) {
      if (!type) {
        resultTypes.push_back({nullptr, 0, nullptr});
        continue;
      }
      std::vector<const char *> &texts = sizes.emplace_back(pointers(type->second));
      resultTypes.push_back({type->first.c_str(), texts.size(), texts.data()});
    }
    std::vector<int64_t> results(types.size());
    if (tcGraphCall(handle, op.c_str(), args.count, args.elements, namedArgs.size(), names.data(), namedArgs.data(),
                    resultTypes.size(), resultTypes.data(), {stackTrace.c_str(), modulePath.c_str()}, results.data()))
      context.raise();
    return results;
  }

  void beginIf(int64_t predicate, const std::vector<std::pair<std::string, Sizes>> &types,
               const std::string &stackTrace, const std::string &modulePath) {
    std::vector<TcTensorType> resultTypes;
    std::deque<std::vector<const char *>> sizes;
    for (const auto &[dtype, texts] : types)
      resultTypes.push_back({dtype.c_str(), texts.size(), sizes.emplace_back(pointers(texts)).data()});
    checkDone(tcGraphBeginIf(handle, predicate, resultTypes.size(), resultTypes.data(),
                             {stackTrace.c_str(), modulePath.c_str()}));
  }

  void beginElse(nb::list results) {
    ArgumentStore store;
    TcArgument args = store.convert(results);
    checkDone(tcGraphBeginElse(handle, args.count, args.elements));
  }

  std::vector<int64_t> endIf(nb::list results) {
    ArgumentStore store;
    TcArgument args = store.convert(results);
    std::vector<int64_t> values(args.count);
    checkDone(tcGraphEndIf(handle, args.count, args.elements, values.data()));
    return values;
  }

  std::vector<int64_t> beginWhile(nb::list initial, const std::string &stackTrace, const std::string &modulePath) {
    ArgumentStore store;
    TcArgument args = store.convert(initial);
    std::vector<int64_t> values(args.count);
    checkDone(
        tcGraphBeginWhile(handle, args.count, args.elements, {stackTrace.c_str(), modulePath.c_str()}, values.data()));
    numCarried.push_back(args.count);
    return values;
  }

  std::vector<int64_t> beginBody(int64_t predicate) {
    if (numCarried.empty())
      throw CompileError("a loop body without a loop");
    std::vector<int64_t> values(numCarried.back());
    checkDone(tcGraphBeginBody(handle, predicate, values.data()));
    return values;
  }

  std::vector<int64_t> endWhile(nb::list next) {
    if (numCarried.empty())
      throw CompileError("the end of a loop without a loop");
    ArgumentStore store;
    TcArgument args = store.convert(next);
    std::vector<int64_t> values(numCarried.back());
    checkDone(tcGraphEndWhile(handle, args.count, args.elements, values.data()));
    numCarried.pop_back();
    return values;
  }

  std::pair<std::vector<int64_t>, std::vector<int64_t>> beginScan(nb::list initial, nb::list stacked, nb::handle length,
                                                                  nb::list buffers, const std::string &stackTrace,
                                                                  const std::string &modulePath) {
    ArgumentStore store;
    TcArgument initialArgs = store.convert(initial), stackedArgs = store.convert(stacked),
               lengthArg = store.convert(length), bufferArgs = store.convert(buffers);
    std::vector<int64_t> carried(initialArgs.count), rows(stackedArgs.count);
    checkDone(tcGraphBeginScan(handle, initialArgs.count, initialArgs.elements, stackedArgs.count, stackedArgs.elements,
                               &lengthArg, bufferArgs.count, bufferArgs.elements,
                               {stackTrace.c_str(), modulePath.c_str()}, carried.data(), rows.data()));
    return {carried, rows};
  }

  std::vector<int64_t> endScan(nb::list carried, nb::list rows) {
    ArgumentStore store;
    TcArgument carriedArgs = store.convert(carried), rowArgs = store.convert(rows);
    std::vector<int64_t> values(carriedArgs.count + rowArgs.count);
    checkDone(tcGraphEndScan(handle, carriedArgs.count, carriedArgs.elements, rowArgs.count, rowArgs.elements,
                             values.data()));
    return values;
  }

  void outputs(nb::list values, const std::vector<std::optional<Sizes>> &strides) {
    ArgumentStore store;
    TcArgument args = store.convert(values);
    std::deque<std::vector<const char *>> texts;
    std::vector<const char *const *> strideTexts;
    for (const std::optional<Sizes> &entry : strides)
      strideTexts.push_back(entry ? texts.emplace_back(pointers(*entry)).data() : nullptr);
    strideTexts.resize(args.count);
    if (tcGraphSetOutputs(handle, args.count, args.elements, strideTexts.data()))
      context.raise();
  }

  Module *finish() {
    TcModule *module = tcGraphFinish(handle);
    if (!module)
      context.raise();
    return new Module(context, module);
  }

private:
  void checkDone(int failed) {
    if (failed)
      context.raise();
  }

  int64_t check(int64_t value) {
    if (value < 0)
      context.raise();
    return value;
  }

  Context &context;
  TcGraph *handle;
  std::vector<size_t> numCarried; ///< of the loops that are open
};

} // namespace

void bindGraph(nb::module_ &m) {
  m.def("has_decomposition", &tcOperatorHasDecomposition, "name"_a,
        "Whether the compiler has a formula for a functional ATen operator.");
  nb::class_<Context>(m, "Context", "Dialects, passes and diagnostics. Used by one thread at a time.")
      .def(nb::init<>())
      .def(
          "add_operator",
          [](Context &context, const std::string &schema) {
            if (tcContextAddOperator(context.handle, schema.c_str()))
              context.raise();
          },
          "schema"_a, "Adds an operator of a library outside ATen.")
      .def(
          "parse",
          [](Context &context, const std::string &text) {
            TcModule *module = tcModuleParse(context.handle, text.data(), text.size());
            if (!module)
              context.raise();
            return new Module(context, module);
          },
          "text"_a, nb::keep_alive<0, 1>(), "Parses MLIR.")
      .def(
          "import_pt2",
          [](Context &context, const std::string &path) {
            TcModule *module = tcModuleImportPT2(context.handle, path.c_str());
            if (!module)
              context.raise();
            return new Module(context, module);
          },
          "path"_a, nb::keep_alive<0, 1>(), "Reads a file of torch.export.save.")
      .def("take_remarks", [](Context &context) { return std::exchange(context.remarks, {}); });

  nb::class_<GraphBinding>(m, "Graph", "A captured graph under construction.")
      .def(nb::init<Context &, const std::string &>(), "context"_a, "name"_a, nb::keep_alive<1, 2>())
      .def("declare_symbol", &GraphBinding::declareSymbol, "name"_a, "min"_a, "max"_a)
      .def("tensor_input", &GraphBinding::tensorInput, "name"_a, "dtype"_a, "sizes"_a, "strides"_a = nb::none())
      .def("symbol_input", &GraphBinding::symbolInput, "name"_a, "symbol"_a)
      .def("scalar_input", &GraphBinding::scalarInput, "name"_a, "dtype"_a)
      .def("constant", &GraphBinding::constant, "name"_a, "dtype"_a, "sizes"_a, "data"_a)
      .def("call", &GraphBinding::call, "op"_a, "args"_a, "kwargs"_a, "results"_a, "stack_trace"_a = "",
           "module_path"_a = "")
      .def("begin_if", &GraphBinding::beginIf, "predicate"_a, "results"_a, "stack_trace"_a = "", "module_path"_a = "")
      .def("begin_else", &GraphBinding::beginElse, "then_results"_a)
      .def("end_if", &GraphBinding::endIf, "else_results"_a)
      .def("begin_while", &GraphBinding::beginWhile, "initial"_a, "stack_trace"_a = "", "module_path"_a = "")
      .def("begin_body", &GraphBinding::beginBody, "predicate"_a)
      .def("end_while", &GraphBinding::endWhile, "next"_a)
      .def("begin_scan", &GraphBinding::beginScan, "initial"_a, "stacked"_a, "length"_a, "buffers"_a,
           "stack_trace"_a = "", "module_path"_a = "")
      .def("end_scan", &GraphBinding::endScan, "carried"_a, "rows"_a)
      .def("outputs", &GraphBinding::outputs, "values"_a, "strides"_a)
      .def("finish", &GraphBinding::finish, nb::keep_alive<0, 1>());

  nb::class_<Module>(m, "Module", "A program at some stage.")
      .def(
          "run_pipeline",
          [](Module &module, const std::string &pipeline) {
            if (tcModuleRunPipeline(module.handle, pipeline.c_str()))
              module.context.raise();
          },
          "pipeline"_a, "Runs passes by name, in place.")
      .def(
          "text",
          [](Module &module, bool locations) {
            char *text = tcModulePrint(module.handle, locations);
            std::string copy = text;
            tcStringFree(text);
            return copy;
          },
          "locations"_a = false)
      .def("__str__", [](Module &module) {
        char *text = tcModulePrint(module.handle, 0);
        std::string copy = text;
        tcStringFree(text);
        return copy;
      });
}

} // namespace tcpy
