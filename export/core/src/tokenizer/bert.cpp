// What BERT's normaliser does, as the Rust tokenizers do it.
#include <utf8proc.h>

#include <algorithm>

#include "text/unicode.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/tables.h"

namespace edgener {
namespace {

bool in_other_category(char32_t point) {
  if (since_unicode_8(point)) return false;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
      return true;
    default:
      return false;
  }
}

void clean(std::u32string& text) {
  const auto is_removed = [](char32_t c) {
    return c == 0 || c == 0xFFFD || (c != '\t' && c != '\n' && c != '\r' && in_other_category(c));
  };
  text.erase(std::remove_if(text.begin(), text.end(), is_removed), text.end());
  std::replace_if(text.begin(), text.end(), is_white_space, U' ');
}

bool is_ideograph(char32_t c) {
  constexpr char32_t kRanges[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                     {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [c](const auto& range) { return c >= range[0] && c <= range[1]; });
}

void part_ideographs(std::u32string& text) {
  if (std::none_of(text.begin(), text.end(), is_ideograph)) return;
  std::u32string result;
  for (const char32_t point : text) {
    if (is_ideograph(point)) {
      result.append({U' ', point, U' '});
    } else {
      result.push_back(point);
    }
  }
  text.swap(result);
}

bool is_stripped(char32_t point) {
  const bool mark = utf8proc_category(static_cast<utf8proc_int32_t>(point)) == UTF8PROC_CATEGORY_MN;
  return (mark && !since_unicode_8(point)) || point == 0x1734;  // one until Unicode 14
}

void strip_accents(std::u32string& text) {
  normalise_as_rust(text, nfd);
  text.erase(std::remove_if(text.begin(), text.end(), is_stripped), text.end());
}

}  // namespace

std::vector<Normalizer::Step> bert_steps(const Part& part) {
  const bool lowers = part.flag("lowercase", true);
  std::vector<Normalizer::Step> steps;
  if (part.flag("clean_text", true)) steps.emplace_back(clean);
  if (part.flag("handle_chinese_chars", true)) steps.emplace_back(part_ideographs);
  if (part.flag("strip_accents", lowers)) steps.emplace_back(strip_accents);
  if (lowers) steps.emplace_back(lowercase);
  return steps;
}

}  // namespace edgener
