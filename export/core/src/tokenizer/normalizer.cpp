#include "tokenizer/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <memory>

#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/charsmap.h"
#include "tokenizer/tables.h"

namespace edgener {
namespace {

constexpr int kDeepest = 8;

void strip(std::u32string& text, bool left, bool right) {
  std::size_t start = 0, end = text.size();
  while (left && start < end && is_white_space(text[start])) ++start;
  while (right && end > start && is_white_space(text[end - 1])) --end;
  text = text.substr(start, end - start);
}

void replace(std::u32string& text, const std::u32string& pattern, const std::u32string& content) {
  std::size_t at = text.find(pattern);
  if (at == std::u32string::npos) return;
  std::u32string result;
  std::size_t since = 0;
  for (; at != std::u32string::npos; at = text.find(pattern, since)) {
    result.append(text, since, at - since).append(content);
    since = at + pattern.size();
    if (result.size() > grown(text.size())) break;
  }
  text = result.append(text, since, std::u32string::npos);
}

// Two spaces or more: the one regular expression that converted SentencePiece models have.
void replace_spaces(std::u32string& text, const std::u32string& content) {
  std::u32string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && text[end] == ' ') ++end;
    if (end - at >= 2) {
      result.append(content);
      at = end;
    } else {
      result.push_back(text[at++]);
    }
  }
  text.swap(result);
}

Normalizer::Step replacing(const Part& part) {
  const Part pattern{part.get("pattern"), part.where};
  const std::u32string content = to_points(part.text("content"));
  const std::string expression = pattern.text("Regex");
  if (expression == " {2,}") return [content](std::u32string& text) { replace_spaces(text, content); };
  if (!expression.empty()) part.refuse("a normalizer with the regular expression '" + printable(expression) + "'");
  const std::u32string literal = to_points(pattern.text("String"));
  if (literal.empty()) part.refuse("a normalizer that replaces nothing");
  return [literal, content](std::u32string& text) { replace(text, literal, content); };
}

void strip_accents(std::u32string& text) {
  const auto is_stripped = [](char32_t c) {
    return (c >= 0x300 && kind_of(c) == Kind::kMark && !is_mark_that_stays(c)) || c == 0x1CF2 || c == 0x1CF3;
  };
  text.erase(std::remove_if(text.begin(), text.end(), is_stripped), text.end());
}

Normalizer::Step step_of(const Part& part) {
  const std::string_view type = part.type();
  if (type == "NFC") return [](std::u32string& text) { text = nfc(text); };
  if (type == "NFD") return [](std::u32string& text) { normalise_as_rust(text, nfd); };
  if (type == "NFKC") return [](std::u32string& text) { normalise_as_rust(text, nfkc); };
  if (type == "NFKD") return [](std::u32string& text) { normalise_as_rust(text, nfkd); };
  if (type == "Lowercase") return lowercase;
  if (type == "StripAccents") return strip_accents;
  if (type == "Replace") return replacing(part);
  if (type == "Strip") {
    const bool left = part.flag("strip_left", true), right = part.flag("strip_right", true);
    return [left, right](std::u32string& text) { strip(text, left, right); };
  }
  if (type == "Prepend") {
    const std::u32string before = to_points(part.text("prepend"));
    return [before](std::u32string& text) {
      if (!text.empty()) text.insert(0, before);
    };
  }
  if (type == "Precompiled") {
    const auto map = std::make_shared<const Charsmap>(text_of(part.get("precompiled_charsmap")), part.where);
    return [map](std::u32string& text) { map->apply(text); };
  }
  part.refuse("a normalizer of type " + shown(part.get("type")));
}

}  // namespace

void normalise_as_rust(std::u32string& text, std::u32string (*form)(const std::u32string&)) {
  // Such a code point composes with nothing, so what is around it can be normalised apart.
  std::u32string result;
  for (auto start = text.begin(); start != text.end();) {
    const auto end = std::find_if(start, text.end(), is_kept_whole);
    result += form(std::u32string(start, end));
    for (start = end; start != text.end() && is_kept_whole(*start); ++start) result.push_back(*start);
  }
  text.swap(result);
}

void lowercase(std::u32string& text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char32_t point = text[at];
    text[at] = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point)));
    if (point == 0x130) text[at] = 'i', text.insert(++at, 1, 0x307);  // the only one that becomes two
  }
}

Normalizer::Normalizer(yyjson_val* table, const std::string& where) : where_(where) { add(table, 0); }

void Normalizer::add(yyjson_val* table, int depth) {
  if (!table || yyjson_is_null(table)) return;
  const Part part{table, where_};
  if (depth > kDeepest) part.refuse("its normalizer is nested too deeply");
  if (part.type() == "Sequence") {
    yyjson_val* list = part.get("normalizers");
    if (!yyjson_is_arr(list)) part.refuse("its normalizers are no list");
    std::size_t at, count;
    yyjson_val* one;
    yyjson_arr_foreach(list, at, count, one) add(one, depth + 1);
  } else if (part.type() == "BertNormalizer") {
    for (Step& step : bert_steps(part)) steps_.push_back(std::move(step));
  } else {
    steps_.push_back(step_of(part));
  }
}

void Normalizer::apply(std::u32string& text) const {
  const std::size_t most = grown(text.size());
  for (const Step& step : steps_) {
    step(text);
    if (text.size() > most) throw Failure(EDGENER_TOKENIZER, where_ + ": its normalizer makes a word too long");
  }
}

}  // namespace edgener
