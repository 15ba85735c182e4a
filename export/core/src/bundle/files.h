// Where a bundle's files are read from: a folder, or a caller's memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

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

// The bytes of a file, for as long as `owner` lives (a caller's memory has none, and lives for as long as it says).
struct Mapped {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

// All of these are Failures when they cannot be done.
class Files {
 public:
  virtual ~Files() = default;

  // What messages call them.
  virtual const std::string& path() const = 0;
  std::string at(const std::string& name) const { return path() + "/" + name; }
  // Can ONNX Runtime open at(name)?
  virtual bool are_on_disk() const = 0;
  // Every file by name, as it is now.
  virtual std::map<std::string, FileState> state() const = 0;
  // Is it neither a link nor anything special?
  virtual bool is_plain(const std::string& name) const = 0;
  // A file that has exactly `bytes`, in parts and in little memory.
  virtual void stream(const std::string& name, std::uint64_t bytes,
                      const std::function<void(const char*, std::size_t)>& part) const = 0;
  // The same without a copy.
  virtual Mapped map(const std::string& name, std::uint64_t bytes) const = 0;
  // The same in memory of its own.
  std::string read(const std::string& name, std::uint64_t bytes) const;

 protected:
  // Failure unless the two are the same.
  void check_size(const std::string& name, std::uint64_t bytes, std::uint64_t stated) const;
};

}  // namespace edgener
