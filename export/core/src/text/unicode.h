// What is asked of the Unicode tables (utf8proc), and canonical composition that takes no more than n log n steps.
#pragma once

#include <cstdint>
#include <string>

namespace edgener {

enum class Kind : std::uint8_t { kSpace, kOther, kLetter, kMark, kNumber };

// The White_Space property.
bool is_white_space(char32_t point);
// White space, letters (L*), marks (M*), numbers (N*), all else.
Kind kind_of(char32_t point);
bool is_printable(char32_t point);

// Normalisation forms. NFC of a single code point without a decomposition is itself.
std::u32string nfc(const std::u32string& text);
std::u32string nfd(const std::u32string& text);
std::u32string nfkc(const std::u32string& text);
std::u32string nfkd(const std::u32string& text);
bool decomposes(char32_t point);

// Such as "15.1.0".
const char* unicode_version();

}  // namespace edgener
