// Stack traces and module stacks as text.
#include "tc/Import/Locations.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;

namespace {

struct Frame {
  StringRef file;
  unsigned line = 0;
};

/// Code that the user did not write: torch itself, and what Dynamo generates.
bool isInternal(StringRef file) {
  return file.contains("site-packages/torch/") || file.contains("dist-packages/torch/") || file.starts_with("torch/") ||
         file.starts_with("<");
}

bool parseFrame(StringRef text, Frame &frame) {
  text = text.ltrim();
  if (!text.consume_front("File \""))
    return false;
  auto [file, rest] = text.split("\", line ");
  frame.file = file;
  return !rest.consumeInteger(10, frame.line);
}

} // namespace

Location tc::getCaptureLocation(MLIRContext *context, StringRef stackTrace, StringRef modulePath) {
  std::optional<Frame> innermost;
  while (!stackTrace.empty()) {
    auto [text, rest] = stackTrace.split('\n');
    stackTrace = rest;
    Frame frame;
    if (parseFrame(text, frame) && (!innermost || !isInternal(frame.file) || isInternal(innermost->file)))
      innermost = frame;
  }
  Location location = UnknownLoc::get(context);
  if (innermost)
    location = FileLineColLoc::get(context, innermost->file, innermost->line, 0);
  return modulePath.empty() ? location : NameLoc::get(StringAttr::get(context, modulePath), location);
}

StringRef tc::innermostModule(StringRef moduleStack) {
  StringRef innermost = moduleStack.rsplit(';').second.empty() ? moduleStack : moduleStack.rsplit(';').second;
  return innermost.split(',').second.split(',').first;
}
