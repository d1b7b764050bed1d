// tc run: a model on inputs from files, or on random ones.

#include "Commands.h"

#include "arrays/DeviceMemory.h"
#include "tc/Runtime/Executable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <cmath>

using namespace mlir;

namespace tc::tool {

namespace {

/// A program with its arguments.
struct Session {
  runtime::Executable &executable;
  DeviceMemory &memory;
  std::vector<runtime::Argument> arguments;

  LogicalResult run(std::vector<runtime::Result> &results, const runtime::RunOptions &options) {
    if (runtime::Error error = executable.run(arguments, results, options))
      return reportError(error.message());
    if (llvm::Error error = memory.synchronize())
      return reportError(llvm::toString(std::move(error)));
    return success();
  }
};

class RunCommand final : public Command {
public:
  RunCommand() : Command("run", "Runs a model on .npy files or random inputs; prints its outputs, or writes them") {}
  LogicalResult run() override;

private:
  LogicalResult measure(Session &session);
  LogicalResult writeOutputs(const runtime::Program &program, ArrayRef<runtime::Result> results, DeviceMemory &memory);

  template <typename T> using Opt = llvm::cl::opt<T>;
  ModelOptions options{command};
  llvm::cl::list<std::string> values{llvm::cl::Positional,
                                     llvm::cl::desc("[<.npy file, number, or _ for random> …, one an input]"),
                                     llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  llvm::cl::list<std::string> sizes{"size", llvm::cl::value_desc("symbol=number"),
                                    llvm::cl::desc("A symbolic size of random inputs (any number)"),
                                    llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  Opt<uint64_t> seed{"seed", llvm::cl::init(0),
                     llvm::cl::desc("Of random inputs: uniform in [-1, 1), integers in "
                                    "[0, max-int]"),
                     llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  Opt<int64_t> maxInt{"max-int", llvm::cl::init(1), llvm::cl::desc("Largest random integer (default 1)"),
                      llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  Opt<std::string> output{"o", llvm::cl::value_desc("path"),
                          llvm::cl::desc("Write the outputs: a .npy file if there is one, or a folder"),
                          llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  Opt<unsigned> threads{"threads", llvm::cl::init(0), llvm::cl::desc("Threads to run on (default: all)"),
                        llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  Opt<unsigned> repeat{"repeat", llvm::cl::init(0),
                       llvm::cl::desc("Run so many times more and print the least and the median time"),
                       llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  Opt<bool> profile{"profile", llvm::cl::desc("Print the time of each launch of one more run"), llvm::cl::sub(command),
                    llvm::cl::cat(getCategory())};
};

void printArray(const Array &array) {
  llvm::raw_ostream &os = llvm::outs();
  os << runtime::getName(array.dtype) << "[";
  llvm::interleaveComma(array.sizes, os);
  os << "]";
  int64_t count = 0;
  double least = INFINITY, greatest = -INFINITY, sum = 0;
  std::string first;
  llvm::raw_string_ostream firstOs(first);
  forEachElement(array.getView(), [&](char *element) {
    double value = toDouble(array.dtype, element);
    if (count++ < 4)
      firstOs << llvm::format(" %.6g", value);
    least = std::fmin(least, value);
    greatest = std::fmax(greatest, value);
    sum += value;
  });
  if (count)
    os << llvm::format(" min %.6g max %.6g mean %.6g:", least, greatest, sum / count) << first
       << (count > 4 ? " …" : "");
  os << "\n";
}

} // namespace

LogicalResult RunCommand::measure(Session &session) {
  const runtime::Program &program = session.executable.getProgram();
  std::vector<runtime::Result> results(program.outputs.size());
  runtime::RunOptions runOptions;
  runOptions.threads = threads;
  std::vector<double> milliseconds;
  for (unsigned i = 0; i < repeat; ++i) {
    auto start = std::chrono::steady_clock::now();
    if (failed(session.run(results, runOptions)))
      return failure();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    session.memory.release(results);
  }
  if (repeat) {
    llvm::sort(milliseconds);
    llvm::outs() << llvm::format("%u runs: least %.3f ms, median %.3f ms\n", unsigned(repeat), milliseconds.front(),
                                 milliseconds[milliseconds.size() / 2]);
  }
  if (profile) {
    std::vector<runtime::InstructionTiming> timings;
    runOptions.timings = &timings;
    if (failed(session.run(results, runOptions)))
      return failure();
    session.memory.release(results);
    for (const runtime::InstructionTiming &timing : timings)
      llvm::outs() << llvm::format("%10.1f us  ", timing.nanoseconds / 1e3)
                   << (timing.instruction < program.body.size() ? program.body[timing.instruction].name : std::string())
                   << "\n";
  }
  return success();
}

LogicalResult RunCommand::writeOutputs(const runtime::Program &program, ArrayRef<runtime::Result> results,
                                       DeviceMemory &memory) {
  bool isFile = llvm::sys::path::extension(output) == ".npy";
  unsigned tensors =
      llvm::count_if(results, [](const runtime::Result &result) { return result.kind != runtime::Result::Kind::Int; });
  if (isFile && tensors != 1)
    return reportError("'" + output + "' is one file, but the model has " + Twine(tensors) +
                       " tensors as outputs: expected a folder");
  if (!isFile && !output.empty())
    if (std::error_code error = llvm::sys::fs::create_directories(output))
      return reportError("cannot make the folder '" + output + "': " + error.message());
  for (auto [described, result] : llvm::zip_equal(program.outputs, results)) {
    if (result.kind == runtime::Result::Kind::Int) {
      if (output.empty())
        llvm::outs() << described.name << ": " << result.intValue << "\n";
      continue;
    }
    llvm::Expected<Array> array = memory.download(result.getView());
    if (!array)
      return reportError(llvm::toString(array.takeError()));
    if (output.empty()) {
      llvm::outs() << described.name << ": ";
      printArray(*array);
      continue;
    }
    SmallString<128> path(output);
    if (!isFile)
      llvm::sys::path::append(path, described.name + ".npy");
    if (llvm::Error error = writeNpy(path, array->getView()))
      return reportError(llvm::toString(std::move(error)));
  }
  return success();
}

LogicalResult RunCommand::run() {
  llvm::Expected<llvm::StringMap<int64_t>> symbolSizes = parseSizes(std::vector<std::string>(sizes));
  if (!symbolSizes)
    return reportError(llvm::toString(symbolSizes.takeError()));
  if (maxInt < 0)
    return reportError("--max-int: expected a number that is not negative");
  FailureOr<Model> model = readModel(options);
  if (failed(model))
    return failure();
  runtime::Runtime runtime({.maxThreads = threads});
  FailureOr<std::unique_ptr<CompiledGraph>> graph = compileModel(*model, options, runtime);
  if (failed(graph))
    return failure();
  if (!(*graph)->externs.empty())
    return reportError("the model calls '" + (*graph)->externs.front().name +
                       "', which tc does not compile and only PyTorch can run");
  const runtime::Program &program = (*graph)->getExecutable().getProgram();
  llvm::Expected<Inputs> inputs = makeInputs(program, {values, std::move(*symbolSizes), seed, maxInt});
  if (!inputs)
    return reportError(llvm::toString(inputs.takeError()));
  DeviceMemory memory(runtime);
  llvm::Expected<std::vector<runtime::Argument>> arguments = memory.upload(program, *inputs);
  if (!arguments)
    return reportError(llvm::toString(arguments.takeError()));

  Session session{(*graph)->getExecutable(), memory, std::move(*arguments)};
  std::vector<runtime::Result> results(program.outputs.size());
  runtime::RunOptions runOptions;
  runOptions.threads = threads;
  if (failed(session.run(results, runOptions)))
    return failure();
  LogicalResult written = writeOutputs(program, results, memory);
  memory.release(results);
  if (failed(written))
    return failure();
  return measure(session);
}

std::unique_ptr<Command> createRunCommand() { return std::make_unique<RunCommand>(); }

} // namespace tc::tool
