// Words to piece ids: section 3 of the decode contract (tests/conformance/README.md).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/words.h"
#include "tokenizer/added.h"
#include "tokenizer/model.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"

namespace edgener {

// Piece ids of a text, without special tokens; `firsts[w]` is the first piece of word w, and `firsts[w + 1]` the end of
// its pieces: a word without pieces has the two alike.
struct Pieces {
  std::vector<std::int32_t> ids;
  std::vector<std::size_t> firsts;
};

// A tokenizer.json for words that are given one by one. Nothing in it changes, so any number of threads may use it.
class Tokenizer {
 public:
  // `data`: of tokenizer.json; `where` it stands, for messages. Failure (EDGENER_TOKENIZER) when this version cannot
  // read it.
  Tokenizer(std::string data, const std::string& where);

  // Each word of a normalised text by itself, in order.
  Pieces encode(const std::u32string& text, const std::vector<Range>& words) const;
  void encode(std::u32string word, std::vector<std::int32_t>& ids) const;

 private:
  Tokenizer(const Json& document, const std::string& where);

  void cut(std::u32string text, bool first, std::vector<std::int32_t>& ids) const;

  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  std::unique_ptr<Model> model_;
  AddedTokens in_raw_, in_normalised_;
};

}  // namespace edgener
