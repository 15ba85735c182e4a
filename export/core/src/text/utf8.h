// UTF-8 in and out, and positions of one text in three units.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edgener {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t point;       // a surrogate as such; U+FFFD for anything else that is not UTF-8
  std::uint32_t bytes;  // at least 1
  bool sound;           // neither a surrogate nor broken
};

// The code point at `text[at]`. What is broken is cut as the Unicode Standard recommends (3.9, maximal subparts), so
// that whoever decoded the same bytes counts the same code points. An encoded surrogate is one code point of three bytes.
Decoded decode(std::string_view text, std::size_t at);

void append_utf8(std::string& text, char32_t point);
std::string to_utf8(const std::u32string& points);
// Broken sequences become U+FFFD.
std::u32string to_points(std::string_view text);
bool is_utf8(std::string_view text);

// The caller's text by code points; `bytes[i]` is where code point i begins, with one more for the end.
struct Text {
  explicit Text(std::string_view utf8);

  std::u32string points;
  std::vector<std::uint32_t> bytes;
};

// Code point positions in UTF-16 units, counted on from the position last asked for.
class Utf16 {
 public:
  explicit Utf16(const std::u32string& points) : points_(points) {}
  std::size_t at(std::size_t place);

 private:
  const std::u32string& points_;
  std::size_t place_ = 0, units_ = 0;
};

}  // namespace edgener
