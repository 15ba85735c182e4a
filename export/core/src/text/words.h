// Word splitters by name: section 2 of the decode contract (tests/conformance/README.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edgener {

enum class Splitter { kUnicode1, kChar };

struct Range {
  std::size_t start, end;
};

// False for a name that this version does not know.
bool splitter_of(std::string_view name, Splitter& splitter);

// Ranges of the words of a normalised text, in code points.
std::vector<Range> split(const std::u32string& text, Splitter splitter);

}  // namespace edgener
