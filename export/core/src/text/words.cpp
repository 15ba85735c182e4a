#include "text/words.h"

#include "text/unicode.h"

namespace edgener {
namespace {

bool in_word(Kind kind) { return kind >= Kind::kLetter; }

// Does the mark at `place` join the code points around it into one word?
bool joined(const std::u32string& text, std::size_t place) {
  const char32_t point = text[place];
  if (point != '\'' && point != 0x2019 && point != '-') return false;
  const Kind before = kind_of(text[place - 1]);
  return (before == Kind::kLetter || before == Kind::kMark) && kind_of(text[place + 1]) == Kind::kLetter;
}

// The end of the word whose first code point is directly before `place`.
std::size_t end_of_word(const std::u32string& text, std::size_t place) {
  for (;;) {
    if (place < text.size() && in_word(kind_of(text[place]))) {
      place += 1;
    } else if (place + 1 < text.size() && joined(text, place)) {
      place += 2;
    } else {
      return place;
    }
  }
}

}  // namespace

bool splitter_of(std::string_view name, Splitter& splitter) {
  if (name != "unicode-1" && name != "char") return false;
  splitter = name == "char" ? Splitter::kChar : Splitter::kUnicode1;
  return true;
}

std::vector<Range> split(const std::u32string& text, Splitter splitter) {
  std::vector<Range> words;
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t start = place++;
    const Kind kind = kind_of(text[start]);
    if (kind == Kind::kSpace) continue;
    if (splitter == Splitter::kUnicode1 && in_word(kind)) place = end_of_word(text, place);
    words.push_back({start, place});
  }
  return words;
}

}  // namespace edgener
