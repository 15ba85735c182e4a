#include "text/decode.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "text/labels.h"

namespace edgener {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// The first of the greatest.
int argmax(const std::vector<double>& values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace

Decoder::Decoder(std::vector<std::string> labels) : labels_(std::move(labels)) {
  for (std::size_t at = 0; at < labels_.size(); ++at) {
    if (labels_[at] == "O") outside_ = at;
    opens_.push_back(!goes_on(labels_[at]));
    std::vector<bool> row;
    for (const std::string& label : labels_) row.push_back(continues(labels_[at], label));
    allowed_.push_back(std::move(row));
  }
}

void Decoder::score(const Rows& rows, std::size_t word, double recall_bias, std::vector<double>& scores) const {
  if (!rows.has[word]) {
    scores.assign(labels_.size(), kNever);
    scores[outside_] = 0;
    return;
  }
  const float* row = rows.row(word);
  scores.assign(row, row + labels_.size());
  scores[outside_] -= recall_bias;
}

std::vector<int> Decoder::best(const Rows& rows, double recall_bias) const {
  std::vector<int> greedy(rows.words());
  std::vector<double> scores;
  bool legal = true;
  for (std::size_t word = 0; word < greedy.size(); ++word) {
    score(rows, word, recall_bias, scores);
    greedy[word] = argmax(scores);
    const auto label = static_cast<std::size_t>(greedy[word]);
    legal = legal && (word ? allowed_[static_cast<std::size_t>(greedy[word - 1])][label] : opens_[label]);
  }
  // Nearly every sentence ends here. Part of the contract, not only a short cut: a sum can lose a small logit.
  return legal ? greedy : viterbi(rows, recall_bias);
}

std::vector<int> Decoder::viterbi(const Rows& rows, double recall_bias) const {
  const std::size_t count = labels_.size();
  std::vector<double> scores, total(count), next(count);
  std::vector<std::uint16_t> came_from(rows.words() * count);
  score(rows, 0, recall_bias, scores);
  for (std::size_t label = 0; label < count; ++label) total[label] = opens_[label] ? scores[label] : kNever;
  for (std::size_t word = 1; word < rows.words(); ++word) {
    score(rows, word, recall_bias, scores);
    for (std::size_t label = 0; label < count; ++label) {
      std::size_t from = 0;
      double greatest = allowed_[0][label] ? total[0] : kNever;
      for (std::size_t before = 1; before < count; ++before) {
        if (allowed_[before][label] && total[before] > greatest) greatest = total[before], from = before;
      }
      came_from[word * count + label] = static_cast<std::uint16_t>(from);
      next[label] = greatest + scores[label];
    }
    total.swap(next);
  }
  std::vector<int> path(rows.words());
  path.back() = argmax(total);
  for (std::size_t word = path.size() - 1; word > 0; --word) {
    path[word - 1] = came_from[word * count + static_cast<std::size_t>(path[word])];
  }
  return path;
}

double confidence(const float* row, std::size_t labels, int chosen) {
  const double top = *std::max_element(row, row + labels);
  double sum = 0;
  for (std::size_t label = 0; label < labels; ++label) sum += std::exp(row[label] - top);
  return std::exp(row[chosen] - top) / sum;
}

}  // namespace edgener
