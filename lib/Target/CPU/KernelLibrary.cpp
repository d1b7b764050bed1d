// Links objects into this process with ORC's JITLink layer.

#include "tc/Target/CPU/KernelLibrary.h"

#include "tc/Target/CPU/Support.h"
#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"

#include <atomic>
#include <mutex>
#include <utility>

using namespace llvm;
using namespace tc::cpu;

struct KernelLibrary::State {
  explicit State(std::unique_ptr<orc::ExecutorProcessControl> control)
      : session(std::move(control)), linker(session), symbols(session.createBareJITDylib("kernels")) {}
  ~State() { consumeError(session.endSession()); }

  orc::ExecutionSession session;
  orc::ObjectLinkingLayer linker;
  orc::JITDylib &symbols;
  std::atomic<unsigned> objects = 0;
  std::mutex mutex;
  std::string messages; ///< of links that failed
};

KernelLibrary::KernelLibrary(std::unique_ptr<State> state) : state(std::move(state)) {}
KernelLibrary::~KernelLibrary() = default;

Expected<std::unique_ptr<KernelLibrary>> KernelLibrary::create() {
  Expected<std::unique_ptr<orc::SelfExecutorProcessControl>> control = orc::SelfExecutorProcessControl::Create();
  if (!control)
    return control.takeError();
  auto state = std::make_unique<State>(std::move(*control));
  // A failed link is reported to the session, and to the caller only that it failed: the caller gets both.
  state->session.setErrorReporter([raw = state.get()](Error error) {
    std::lock_guard<std::mutex> lock(raw->mutex);
    raw->messages += toString(std::move(error)) + "; ";
  });
  orc::SymbolMap support;
  for (const SupportFunction &function : getSupportFunctions())
    support[state->session.intern(function.name)] = {orc::ExecutorAddr::fromPtr(function.address),
                                                     JITSymbolFlags::Exported | JITSymbolFlags::Callable};
  if (Error error = state->symbols.define(orc::absoluteSymbols(std::move(support))))
    return error;
  return std::unique_ptr<KernelLibrary>(new KernelLibrary(std::move(state)));
}

Error KernelLibrary::add(ArrayRef<char> object) {
  std::string name = "object" + std::to_string(state->objects++);
  return state->linker.add(state->symbols, std::make_unique<SmallVectorMemoryBuffer>(
                                               SmallVector<char, 0>(object.begin(), object.end()), name, false));
}

Expected<void *> KernelLibrary::lookup(StringRef symbol) {
  Expected<std::vector<void *>> addresses = lookupAll(symbol.str());
  if (!addresses)
    return addresses.takeError();
  return addresses->front();
}

Expected<std::vector<void *>> KernelLibrary::lookupAll(ArrayRef<std::string> symbols) {
  orc::SymbolLookupSet set;
  for (const std::string &symbol : symbols)
    set.add(state->session.intern(symbol));
  set.sortByAddress();
  set.removeDuplicates();
  Expected<orc::SymbolMap> found = state->session.lookup(orc::makeJITDylibSearchOrder(&state->symbols), std::move(set));
  if (!found) {
    std::lock_guard<std::mutex> lock(state->mutex);
    return createStringError(std::exchange(state->messages, {}) + toString(found.takeError()));
  }
  std::vector<void *> addresses;
  for (const std::string &symbol : symbols)
    addresses.push_back((*found)[state->session.intern(symbol)].getAddress().toPtr<void *>());
  return addresses;
}
