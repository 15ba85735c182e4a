#include "tokenizer/added.h"

#include <algorithm>

#include "text/unicode.h"

namespace edgener {
namespace {

bool is_word(char32_t point) {
  const Kind kind = kind_of(point);
  return kind >= Kind::kLetter || point == '_';
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  for (std::uint32_t index = 0; index < tokens_.size(); ++index) {
    if (!tokens_[index].content.empty()) by_first_[tokens_[index].content[0]].push_back(index);
  }
  for (auto& [first, indices] : by_first_) {
    std::stable_sort(indices.begin(), indices.end(), [&](std::uint32_t one, std::uint32_t other) {
      return tokens_[one].content.size() > tokens_[other].content.size();
    });
  }
}

const AddedToken* AddedTokens::at(const std::u32string& text, std::size_t place) const {
  const auto found = by_first_.find(text[place]);
  if (found == by_first_.end()) return nullptr;
  for (const std::uint32_t index : found->second) {
    const std::u32string& content = tokens_[index].content;
    if (text.compare(place, content.size(), content) == 0) return &tokens_[index];
  }
  return nullptr;
}

std::vector<AddedTokens::Stretch> AddedTokens::find(const std::u32string& text) const {
  std::vector<Stretch> stretches;
  std::size_t since = 0;
  const auto between = [&](std::size_t end) {
    if (since < end) stretches.push_back({since, end, -1});
  };
  for (std::size_t place = 0; !by_first_.empty() && place < text.size();) {
    const AddedToken* token = at(text, place);
    if (!token) {
      ++place;
      continue;
    }
    std::size_t start = place, end = place + token->content.size();
    place = end;
    const bool inside = (start > 0 && is_word(text[start - 1])) || (end < text.size() && is_word(text[end]));
    if (token->single_word && inside) continue;
    while (token->strips_left && start > since && is_white_space(text[start - 1])) --start;
    while (token->strips_right && end < text.size() && is_white_space(text[end])) ++end;
    if (start < since) start = since;
    between(start);
    stretches.push_back({start, end, token->id});
    since = end;
    place = std::max(place, end);
  }
  between(text.size());
  return stretches;
}

}  // namespace edgener
