// Byte pair encoding (Sennrich et al. 2016): characters are merged in pairs, the earliest rule first. As the Rust
// tokenizers do it, their treatment of unknown characters included.
#include <algorithm>
#include <queue>
#include <tuple>

#include "text/utf8.h"
#include "tokenizer/model.h"
#include "tokenizer/vocabulary.h"

namespace edgener {
namespace {

struct Rule {
  std::int32_t left, right, rank, made;
};

class Bpe : public Model {
 public:
  explicit Bpe(const Part& part);

  void cut(std::string_view text, std::vector<std::int32_t>& ids) const override;
  std::int32_t id_of(std::string_view piece) const override { return vocabulary_.pieces.find(piece); }
  std::size_t size() const override { return vocabulary_.size; }

 private:
  struct Symbol {
    std::int32_t id;
    std::int32_t before, behind;  // -1: none
    bool alive;
  };
  using Symbols = std::vector<Symbol>;

  void read_rules(const Part& part);
  const Rule* rule(std::int32_t left, std::int32_t right) const;
  std::int32_t unknown() const;
  Symbols symbols(std::string_view text) const;
  void merge(Symbols& symbols) const;

  Vocabulary vocabulary_;
  std::vector<Rule> rules_;  // by left and right
  std::string unknown_, prefix_, suffix_, where_;
  bool has_unknown_ = false, fuses_ = false, falls_back_ = false, whole_words_ = false;
  ByteFallback bytes_;
};

Bpe::Bpe(const Part& part) : vocabulary_(read_vocabulary(part)), where_(part.where) {
  yyjson_val* dropout = part.get("dropout");
  if (dropout && !yyjson_is_null(dropout) && yyjson_get_num(dropout) != 0) part.refuse("BPE with dropout, which is random");
  prefix_ = part.text("continuing_subword_prefix");
  suffix_ = part.text("end_of_word_suffix");
  unknown_ = part.text("unk_token");
  has_unknown_ = yyjson_is_str(part.get("unk_token"));
  fuses_ = part.flag("fuse_unk", false);
  falls_back_ = part.flag("byte_fallback", false);
  whole_words_ = part.flag("ignore_merges", false);
  if (falls_back_) bytes_ = ByteFallback(vocabulary_.pieces);
  read_rules(part);
}

void Bpe::read_rules(const Part& part) {
  yyjson_val* merges = part.get("merges");
  if (!yyjson_is_arr(merges)) part.refuse("its merges are no list");
  rules_.reserve(yyjson_arr_size(merges));
  std::size_t at, count;
  yyjson_val* merge;
  std::string made;
  std::int32_t rank = 0;
  yyjson_arr_foreach(merges, at, count, merge) {
    std::string_view left = text_of(yyjson_arr_get(merge, 0)), right = text_of(yyjson_arr_get(merge, 1));
    if (yyjson_is_str(merge)) {  // as files were written until 2024
      const std::string_view line = text_of(merge);
      if (line.substr(0, 8) == "#version") continue;
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
        part.refuse("a merge is no pair of pieces");
      }
      left = line.substr(0, space), right = line.substr(space + 1);
    } else if (yyjson_arr_size(merge) != 2) {
      part.refuse("a merge is no pair of pieces");
    }
    if (right.size() < prefix_.size()) part.refuse("a merge is shorter than what begins its pieces");
    made.assign(left).append(right.substr(prefix_.size()));
    const Rule rule{id_of(left), id_of(right), rank++, id_of(made)};
    if (rule.left < 0 || rule.right < 0 || rule.made < 0) part.refuse("a merge of pieces that its vocab lacks");
    rules_.push_back(rule);
  }
  std::stable_sort(rules_.begin(), rules_.end(), [](const Rule& one, const Rule& other) {
    return std::tie(one.left, one.right) < std::tie(other.left, other.right);
  });
}

const Rule* Bpe::rule(std::int32_t left, std::int32_t right) const {
  // Of rules for one pair the last counts.
  const auto behind = std::upper_bound(rules_.begin(), rules_.end(), std::tie(left, right), [](const auto& pair, const Rule& one) {
    return pair < std::tie(one.left, one.right);
  });
  if (behind == rules_.begin()) return nullptr;
  const Rule& found = *(behind - 1);
  return found.left == left && found.right == right ? &found : nullptr;
}

std::int32_t Bpe::unknown() const {
  const std::int32_t id = id_of(unknown_);
  if (id < 0) throw Failure(EDGENER_TOKENIZER, where_ + ": its vocab lacks its unk_token");
  return id;
}

Bpe::Symbols Bpe::symbols(std::string_view text) const {
  Symbols symbols;
  const auto add = [&](std::int32_t id) { symbols.push_back({id, -1, -1, true}); };
  bool pending = false;  // an unknown character that is not yet written down
  std::string piece;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = at + decode(text, at).bytes;
    piece.assign(at > 0 ? prefix_ : "").append(text.substr(at, end - at)).append(end == text.size() ? suffix_ : "");
    at = end;
    const std::int32_t id = id_of(piece);
    if (id >= 0) {
      if (pending) add(unknown());
      pending = false;
      add(id);
    } else if (falls_back_ && bytes_.each(piece, add)) {
      continue;
    } else if (has_unknown_) {
      if (pending && !fuses_) add(unknown());
      pending = true;
    }
  }
  if (pending) add(unknown());
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
    symbols[i].behind = static_cast<std::int32_t>(i + 1);
    symbols[i + 1].before = static_cast<std::int32_t>(i);
  }
  return symbols;
}

void Bpe::merge(Symbols& symbols) const {
  struct Candidate {
    std::int32_t rank, at, made;
    bool operator<(const Candidate& other) const { return std::tie(rank, at) > std::tie(other.rank, other.at); }
  };
  std::priority_queue<Candidate> queue;
  const auto symbol = [&](std::int32_t at) -> Symbol& { return symbols[static_cast<std::size_t>(at)]; };
  const auto consider = [&](std::int32_t at) {
    if (at < 0 || symbol(at).behind < 0) return;
    if (const Rule* found = rule(symbol(at).id, symbol(symbol(at).behind).id)) queue.push({found->rank, at, found->made});
  };
  for (std::int32_t at = 0; at < static_cast<std::int32_t>(symbols.size()); ++at) consider(at);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = symbol(top.at);
    if (!left.alive || left.behind < 0) continue;
    Symbol& right = symbol(left.behind);
    const Rule* found = rule(left.id, right.id);
    if (!found || found->made != top.made) continue;  // one of them was merged since
    left.id = top.made;
    left.behind = right.behind;
    right.alive = false;
    if (right.behind >= 0) symbol(right.behind).before = top.at;
    consider(left.before);
    consider(top.at);
  }
}

void Bpe::cut(std::string_view text, std::vector<std::int32_t>& ids) const {
  if (whole_words_) {
    if (const std::int32_t whole = id_of(text); whole >= 0) return ids.push_back(whole);
  }
  Symbols found = symbols(text);
  merge(found);
  for (const Symbol& symbol : found) {
    if (symbol.alive) ids.push_back(symbol.id);
  }
}

}  // namespace

std::unique_ptr<Model> read_bpe(const Part& part) { return std::make_unique<Bpe>(part); }

}  // namespace edgener
