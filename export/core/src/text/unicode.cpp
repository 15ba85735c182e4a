#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "failure.h"

namespace edgener {
namespace {

utf8proc_int32_t signed_of(char32_t point) { return static_cast<utf8proc_int32_t>(point); }

int combining_class(utf8proc_int32_t point) { return utf8proc_get_property(point)->combining_class; }

// Decomposed and in canonical order (Unicode Standard, 3.11). utf8proc orders marks by insertion, which takes minutes
// for a few hundred thousand of them in the wrong order; a stable sort does not.
std::vector<utf8proc_int32_t> decomposed(const std::u32string& text, int options) {
  std::vector<utf8proc_int32_t> points;
  points.reserve(text.size() + 8);
  utf8proc_int32_t buffer[32];
  for (const char32_t point : text) {
    int last_boundclass = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(
        signed_of(point), buffer, 32, static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE), &last_boundclass);
    if (count < 0 || count > 32) {
      points.push_back(signed_of(point));
      continue;
    }
    points.insert(points.end(), buffer, buffer + count);
  }
  for (std::size_t at = 0; at < points.size();) {
    std::size_t end = at;
    while (end < points.size() && combining_class(points[end]) != 0) ++end;
    if (end - at > 1) {
      std::stable_sort(points.begin() + static_cast<std::ptrdiff_t>(at), points.begin() + static_cast<std::ptrdiff_t>(end),
                       [](auto one, auto other) { return combining_class(one) < combining_class(other); });
    }
    at = end + 1;
  }
  return points;
}

std::u32string points_of(const std::vector<utf8proc_int32_t>& points, std::size_t count) {
  std::u32string text(count, U'\0');
  std::transform(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(count), text.begin(),
                 [](auto point) { return static_cast<char32_t>(point); });
  return text;
}

// In place; returns how many are left. Utf8proc takes U+11A7, which is no final, for one, and loses it behind a
// syllable: it composes with nothing, so what is before it and what is behind it are composed apart.
std::size_t composed(std::vector<utf8proc_int32_t>& points) {
  constexpr utf8proc_int32_t kNoFinal = 0x11A7;
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  auto out = points.begin();
  for (auto start = points.begin(); start != points.end();) {
    const auto end = std::find(start, points.end(), kNoFinal);
    const utf8proc_ssize_t count = utf8proc_normalize_utf32(points.data() + (start - points.begin()), end - start, kOptions);
    if (count < 0) throw Failure(EDGENER_INTERNAL, "a text cannot be composed");
    out = std::copy(start, start + count, out);
    start = end;
    for (; start != points.end() && *start == kNoFinal; ++start) *out++ = kNoFinal;
  }
  return static_cast<std::size_t>(out - points.begin());
}

std::u32string composed_text(std::vector<utf8proc_int32_t> points) {
  const std::size_t count = composed(points);
  return points_of(points, count);
}

}  // namespace

bool is_white_space(char32_t point) {
  if (point < 0x80) return point == ' ' || (point >= 0x09 && point <= 0x0D);
  switch (point) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return point >= 0x2000 && point <= 0x200A;
  }
}

Kind kind_of(char32_t point) {
  if (is_white_space(point)) return Kind::kSpace;
  switch (utf8proc_category(signed_of(point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return Kind::kLetter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return Kind::kMark;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Kind::kNumber;
    default:
      return Kind::kOther;
  }
}

bool is_printable(char32_t point) {
  switch (utf8proc_category(signed_of(point))) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

bool decomposes(char32_t point) {
  return utf8proc_get_property(signed_of(point))->decomp_seqindex != UINT16_MAX || (point >= 0xAC00 && point <= 0xD7A3);
}

std::u32string nfc(const std::u32string& text) { return composed_text(decomposed(text, UTF8PROC_DECOMPOSE)); }

std::u32string nfd(const std::u32string& text) {
  const auto points = decomposed(text, UTF8PROC_DECOMPOSE);
  return points_of(points, points.size());
}

std::u32string nfkc(const std::u32string& text) {
  return composed_text(decomposed(text, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT));
}

std::u32string nfkd(const std::u32string& text) {
  const auto points = decomposed(text, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  return points_of(points, points.size());
}

const char* unicode_version() { return utf8proc_unicode_version(); }

}  // namespace edgener
