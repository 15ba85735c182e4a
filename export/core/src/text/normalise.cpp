#include "text/normalise.h"

#include "text/unicode.h"
#include "text/utf8.h"

namespace edgener {
namespace {

bool is_dropped(char32_t point) { return point == 0x200B || point == 0x200D || point == 0xAD || point == 0xFEFF; }

// What can compose with the code point before it: marks, conjoining Hangul vowels and finals, and the Kirat Rai vowel
// signs of Unicode 16, which are not marks by category.
bool joins(char32_t point) {
  if (point < 0x300) return false;
  return kind_of(point) == Kind::kMark || (point >= 0x1160 && point <= 0x11FF) || (point >= 0xD7B0 && point <= 0xD7FF) ||
         point == 0x16D63 || (point >= 0x16D67 && point <= 0x16D6A);
}

}  // namespace

Normalised normalise(const std::u32string& text) {
  Normalised result;
  std::u32string source;
  std::vector<std::uint32_t> places;
  source.reserve(text.size());
  places.reserve(text.size());
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char32_t point = text[place];
    if (is_dropped(point)) continue;
    source.push_back(point >= 0xD800 && point < 0xE000 ? kReplacement : point);
    places.push_back(static_cast<std::uint32_t>(place));
  }
  result.points.reserve(source.size());
  result.starts.reserve(source.size());
  result.ends.reserve(source.size());
  const auto put = [&](char32_t point, std::size_t first, std::size_t last) {
    result.points.push_back(point);
    result.starts.push_back(places[first]);
    result.ends.push_back(places[last] + 1);
  };
  for (std::size_t first = 0, last; first < source.size(); first = last) {
    last = first + 1;
    while (last < source.size() && joins(source[last])) ++last;
    if (last == first + 1 && !decomposes(source[first])) {
      put(source[first], first, first);
      continue;
    }
    const std::u32string before = source.substr(first, last - first);
    const std::u32string after = nfc(before);
    const bool same = before == after;
    for (std::size_t i = 0; i < after.size(); ++i) {
      put(after[i], same ? first + i : first, same ? first + i : last - 1);
    }
  }
  return result;
}

}  // namespace edgener
