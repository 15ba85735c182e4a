// Tags to entities: section 6 of the decode contract (tests/conformance/README.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/decode.h"
#include "text/utf8.h"
#include "text/words.h"

namespace edgener {

// Ranges of the caller's text, in three units.
struct Entity {
  std::string type, text;
  Range points, utf16, utf8;
  double score;
};

// `words`: ranges of each word in code points of the original text; `path`: the index of its label.
std::vector<Entity> entities(std::string_view utf8, const Text& text, const std::vector<Range>& words,
                             const std::vector<std::string>& labels, const std::vector<int>& path, const Rows& rows);

}  // namespace edgener
