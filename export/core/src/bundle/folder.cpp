#include "bundle/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "failure.h"

namespace edgener {
namespace {

constexpr std::size_t kMostEntries = 1000;
constexpr std::size_t kPart = 256 << 10;

[[noreturn]] void unreadable(const std::string& path, const std::string& why) {
  throw Failure(EDGENER_UNREADABLE, printable(path, 200) + ": " + why);
}

class Handle {
 public:
  explicit Handle(int number) : number_(number) {}
  ~Handle() {
    if (number_ >= 0) close(number_);
  }
  Handle(Handle&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Handle& operator=(Handle&&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

FileState state_of(const struct stat& facts) {
#if defined(__APPLE__)
  const struct timespec& changed = facts.st_mtimespec;
#else
  const struct timespec& changed = facts.st_mtim;
#endif
  return {static_cast<std::uint64_t>(facts.st_dev), static_cast<std::uint64_t>(facts.st_ino),
          static_cast<std::uint64_t>(facts.st_size), static_cast<std::int64_t>(changed.tv_sec),
          static_cast<std::int64_t>(changed.tv_nsec)};
}

// A plain file, and how many bytes it has.
std::pair<Handle, std::uint64_t> opened(const std::string& path) {
  // Not blocking, for what was a plain file a moment ago may be a pipe now.
  Handle file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat facts;
  if (file.number() < 0 || fstat(file.number(), &facts) != 0) {
    unreadable(path, std::string("cannot be read (") + std::strerror(errno) + ")");
  }
  if (!S_ISREG(facts.st_mode)) unreadable(path, "not a plain file");
  return {std::move(file), static_cast<std::uint64_t>(facts.st_size)};
}

}  // namespace

Folder::Folder(std::string path) : path_(std::move(path)) {
  struct stat facts;
  if (stat(path_.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    unreadable(path_, "no such bundle (a bundle is a folder with manifest.json in it)");
  }
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
}

std::map<std::string, FileState> Folder::state() const {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path_.c_str()), closedir);
  if (!folder) unreadable(path_, std::string("cannot be read (") + std::strerror(errno) + ")");
  std::map<std::string, FileState> found;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat facts;
    if (fstatat(dirfd(folder.get()), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      unreadable(at(name), std::string("cannot be read (") + std::strerror(errno) + ")");
    }
    found.emplace(name, state_of(facts));
    if (found.size() > kMostEntries) throw Failure(EDGENER_MALFORMED, printable(path_, 200) + ": no bundle has so many files");
  }
  return found;
}

bool Folder::is_plain(const std::string& name) const {
  struct stat facts;
  return lstat(at(name).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

void Folder::stream(const std::string& name, std::uint64_t bytes,
                    const std::function<void(const char*, std::size_t)>& part) const {
  const auto [file, present] = opened(at(name));
  check_size(name, present, bytes);
  std::vector<char> buffer(static_cast<std::size_t>(bytes < kPart ? bytes + 1 : kPart));
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t got = ::read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) unreadable(at(name), std::string("cannot be read (") + std::strerror(errno) + ")");
    if (got == 0) break;
    total += static_cast<std::uint64_t>(got);
    if (total > bytes) break;
    part(buffer.data(), static_cast<std::size_t>(got));
  }
  if (total != bytes) throw Failure(EDGENER_DAMAGED, printable(at(name), 200) + ": was changed while it was read");
}

Mapped Folder::map(const std::string& name, std::uint64_t bytes) const {
  const auto [file, present] = opened(at(name));
  check_size(name, present, bytes);
  if (bytes == 0) return {};  // nothing to map, and the system refuses to
  const auto size = static_cast<std::size_t>(bytes);
  void* const start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (start == MAP_FAILED) unreadable(at(name), std::string("cannot be mapped (") + std::strerror(errno) + ")");
  const std::shared_ptr<const void> owner(start, [size](void* mapped) { munmap(mapped, size); });
  return {{static_cast<const char*>(start), size}, owner};
}

}  // namespace edgener
