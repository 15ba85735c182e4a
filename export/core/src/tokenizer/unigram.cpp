// Unigram (Kudo 2018): the pieces with the greatest sum of scores, by Viterbi over a trie. As the Rust tokenizers do it.
#include <algorithm>
#include <limits>

#include "tokenizer/model.h"
#include "tokenizer/vocabulary.h"

namespace edgener {
namespace {

constexpr double kUnknownPenalty = 10.0;

class Unigram : public Model {
 public:
  explicit Unigram(const Part& part);

  void cut(std::string_view text, std::vector<std::int32_t>& ids) const override;
  std::int32_t id_of(std::string_view piece) const override { return pieces_.find(piece); }
  std::size_t size() const override { return scores_.size(); }

 private:
  // The best way to the byte at which a piece ends.
  struct Step {
    double score = 0;
    std::int32_t id = Trie::kNone;
    std::uint32_t start = kUnreached;
  };
  static constexpr std::uint32_t kUnreached = std::numeric_limits<std::uint32_t>::max();

  static void reach(Step& step, double score, std::int32_t id, std::size_t start);
  std::vector<Step> best(std::string_view text) const;
  void unknown(std::string_view text, std::vector<std::int32_t>& ids) const;

  Trie pieces_;
  std::vector<double> scores_;
  std::int32_t unknown_ = Trie::kNone;
  double unknown_score_ = 0;
  bool falls_back_ = false;
  ByteFallback bytes_;
  std::string where_;
};

Unigram::Unigram(const Part& part) : where_(part.where) {
  yyjson_val* vocabulary = part.get("vocab");
  if (!yyjson_is_arr(vocabulary) || yyjson_arr_size(vocabulary) == 0) part.refuse("its vocab is no list of pieces");
  std::vector<Trie::Entry> entries;
  entries.reserve(yyjson_arr_size(vocabulary));
  scores_.reserve(yyjson_arr_size(vocabulary));
  std::size_t at, count;
  yyjson_val* pair;
  yyjson_arr_foreach(vocabulary, at, count, pair) {
    yyjson_val *piece = yyjson_arr_get(pair, 0), *score = yyjson_arr_get(pair, 1);
    if (yyjson_arr_size(pair) != 2 || !yyjson_is_str(piece) || !yyjson_is_num(score)) {
      part.refuse("a piece of its vocab is no pair of a text and a score");
    }
    entries.push_back({text_of(piece), static_cast<std::int32_t>(scores_.size())});
    scores_.push_back(yyjson_get_num(score));
  }
  pieces_ = Trie(std::move(entries));
  unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
  yyjson_val* unknown = part.get("unk_id");
  if (unknown && !yyjson_is_null(unknown)) {
    unknown_ = part.id(unknown);
    if (static_cast<std::size_t>(unknown_) >= scores_.size()) part.refuse("its unk_id is beyond its vocab");
  }
  falls_back_ = part.flag("byte_fallback", false);
  if (falls_back_) bytes_ = ByteFallback(pieces_);
}

void Unigram::reach(Step& step, double score, std::int32_t id, std::size_t start) {
  if (step.start != kUnreached && score <= step.score) return;
  step = {score, id, static_cast<std::uint32_t>(start)};
}

std::vector<Unigram::Step> Unigram::best(std::string_view text) const {
  std::vector<Step> steps(text.size() + 1);
  for (std::size_t start = 0; start < text.size();) {
    std::size_t next = start + 1;
    while (next < text.size() && (text[next] & 0xC0) == 0x80) ++next;
    const double score = steps[start].score;
    bool single = false;
    Trie::Node node = Trie::kRoot;
    for (std::size_t end = start; end < text.size();) {
      node = pieces_.next(node, text[end]);
      if (node == Trie::kRoot) break;
      ++end;
      const std::int32_t id = pieces_.value(node);
      if (id == Trie::kNone) continue;
      reach(steps[end], scores_[static_cast<std::size_t>(id)] + score, id, start);
      single = single || end == next;
    }
    if (!single) {
      if (unknown_ == Trie::kNone) throw Failure(EDGENER_TOKENIZER, where_ + ": a character has no piece, and unk_id is missing");
      reach(steps[next], unknown_score_ + score, unknown_, start);
    }
    start = next;
  }
  return steps;
}

void Unigram::unknown(std::string_view text, std::vector<std::int32_t>& ids) const {
  const std::int32_t whole = pieces_.find(text);
  const auto append = [&](std::int32_t id) { ids.push_back(id); };
  if (whole != Trie::kNone) {
    ids.push_back(whole);
  } else if (!falls_back_ || !bytes_.each(text, append)) {
    ids.push_back(unknown_);
  }
}

void Unigram::cut(std::string_view text, std::vector<std::int32_t>& ids) const {
  const std::vector<Step> steps = best(text);
  std::vector<std::uint32_t> ends;  // of pieces, from the last piece to the first
  for (std::size_t end = text.size(); end > 0; end = steps[end].start) ends.push_back(static_cast<std::uint32_t>(end));
  // Unknown pieces side by side are one.
  std::size_t since = 0, at = 0;
  for (auto end = ends.rbegin(); end != ends.rend(); at = *end, ++end) {
    const std::int32_t id = steps[*end].id;
    if (id == unknown_ && unknown_ != Trie::kNone) continue;
    if (since < at) unknown(text.substr(since, at - since), ids);
    ids.push_back(id);
    since = *end;
  }
  if (since < at) unknown(text.substr(since, at - since), ids);
}

}  // namespace

std::unique_ptr<Model> read_unigram(const Part& part) { return std::make_unique<Unigram>(part); }

}  // namespace edgener
