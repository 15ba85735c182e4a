// A folder whose files are read with care: plain files only, never more than they may have.
#pragma once

#include <string>

#include "bundle/files.h"

namespace edgener {

class Folder final : public Files {
 public:
  // Failure when it is no folder, or cannot be read.
  explicit Folder(std::string path);

  const std::string& path() const override { return path_; }
  bool are_on_disk() const override { return true; }
  // Of symbolic links themselves. Failure when there are more than a bundle has.
  std::map<std::string, FileState> state() const override;
  bool is_plain(const std::string& name) const override;
  void stream(const std::string& name, std::uint64_t bytes,
              const std::function<void(const char*, std::size_t)>& part) const override;
  Mapped map(const std::string& name, std::uint64_t bytes) const override;

 private:
  std::string path_;
};

}  // namespace edgener
