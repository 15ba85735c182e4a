// A folder whose files are read with care: plain files only, never more than they may have.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace edgener {

// What differs when a file is replaced or written to.
struct FileState {
  std::uint64_t device, inode, bytes;
  std::int64_t seconds, nanoseconds;

  bool operator==(const FileState& other) const {
    return device == other.device && inode == other.inode && bytes == other.bytes && seconds == other.seconds &&
           nanoseconds == other.nanoseconds;
  }
};

class Folder {
 public:
  // Failure when it is no folder, or cannot be read.
  explicit Folder(std::string path);

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  // Every entry by name, as it is now: of symbolic links themselves. Failure when there are more than a bundle has.
  std::map<std::string, FileState> state() const;
  // Is it neither a link nor anything special?
  bool is_plain(const std::string& name) const;
  // The whole of a file that has exactly `bytes`. Failure otherwise.
  std::string read(const std::string& name, std::uint64_t bytes) const;
  // The same in parts, and in little memory.
  void stream(const std::string& name, std::uint64_t bytes,
              const std::function<void(const char*, std::size_t)>& part) const;

 private:
  std::string path_;
};

}  // namespace edgener
