// Reads the ZIP directory with minizip, over a mapping of the file.
#include "tc/Import/PT2/Archive.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FormatVariadic.h"

#include <minizip/unzip.h>

#include <cstring>

using namespace tc::pt2;
using llvm::StringRef;

namespace {

/// minizip's stream callbacks over the mapping.
struct MemoryStream {
  StringRef data;
  uint64_t position = 0;

  static MemoryStream *self(voidpf stream) { return static_cast<MemoryStream *>(stream); }
  static voidpf open(voidpf opaque, const void *, int) { return opaque; }
  static uLong read(voidpf, voidpf stream, void *target, uLong size) {
    MemoryStream *s = self(stream);
    uLong count = std::min<uint64_t>(size, s->data.size() - s->position);
    std::memcpy(target, s->data.data() + s->position, count);
    s->position += count;
    return count;
  }
  static uLong write(voidpf, voidpf, const void *, uLong) { return 0; }
  static ZPOS64_T tell(voidpf, voidpf stream) { return self(stream)->position; }
  static long seek(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
    MemoryStream *s = self(stream);
    uint64_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                    : origin == ZLIB_FILEFUNC_SEEK_CUR ? s->position
                                                       : s->data.size();
    uint64_t target = base + offset; // unsigned, so that a negative relative offset wraps to the right place
    if (target > s->data.size())
      return -1;
    s->position = target;
    return 0;
  }
  static int close(voidpf, voidpf) { return 0; }
  static int error(voidpf, voidpf) { return 0; }

  unzFile openArchive() {
    zlib_filefunc64_def functions{open, read, write, tell, seek, close, error, this};
    return unzOpen2_64("", &functions);
  }
};

StringRef describe(int code) {
  switch (code) {
  case UNZ_BADZIPFILE:
    return "its ZIP headers are damaged";
  case UNZ_CRCERROR:
    return "its checksum does not match its contents";
  case UNZ_END_OF_LIST_OF_FILE:
    return "it is missing from the ZIP directory";
  default:
    return "it cannot be decompressed";
  }
}

/// Deflate cannot do better than this, so a larger claim is damage and is not worth an allocation.
constexpr uint64_t maxCompressionRatio = 1032;
/// Compressed entries are those of people who packed a file again; a small one must not fill the memory.
constexpr uint64_t maxDecompressedBytes = uint64_t(1) << 30;

} // namespace

llvm::Error Archive::error(StringRef entry, const llvm::Twine &reason) const {
  if (entry.empty())
    return llvm::createStringError(path() + ": " + reason);
  return llvm::createStringError(path() + ": entry '" + entry + "': " + reason);
}

llvm::Expected<std::shared_ptr<const Archive>> Archive::open(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(path + ": cannot be read: " + buffer.getError().message());
  return open(std::move(*buffer));
}

llvm::Expected<std::shared_ptr<const Archive>> Archive::open(std::unique_ptr<llvm::MemoryBuffer> buffer) {
  std::shared_ptr<Archive> archive(new Archive(std::move(buffer)));
  if (llvm::Error e = archive->readDirectory())
    return std::move(e);
  return archive;
}

llvm::Error Archive::readDirectory() {
  MemoryStream stream{buffer->getBuffer()};
  unzFile zip = stream.openArchive();
  if (!zip)
    return error("", "not a ZIP archive, or cut off: its directory is missing");
  llvm::scope_exit closeZip([&] { unzClose(zip); });

  std::string root;
  for (int status = unzGoToFirstFile(zip); status != UNZ_END_OF_LIST_OF_FILE; status = unzGoToNextFile(zip)) {
    unz_file_info64 info;
    char name[1024];
    if (status == UNZ_OK)
      status = unzGetCurrentFileInfo64(zip, &info, name, sizeof(name), nullptr, 0, nullptr, 0);
    if (status != UNZ_OK)
      return error("", "the ZIP directory is damaged");
    if (info.size_filename >= sizeof(name))
      return error("", "the ZIP directory has a name of " + llvm::Twine(info.size_filename) + " bytes");
    std::string fullName(name, info.size_filename);
    auto [folder, rest] = StringRef(fullName).split('/');
    if (root.empty())
      root = folder.str();
    if (rest.empty())
      return error(fullName, "expected entries in one root folder, as PyTorch 2.8 and later write them");
    if (folder != root)
      return error(fullName, "expected all entries in the root folder '" + root + "'");
    if (info.flag & 1)
      return error(rest, "it is encrypted");
    int method;
    if ((status = unzOpenCurrentFile2(zip, &method, nullptr, /*raw=*/1)) != UNZ_OK)
      return error(rest, describe(status));
    uint64_t offset = unzGetCurrentFileZStreamPos64(zip);
    unzCloseCurrentFile(zip);
    uint64_t fileSize = buffer->getBufferSize();
    if (offset > fileSize || info.compressed_size > fileSize - offset)
      return error(rest, llvm::formatv("its {0} bytes at offset {1} reach beyond the file's {2}", info.compressed_size,
                                       offset, fileSize));
    bool isStored = method == 0;
    if (isStored ? info.uncompressed_size != info.compressed_size
                 : info.uncompressed_size / maxCompressionRatio > info.compressed_size)
      return error(
          rest, llvm::formatv("{0} bytes cannot hold the {1} it claims", info.compressed_size, info.uncompressed_size));
    if (!isStored && info.uncompressed_size > maxDecompressedBytes)
      return error(rest, llvm::formatv("expected at most {0} bytes in a compressed entry, found {1}",
                                       maxDecompressedBytes, info.uncompressed_size));
    Entry entry{fullName, offset, info.uncompressed_size, isStored};
    if (!entries.try_emplace(rest, std::move(entry)).second)
      return error(rest, "it is there twice");
  }
  if (entries.empty())
    return error("", "the archive is empty");
  return llvm::Error::success();
}

llvm::SmallVector<StringRef> Archive::names() const {
  llvm::SmallVector<StringRef> names(entries.keys());
  llvm::sort(names);
  return names;
}

llvm::Expected<std::string> Archive::read(StringRef name) const {
  auto it = entries.find(name);
  if (it == entries.end())
    return error(name, "it is missing");
  MemoryStream stream{buffer->getBuffer()};
  unzFile zip = stream.openArchive();
  if (!zip)
    return error("", "the ZIP directory is damaged");
  llvm::scope_exit closeZip([&] { unzClose(zip); });
  int status = unzLocateFile(zip, it->second.fullName.c_str(), /*case sensitive*/ 1);
  if (status == UNZ_OK)
    status = unzOpenCurrentFile(zip);
  if (status != UNZ_OK)
    return error(name, describe(status));
  std::string contents(it->second.size, '\0');
  for (uint64_t done = 0; done < contents.size();) {
    unsigned chunk = std::min<uint64_t>(contents.size() - done, 1u << 30);
    int count = unzReadCurrentFile(zip, contents.data() + done, chunk);
    if (count <= 0) {
      unzCloseCurrentFile(zip);
      return error(name, count ? describe(count) : "it ends early");
    }
    done += count;
  }
  if ((status = unzCloseCurrentFile(zip)) != UNZ_OK)
    return error(name, describe(status));
  return contents;
}

llvm::Expected<llvm::ArrayRef<char>> Archive::bytes(StringRef name) const {
  auto it = entries.find(name);
  if (it == entries.end())
    return error(name, "it is missing");
  const Entry &entry = it->second;
  if (entry.isStored)
    return llvm::ArrayRef<char>(buffer->getBufferStart() + entry.offset, entry.size);
  std::lock_guard<std::mutex> lock(mutex);
  auto [copy, isNew] = decompressed.try_emplace(name);
  if (isNew) {
    auto contents = read(name);
    if (!contents) {
      decompressed.erase(copy);
      return contents.takeError();
    }
    copy->second = std::move(*contents);
  }
  return llvm::ArrayRef<char>(copy->second.data(), copy->second.size());
}
