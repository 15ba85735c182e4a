#include "bundle/files.h"

#include "failure.h"

namespace edgener {

std::string Files::read(const std::string& name, std::uint64_t bytes) const {
  std::string data;
  data.reserve(static_cast<std::size_t>(bytes));
  stream(name, bytes, [&](const char* part, std::size_t size) { data.append(part, size); });
  return data;
}

void Files::check_size(const std::string& name, std::uint64_t bytes, std::uint64_t stated) const {
  if (bytes == stated) return;
  throw Failure(EDGENER_DAMAGED, printable(at(name), 200) + ": " + std::to_string(bytes) +
                                     " bytes, the manifest says " + std::to_string(stated));
}

}  // namespace edgener
