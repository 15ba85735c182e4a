// The `pre_tokenizer` of a tokenizer.json: what cuts a normalised word into the parts that the model sees.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tokenizer/reading.h"

namespace edgener {

// A part of a word. `first`: it stands at the word's beginning.
struct Fragment {
  std::u32string text;
  bool first;
};

class PreTokenizer {
 public:
  // Appends what becomes of a fragment.
  using Step = std::function<void(const Fragment&, std::vector<Fragment>&)>;

  // `table`: null, or a table that may hold others. Failure for a kind that is not known here.
  PreTokenizer(yyjson_val* table, const std::string& where);

  void apply(std::vector<Fragment>& fragments) const;

 private:
  void add(yyjson_val* table, int depth);

  std::vector<Step> steps_;
  std::string where_;
};

// Byte-level BPE (GPT-2): the cuts of its regular expression, and each byte as a printable character.
PreTokenizer::Step byte_level(const Part& part);

}  // namespace edgener
