// What cuts a normalised, pre-tokenised text into pieces: Unigram, BPE and WordPiece.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/reading.h"

namespace edgener {

class Model {
 public:
  virtual ~Model() = default;
  // Appends the ids of a text (UTF-8, not empty). Failure when it has none.
  virtual void cut(std::string_view text, std::vector<std::int32_t>& ids) const = 0;
  // Of a whole piece; -1 when the vocabulary lacks it.
  virtual std::int32_t id_of(std::string_view piece) const = 0;
  virtual std::size_t size() const = 0;
};

// `part`: the `model` of a tokenizer.json.
std::unique_ptr<Model> read_model(const Part& part);
std::unique_ptr<Model> read_unigram(const Part& part);
std::unique_ptr<Model> read_bpe(const Part& part);
std::unique_ptr<Model> read_wordpiece(const Part& part);

}  // namespace edgener
