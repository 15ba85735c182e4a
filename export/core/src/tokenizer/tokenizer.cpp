#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <set>

#include "text/utf8.h"

namespace edgener {
namespace {

const Json& checked(const Json& document, const std::string& where) {
  const Part part{document.root(), where};
  if (!yyjson_is_obj(part.table) || !yyjson_is_obj(part.get("model"))) part.refuse("it is no table with a model");
  return document;
}

std::unique_ptr<Model> model_of(const Json& document, const std::string& where) {
  return read_model(Part{member(document.root(), "model", where), where});
}

// `normalised`: those that are looked for in normalised text, as they are themselves when normalised.
AddedTokens added_tokens(const Json& document, const std::string& where, const Model& model,
                         const Normalizer& normalizer, bool normalised) {
  std::vector<AddedToken> tokens;
  std::set<std::string_view> seen;
  yyjson_val* list = member(document.root(), "added_tokens", where);
  std::int64_t greatest = -1;
  std::size_t at, count;
  yyjson_val* one;
  yyjson_arr_foreach(list, at, count, one) {
    const Part part{one, where};
    const std::string_view content = text_of(part.get("content"));
    if (content.empty() || !seen.insert(content).second) continue;
    // The vocabulary's id counts, and behind it the order, whatever id the list itself names.
    std::int64_t id = model.id_of(content);
    if (id < 0) id = std::max(greatest + 1, static_cast<std::int64_t>(model.size()));
    if (id > INT32_MAX) part.refuse("an id beyond any vocabulary");
    greatest = std::max(greatest, id);
    const bool special = part.flag("special", false);
    if (part.flag("normalized", !special) != normalised) continue;
    AddedToken token{to_points(content), static_cast<std::int32_t>(id), part.flag("single_word", false),
                     part.flag("lstrip", false), part.flag("rstrip", false)};
    if (normalised) normalizer.apply(token.content);
    tokens.push_back(std::move(token));
  }
  return AddedTokens(std::move(tokens));
}

}  // namespace

Tokenizer::Tokenizer(std::string data, const std::string& where) : Tokenizer(Json(std::move(data), where), where) {}

Tokenizer::Tokenizer(const Json& document, const std::string& where)
    : normalizer_(member(checked(document, where).root(), "normalizer", where), where),
      pre_tokenizer_(member(document.root(), "pre_tokenizer", where), where),
      model_(model_of(document, where)),
      in_raw_(added_tokens(document, where, *model_, normalizer_, false)),
      in_normalised_(added_tokens(document, where, *model_, normalizer_, true)) {}

void Tokenizer::cut(std::u32string text, bool first, std::vector<std::int32_t>& ids) const {
  normalizer_.apply(text);
  std::vector<Fragment> fragments;
  for (const auto& [start, end, id] : in_normalised_.find(text)) {
    if (id >= 0) {
      ids.push_back(id);
      continue;
    }
    fragments.clear();
    fragments.push_back({text.substr(start, end - start), first && start == 0});
    pre_tokenizer_.apply(fragments);
    for (const Fragment& fragment : fragments) {
      if (!fragment.text.empty()) model_->cut(to_utf8(fragment.text), ids);
    }
  }
}

void Tokenizer::encode(std::u32string word, std::vector<std::int32_t>& ids) const {
  for (const auto& [start, end, id] : in_raw_.find(word)) {
    if (id >= 0) {
      ids.push_back(id);
    } else {
      cut(word.substr(start, end - start), start == 0, ids);
    }
  }
}

Pieces Tokenizer::encode(const std::u32string& text, const std::vector<Range>& words) const {
  Pieces pieces;
  pieces.firsts.reserve(words.size() + 1);
  for (const Range& word : words) {
    pieces.firsts.push_back(pieces.ids.size());
    encode(text.substr(word.start, word.end - word.start), pieces.ids);
  }
  pieces.firsts.push_back(pieces.ids.size());
  return pieces;
}

}  // namespace edgener
