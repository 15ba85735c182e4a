// Files that a caller holds in memory, such as those of an app's archive, mapped.
#pragma once

#include <string>

#include "bundle/files.h"

namespace edgener {

class InMemory final : public Files {
 public:
  explicit InMemory(std::string path) : path_(std::move(path)) {}

  // Failure when there is a file of this name already.
  void add(const std::string& name, std::string_view bytes);

  const std::string& path() const override { return path_; }
  bool are_on_disk() const override { return false; }
  std::map<std::string, FileState> state() const override;
  bool is_plain(const std::string&) const override { return true; }
  void stream(const std::string& name, std::uint64_t bytes,
              const std::function<void(const char*, std::size_t)>& part) const override;
  Mapped map(const std::string& name, std::uint64_t bytes) const override;

 private:
  std::string path_;
  std::map<std::string, std::string_view> files_;
};

}  // namespace edgener
