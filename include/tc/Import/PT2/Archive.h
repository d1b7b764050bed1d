// The container of a .pt2 file: a ZIP archive whose entries all lie under one root folder. The file
// is mapped, and entries that are stored uncompressed, as torch.export.save writes them, are handed
// out as slices of the mapping.
#ifndef TC_IMPORT_PT2_ARCHIVE_H
#define TC_IMPORT_PT2_ARCHIVE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <mutex>
#include <string>

namespace tc::pt2 {

/// Read-only and thread-safe. Whoever keeps bytes of an entry keeps the archive alive as well.
class Archive {
public:
  /// Opens a file. Errors name the file, the entry and the reason.
  static llvm::Expected<std::shared_ptr<const Archive>> open(llvm::StringRef path);
  /// The same for a file that is in memory already.
  static llvm::Expected<std::shared_ptr<const Archive>> open(std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef path() const { return buffer->getBufferIdentifier(); }
  /// Entry names are relative to the root folder: "models/model.json".
  bool contains(llvm::StringRef entry) const { return entries.contains(entry); }
  /// All entries, sorted.
  llvm::SmallVector<llvm::StringRef> names() const;

  /// The bytes of an entry, not checksummed: a slice of the mapping, or of a decompressed copy that
  /// is kept.
  llvm::Expected<llvm::ArrayRef<char>> bytes(llvm::StringRef entry) const;
  /// A copy of an entry, its CRC checked. For text; the weights are too large to be read through.
  llvm::Expected<std::string> read(llvm::StringRef entry) const;

  /// An error that names the file and the entry.
  llvm::Error error(llvm::StringRef entry, const llvm::Twine &reason) const;

private:
  struct Entry {
    std::string fullName;
    uint64_t offset = 0;
    uint64_t size = 0;
    bool isStored = false;
  };

  explicit Archive(std::unique_ptr<llvm::MemoryBuffer> buffer) : buffer(std::move(buffer)) {}
  llvm::Error readDirectory();

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringMap<Entry> entries;
  mutable std::mutex mutex;
  mutable llvm::StringMap<std::string> decompressed;
};

} // namespace tc::pt2

#endif // TC_IMPORT_PT2_ARCHIVE_H
