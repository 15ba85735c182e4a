#include "bundle/in_memory.h"

#include "failure.h"

namespace edgener {

void InMemory::add(const std::string& name, std::string_view bytes) {
  if (!files_.emplace(name, bytes).second) {
    throw Failure(EDGENER_BAD_ARGUMENT, printable(at(name), 200) + ": two files of this name");
  }
}

std::map<std::string, FileState> InMemory::state() const {
  std::map<std::string, FileState> found;
  for (const auto& [name, bytes] : files_) found.emplace(name, FileState{0, 0, bytes.size(), 0, 0});
  return found;
}

void InMemory::stream(const std::string& name, std::uint64_t bytes,
                      const std::function<void(const char*, std::size_t)>& part) const {
  const std::string_view data = map(name, bytes).bytes;
  if (!data.empty()) part(data.data(), data.size());
}

Mapped InMemory::map(const std::string& name, std::uint64_t bytes) const {
  const auto found = files_.find(name);
  if (found == files_.end()) throw Failure(EDGENER_UNREADABLE, printable(at(name), 200) + ": missing");
  check_size(name, found->second.size(), bytes);
  return {found->second, nullptr};
}

}  // namespace edgener
