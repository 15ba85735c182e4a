// Normalisation with alignment: section 1 of the decode contract (tests/conformance/README.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgener {

// A normalised text; its code point i comes from `[starts[i], ends[i])` of the original, in code points.
struct Normalised {
  std::u32string points;
  std::vector<std::uint32_t> starts, ends;
};

// O(n log n) at worst, whatever the text is made of.
Normalised normalise(const std::u32string& text);

}  // namespace edgener
