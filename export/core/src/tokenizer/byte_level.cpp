#include <array>

#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/pre_tokenizer.h"

namespace edgener {
namespace {

// Printable bytes stand for themselves, the others, in order, for the characters from U+0100 on.
std::array<char32_t, 256> alphabet() {
  std::array<char32_t, 256> characters{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    characters[byte] = printable ? byte : next++;
  }
  return characters;
}

enum class Run { kSpace, kLetter, kNumber, kOther };

Run run_of(char32_t point) {
  switch (kind_of(point)) {
    case Kind::kSpace:
      return Run::kSpace;
    case Kind::kLetter:
      return Run::kLetter;
    case Kind::kNumber:
      return Run::kNumber;
    default:
      return Run::kOther;
  }
}

std::size_t contraction(const std::u32string& text, std::size_t at) {
  if (text[at] != '\'' || at + 1 >= text.size()) return 0;
  const char32_t one = text[at + 1], two = at + 2 < text.size() ? text[at + 2] : 0;
  if (one == 's' || one == 't' || one == 'm' || one == 'd') return 2;
  const bool long_one = (one == 'r' && two == 'e') || (one == 'v' && two == 'e') || (one == 'l' && two == 'l');
  return long_one ? 3 : 0;
}

// The end of what GPT-2's regular expression matches at `at`:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t match(const std::u32string& text, std::size_t at) {
  if (const std::size_t length = contraction(text, at)) return at + length;
  const std::size_t first = text[at] == ' ' && at + 1 < text.size() ? at + 1 : at;
  const Run run = run_of(text[first]);
  std::size_t end = first + 1;
  if (run != Run::kSpace) {
    while (end < text.size() && run_of(text[end]) == run) ++end;
    return end;
  }
  for (end = at + 1; end < text.size() && run_of(text[end]) == Run::kSpace;) ++end;
  // The last space before a word belongs to the word.
  return end < text.size() && end - at > 1 ? end - 1 : end;
}

}  // namespace

PreTokenizer::Step byte_level(const Part& part) {
  const bool prefix = part.flag("add_prefix_space", true), splits = part.flag("use_regex", true);
  return [prefix, splits, characters = alphabet()](const Fragment& whole, std::vector<Fragment>& result) {
    std::u32string text = whole.text;
    if (prefix && text[0] != ' ') text.insert(0, 1, ' ');
    std::string bytes;
    for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
      end = splits ? match(text, start) : text.size();
      bytes.clear();
      for (std::size_t at = start; at < end; ++at) append_utf8(bytes, text[at]);
      Fragment fragment{{}, whole.first && start == 0};
      for (const char byte : bytes) fragment.text.push_back(characters[static_cast<unsigned char>(byte)]);
      result.push_back(std::move(fragment));
    }
  };
}

}  // namespace edgener
