// The `normalizer` of a tokenizer.json: a sequence of steps over the code points of a word.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tokenizer/reading.h"

namespace edgener {

class Normalizer {
 public:
  using Step = std::function<void(std::u32string&)>;

  // `table`: null, or a table that may hold others. Failure for a kind of step that is not known here.
  Normalizer(yyjson_val* table, const std::string& where);

  // Failure when the text grows beyond all measure.
  void apply(std::u32string& text) const;

 private:
  void add(yyjson_val* table, int depth);

  std::vector<Step> steps_;
  std::string where_;
};

// The steps of a BertNormalizer.
std::vector<Normalizer::Step> bert_steps(const Part& part);

// A normalisation form, but for code points that the Rust tokenizers do not decompose.
void normalise_as_rust(std::u32string& text, std::u32string (*form)(const std::u32string&));

// One by one, as Rust's char::to_lowercase: at the end of a word a capital sigma becomes no final one.
void lowercase(std::u32string& text);

}  // namespace edgener
