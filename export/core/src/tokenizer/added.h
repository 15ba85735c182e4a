// Tokens that are found in a text before the model sees it (`added_tokens`), the longest of the leftmost.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace edgener {

struct AddedToken {
  std::u32string content;
  std::int32_t id;
  bool single_word, strips_left, strips_right;
};

class AddedTokens {
 public:
  // Tokens without content are never found.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  // A stretch of the text; id: of the token that it is, or -1 for text between tokens.
  struct Stretch {
    std::size_t start, end;
    std::int32_t id;
  };
  std::vector<Stretch> find(const std::u32string& text) const;

 private:
  const AddedToken* at(const std::u32string& text, std::size_t place) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<char32_t, std::vector<std::uint32_t>> by_first_;  // the longest first
};

}  // namespace edgener
