// Logits to tags: section 5 of the decode contract (tests/conformance/README.md).
#pragma once

#include <string>
#include <vector>

namespace edgener {

// The logits of words, a row each, one a label; a word without pieces has none.
struct Rows {
  Rows(std::size_t words, std::size_t labels) : labels(labels), has(words, false), logits(words * labels, 0.0f) {}

  const float* row(std::size_t word) const { return logits.data() + word * labels; }
  float* row(std::size_t word) { return logits.data() + word * labels; }
  std::size_t words() const { return has.size(); }

  std::size_t labels;
  std::vector<bool> has;
  std::vector<float> logits;
};

// Tags from logits: the best label of each word where these make a legal IOB2 sequence, else the best legal one, found
// by Viterbi (1967) with 0/-infinity transitions.
class Decoder {
 public:
  explicit Decoder(std::vector<std::string> labels);

  const std::vector<std::string>& labels() const { return labels_; }
  // Label indices, one a word.
  std::vector<int> best(const Rows& rows, double recall_bias) const;

 private:
  void score(const Rows& rows, std::size_t word, double recall_bias, std::vector<double>& scores) const;
  std::vector<int> viterbi(const Rows& rows, double recall_bias) const;

  std::vector<std::string> labels_;
  std::size_t outside_ = 0;
  std::vector<bool> opens_;
  std::vector<std::vector<bool>> allowed_;  // [before][label]
};

// Softmax probability of the chosen label, from the logits as the model gave them.
double confidence(const float* row, std::size_t labels, int chosen);

}  // namespace edgener
