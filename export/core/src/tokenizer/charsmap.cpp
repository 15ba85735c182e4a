#include "tokenizer/charsmap.h"

#include <utf8proc.h>

#include <algorithm>

#include "failure.h"
#include "text/utf8.h"

namespace edgener {
namespace {

// Longer clusters are replaced code point by code point; counted in UTF-8 bytes.
constexpr std::size_t kLongestCluster = 5;

bool is_leaf_behind(std::uint32_t unit) { return unit >> 8 & 1; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool from_base64(std::string_view text, std::string& data) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  data.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = sextet(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    data.push_back(static_cast<char>(bits >> held & 0xFF));
  }
  return held < 6;
}

std::uint32_t little_endian(const std::string& data, std::size_t at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(data[at + static_cast<std::size_t>(i)]);
  return value;
}

}  // namespace

Charsmap::Charsmap(std::string_view base64, const std::string& where) {
  std::string data;
  if (!from_base64(base64, data)) throw Failure(EDGENER_TOKENIZER, where + ": precompiled_charsmap is not base64");
  const std::size_t bytes = data.size() >= 4 ? little_endian(data, 0) : 0;
  if (bytes < 4 || bytes % 4 != 0 || bytes > data.size() - 4) {
    throw Failure(EDGENER_TOKENIZER, where + ": precompiled_charsmap is damaged");
  }
  trie_.resize(bytes / 4);
  for (std::size_t unit = 0; unit < trie_.size(); ++unit) trie_[unit] = little_endian(data, 4 + 4 * unit);
  replacements_ = data.substr(4 + bytes);
  std::string_view replacement;
  keeps_ascii_ = true;
  for (char c = 0x21; c < 0x7F; ++c) keeps_ascii_ = keeps_ascii_ && !find(std::string_view(&c, 1), replacement);
}

// The replacement of the shortest prefix that has one. That it stands for the whole is how models were trained.
bool Charsmap::find(std::string_view key, std::string_view& replacement) const {
  std::uint32_t node = offset(trie_[0]);
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= trie_.size() || label(trie_[node]) != byte) return false;
    const std::uint32_t unit = trie_[node];
    node ^= offset(unit);
    if (!is_leaf_behind(unit)) continue;
    const std::size_t start = node < trie_.size() ? trie_[node] & 0x7FFFFFFF : 0;
    const std::string_view all = replacements_;
    replacement = start < all.size() ? all.substr(start, all.find('\0', start) - start) : std::string_view();
    return true;
  }
  return false;
}

void Charsmap::cluster(const std::u32string& text, std::size_t start, std::size_t end, std::u32string& result) const {
  std::string bytes;
  std::string_view replacement;
  for (std::size_t at = start; at < end && bytes.size() <= kLongestCluster; ++at) append_utf8(bytes, text[at]);
  if (bytes.size() <= kLongestCluster && find(bytes, replacement)) {
    result += to_points(replacement);
    return;
  }
  for (std::size_t at = start; at < end; ++at) {
    bytes.clear();
    append_utf8(bytes, text[at]);
    if (find(bytes, replacement)) {
      result += to_points(replacement);
    } else {
      result.push_back(text[at]);
    }
  }
}

void Charsmap::apply(std::u32string& text) const {
  if (keeps_ascii_ && std::all_of(text.begin(), text.end(), [](char32_t c) { return c > 0x20 && c < 0x7F; })) return;
  std::u32string result;
  result.reserve(text.size());
  utf8proc_int32_t state = 0;
  for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
    for (end = start + 1; end < text.size(); ++end) {
      const auto before = static_cast<utf8proc_int32_t>(text[end - 1]), behind = static_cast<utf8proc_int32_t>(text[end]);
      if (utf8proc_grapheme_break_stateful(before, behind, &state)) break;
    }
    cluster(text, start, end, result);
  }
  text.swap(result);
}

}  // namespace edgener
