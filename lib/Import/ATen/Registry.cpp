// The generated table and its lazy parsing.
#include "tc/Import/ATen/Registry.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FormatVariadic.h"

using namespace tc::aten;
using llvm::StringRef;

namespace {

/// One overload: where its schema lies in the text, and what the schema does not say.
struct Row {
  uint32_t offset;
  uint16_t length;
  uint8_t nameLength;
  bool isStructured;
  uint32_t tags;
  int16_t variants[5]; ///< functional, inplace, mutable, out, view copy; -1 for none
};

#define TC_ATEN_TABLE
#include "tc/Import/ATen/Registry.inc"

StringRef nameOf(const Row &row) { return StringRef(schemaText + row.offset, row.nameLength); }

} // namespace

StringRef tc::aten::canonicalName(StringRef name) {
  if (!name.consume_front("aten::"))
    name.consume_front("aten.");
  name.consume_back(".default");
  return name;
}

const Registry &Registry::builtin() {
  static const Registry registry;
  return registry;
}

Registry::Registry() : parsed(new std::atomic<const Op *>[std::size(rows)]()) {}

Registry::~Registry() {
  for (size_t i = 0; i < std::size(rows); ++i)
    delete parsed[i].load();
}

size_t Registry::size() const { return std::size(rows); }

StringRef Registry::nameAt(size_t index) const { return nameOf(rows[index]); }

const Op *Registry::lookup(StringRef name) const {
  name = canonicalName(name);
  const Row *row = llvm::lower_bound(rows, name, [](const Row &r, StringRef n) { return nameOf(r) < n; });
  if (row == std::end(rows) || nameOf(*row) != name)
    return nullptr;
  return parseAt(row - rows);
}

const Op *Registry::parseAt(size_t index) const {
  std::atomic<const Op *> &slot = parsed[index];
  if (const Op *op = slot.load(std::memory_order_acquire))
    return op;
  const Row &row = rows[index];
  auto parsedOp = parseSchema(StringRef(schemaText + row.offset, row.length), /*copyText=*/false);
  // The unit tests parse every row of the table, so this is out of reach of user input.
  if (!parsedOp)
    llvm::reportFatalInternalError(parsedOp.takeError());
  Op &op = **parsedOp;
  op.tags = row.tags;
  op.isStructured = row.isStructured;
  StringRef *links[] = {&op.functional, &op.inplace, &op.mutableForm, &op.out, &op.viewCopy};
  for (auto [link, variant] : llvm::zip_equal(links, row.variants))
    if (variant >= 0)
      *link = nameOf(rows[variant]);
  // Two threads may both parse; the first one to publish wins.
  const Op *expected = nullptr;
  if (!slot.compare_exchange_strong(expected, &op, std::memory_order_acq_rel))
    return expected;
  return parsedOp->release();
}

llvm::Expected<const Op *> Overlay::add(StringRef schema, llvm::ArrayRef<Tag> tags) {
  auto parsedOp = parseSchema(schema);
  if (!parsedOp)
    return parsedOp.takeError();
  Op &op = **parsedOp;
  for (Tag tag : tags)
    op.tags |= 1u << static_cast<unsigned>(tag);
  if (const Op *known = lookup(op.name)) {
    if (known->schema == op.schema || !custom.contains(known->name))
      return known;
    return llvm::createStringError(llvm::formatv("operator '{0}' is known already as '{1}'", op.name, known->schema));
  }
  const Op *added = parsedOp->get();
  custom[canonicalName(added->name)] = std::move(*parsedOp);
  return added;
}

const Op *Overlay::lookup(StringRef name) const {
  name = canonicalName(name);
  auto it = custom.find(name);
  if (it != custom.end())
    return it->second.get();
  // FX spells a custom operator "torchvision.nms.default", its schema "torchvision::nms".
  if (!name.contains("::") && name.contains('.')) {
    auto [nameSpace, rest] = name.split('.');
    it = custom.find((nameSpace + "::" + rest).str());
    if (it != custom.end())
      return it->second.get();
  }
  return base.lookup(name);
}
