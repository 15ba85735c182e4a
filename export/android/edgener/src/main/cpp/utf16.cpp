#include "utf16.h"

namespace edgener::jni {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_high(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void append(std::string& bytes, char32_t point) {
  const auto tail = [&](unsigned shift) { bytes.push_back(static_cast<char>(0x80 | (point >> shift & 0x3F))); };
  if (point < 0x80) {
    bytes.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    bytes.push_back(static_cast<char>(0xC0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    bytes.push_back(static_cast<char>(0xE0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    bytes.push_back(static_cast<char>(0xF0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The code point that begins at `at`, which moves behind it; a byte that begins none is one replacement.
char32_t next(std::string_view text, std::size_t& at) {
  const unsigned lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const std::size_t tail = lead >= 0xF0 && lead < 0xF5 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead >= 0xF5 || text.size() - at < tail) return kReplacement;
  char32_t point = lead & (0x3Fu >> tail);
  for (std::size_t i = 0; i < tail; ++i) {
    const unsigned byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return kReplacement;
    point = point << 6 | (byte & 0x3F);
  }
  const bool overlong = point < (tail == 3 ? 0x10000u : tail == 2 ? 0x800u : 0x80u);
  if (overlong || point > 0x10FFFF || is_high(point) || is_low(point)) return kReplacement;
  at += tail;
  return point;
}

}  // namespace

std::string utf8_of(std::u16string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char32_t point = text[at];
    if (is_high(point) && at + 1 < text.size() && is_low(text[at + 1])) {
      point = 0x10000 + ((point - 0xD800) << 10) + (text[++at] - 0xDC00u);
    }
    append(bytes, point);
  }
  return bytes;
}

std::u16string utf16_of(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = next(text, at);
    if (point > 0xFFFF) {
      units.push_back(static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xDC00 + (point & 0x3FF)));
    } else {
      units.push_back(static_cast<char16_t>(point));
    }
  }
  return units;
}

}  // namespace edgener::jni
