#include "tokenizer/pre_tokenizer.h"

#include <utf8proc.h>

#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/tables.h"

namespace edgener {
namespace {

constexpr int kDeepest = 8;
using Fragments = std::vector<Fragment>;

void put(const Fragment& whole, std::size_t start, std::size_t end, Fragments& result) {
  if (start < end) result.push_back({whole.text.substr(start, end - start), whole.first && start == 0});
}

enum class Cut { kNo, kAlone, kRemoved };

// Cut at characters, by what `at` says of each.
template <typename At>
void cut(const Fragment& whole, Fragments& result, At at) {
  std::size_t since = 0;
  for (std::size_t place = 0; place < whole.text.size(); ++place) {
    const Cut kind = at(whole.text[place]);
    if (kind == Cut::kNo) continue;
    put(whole, since, place, result);
    if (kind == Cut::kAlone) put(whole, place, place + 1, result);
    since = place + 1;
  }
  put(whole, since, whole.text.size(), result);
}

bool is_punctuation(char32_t point) {
  if (point < 0x80) return point > 0x20 && point < 0x7F && kind_of(point) == Kind::kOther;
  if (point == 0x166D || point == 0x111C9) return true;  // until Unicode 12, and until 11
  if (since_unicode_8(point)) return false;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return true;
    default:
      return false;
  }
}

void at_white_space(const Fragment& whole, Fragments& result) {
  cut(whole, result, [](char32_t c) { return is_white_space(c) ? Cut::kRemoved : Cut::kNo; });
}

void at_white_space_and_punctuation(const Fragment& whole, Fragments& result) {
  cut(whole, result,
      [](char32_t c) { return is_white_space(c) ? Cut::kRemoved : is_punctuation(c) ? Cut::kAlone : Cut::kNo; });
}

PreTokenizer::Step metaspace(const Part& part) {
  const std::u32string mark = to_points(part.text("replacement", "\u2581"));
  if (mark.size() != 1) part.refuse("a Metaspace that replaces by more than one character");
  const std::string scheme = part.text("prepend_scheme", "always");
  if (scheme != "always" && scheme != "first" && scheme != "never") part.refuse("an unknown prepend_scheme");
  if (!part.flag("add_prefix_space", true) && scheme != "never") part.refuse("add_prefix_space without prepend_scheme");
  const bool split = part.flag("split", true);
  return [space = mark[0], scheme, split](const Fragment& whole, Fragments& result) {
    Fragment marked = whole;
    for (char32_t& point : marked.text) {
      if (point == ' ') point = space;
    }
    const bool begins = scheme == "always" || (scheme == "first" && whole.first);
    if (begins && marked.text[0] != space) marked.text.insert(0, 1, space);
    std::size_t since = 0;
    for (std::size_t place = 1; split && place < marked.text.size(); ++place) {
      if (marked.text[place] != space) continue;
      put(marked, since, place, result);
      since = place;
    }
    put(marked, since, marked.text.size(), result);
  };
}

PreTokenizer::Step digits(const Part& part) {
  if (part.flag("individual_digits", false)) {
    return [](const Fragment& whole, Fragments& result) {
      cut(whole, result, [](char32_t c) { return kind_of(c) == Kind::kNumber ? Cut::kAlone : Cut::kNo; });
    };
  }
  return [](const Fragment& whole, Fragments& result) {
    std::size_t since = 0;
    for (std::size_t place = 1; place < whole.text.size(); ++place) {
      const bool before = kind_of(whole.text[place - 1]) == Kind::kNumber;
      if (before == (kind_of(whole.text[place]) == Kind::kNumber)) continue;
      put(whole, since, place, result);
      since = place;
    }
    put(whole, since, whole.text.size(), result);
  };
}

PreTokenizer::Step step_of(const Part& part) {
  const std::string_view type = part.type();
  if (type == "Metaspace") return metaspace(part);
  if (type == "ByteLevel") return byte_level(part);
  if (type == "WhitespaceSplit") return at_white_space;
  if (type == "BertPreTokenizer") return at_white_space_and_punctuation;
  if (type == "Digits") return digits(part);
  if (type == "Punctuation" && part.text("behavior", "Isolated") == "Isolated") {
    return [](const Fragment& whole, Fragments& result) {
      cut(whole, result, [](char32_t c) { return is_punctuation(c) ? Cut::kAlone : Cut::kNo; });
    };
  }
  part.refuse("a pre-tokenizer of type " + shown(part.get("type")));
}

std::size_t total(const Fragments& fragments) {
  std::size_t points = 0;
  for (const Fragment& fragment : fragments) points += fragment.text.size();
  return points;
}

}  // namespace

PreTokenizer::PreTokenizer(yyjson_val* table, const std::string& where) : where_(where) { add(table, 0); }

void PreTokenizer::add(yyjson_val* table, int depth) {
  if (!table || yyjson_is_null(table)) return;
  const Part part{table, where_};
  if (depth > kDeepest) part.refuse("its pre_tokenizer is nested too deeply");
  if (part.type() != "Sequence") return steps_.push_back(step_of(part));
  yyjson_val* list = part.get("pretokenizers");
  if (!yyjson_is_arr(list)) part.refuse("its pretokenizers are no list");
  std::size_t at, count;
  yyjson_val* one;
  yyjson_arr_foreach(list, at, count, one) add(one, depth + 1);
}

void PreTokenizer::apply(Fragments& fragments) const {
  const std::size_t most = grown(total(fragments));
  for (const Step& step : steps_) {
    Fragments result;
    for (const Fragment& fragment : fragments) step(fragment, result);
    fragments.swap(result);
    if (total(fragments) > most) throw Failure(EDGENER_TOKENIZER, where_ + ": its pre_tokenizer makes a word too long");
  }
}

}  // namespace edgener
