// Look-up of view ops over all families.

#include "Views.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

std::optional<int64_t> View::dim(StringRef argument, std::optional<int64_t> defaultDim) {
  std::optional<int64_t> dim = call.integer(argument);
  if (!dim)
    dim = defaultDim;
  if (!dim)
    return std::nullopt;
  if (*dim < 0)
    *dim += rank();
  return *dim >= 0 && *dim < rank() ? dim : std::nullopt;
}

static const ViewEntry *lookUp(StringRef name) {
  for (ArrayRef<ViewEntry> family : {shapeViews(), permutationViews(), sliceViews(), stridedViews(), typeViews()})
    for (const ViewEntry &entry : family)
      if (entry.name == name)
        return &entry;
  return nullptr;
}

const ViewEntry *functionalize::findView(StringRef name) {
  if (const ViewEntry *entry = lookUp(name))
    return entry;
  auto [base, overload] = name.split('.');
  if (!base.consume_back("_copy") && !base.consume_back("_"))
    return nullptr;
  // transpose_ is the one in-place view without the overload's name.
  if (overload.empty() && base == "transpose")
    overload = "int";
  return lookUp(overload.empty() ? base.str() : (base + "." + overload).str());
}
