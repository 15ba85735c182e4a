#include "text/utf8.h"

#include <limits>

#include "failure.h"

namespace edgener {
namespace {

std::size_t units_of(char32_t point) { return point > 0xFFFF ? 2 : 1; }

bool is_surrogate(char32_t point) { return point >= 0xD800 && point < 0xE000; }

}  // namespace

Decoded decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t place) { return static_cast<unsigned char>(text[place]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return {kReplacement, 1, false};
  const unsigned length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte decides whether the sequence is overlong or beyond U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
  char32_t point = lead & (0xFFu >> (length + 1));
  for (unsigned i = 1; i < length; ++i) {
    const unsigned char next = at + i < text.size() ? byte(at + i) : 0;
    if (next < (i == 1 ? low : 0x80) || next > (i == 1 ? high : 0xBF)) {
      // Two bytes of a surrogate begin no character, so the standard cuts between them.
      const bool surrogate = lead == 0xED && i == 2 && byte(at + 1) >= 0xA0;
      return {kReplacement, surrogate ? 1 : i, false};
    }
    point = point << 6 | (next & 0x3F);
  }
  if (is_surrogate(point)) return {point, 3, false};
  return {point, length, true};
}

void append_utf8(std::string& text, char32_t point) {
  const auto put = [&](unsigned value) { text.push_back(static_cast<char>(value)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

std::string to_utf8(const std::u32string& points) {
  std::string text;
  text.reserve(points.size());
  for (const char32_t point : points) append_utf8(text, point);
  return text;
}

std::u32string to_points(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    points.push_back(next.sound ? next.point : kReplacement);
    at += next.bytes;
  }
  return points;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (!next.sound) return false;
    at += next.bytes;
  }
  return true;
}

Text::Text(std::string_view utf8) {
  if (utf8.size() > std::numeric_limits<std::int32_t>::max()) {
    throw Failure(EDGENER_BAD_ARGUMENT, "a text of more than 2 GiB; give it in parts");
  }
  points.reserve(utf8.size());
  bytes.reserve(utf8.size() + 1);
  for (std::size_t at = 0; at < utf8.size();) {
    const Decoded next = decode(utf8, at);
    points.push_back(next.point);
    bytes.push_back(static_cast<std::uint32_t>(at));
    at += next.bytes;
  }
  bytes.push_back(static_cast<std::uint32_t>(utf8.size()));
}

std::size_t Utf16::at(std::size_t place) {
  // Two words cut from one composed segment share its range, so the next position may lie before the last.
  for (; place_ < place; ++place_) units_ += units_of(points_[place_]);
  for (; place_ > place; --place_) units_ -= units_of(points_[place_ - 1]);
  return units_;
}

}  // namespace edgener
