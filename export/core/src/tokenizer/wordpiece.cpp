// WordPiece: the longest piece from the left, again and again; a word that cannot be cut so is unknown as a whole.
#include "tokenizer/model.h"
#include "tokenizer/vocabulary.h"

namespace edgener {
namespace {

class WordPiece : public Model {
 public:
  explicit WordPiece(const Part& part)
      : vocabulary_(read_vocabulary(part)),
        unknown_(part.text("unk_token", "[UNK]")),
        prefix_(part.text("continuing_subword_prefix", "##")),
        where_(part.where) {
    yyjson_val* longest = part.get("max_input_chars_per_word");
    std::int64_t most = 100;
    if (longest && !whole_number(longest, 0, INT64_MAX, most)) part.refuse("max_input_chars_per_word is no whole number");
    longest_ = static_cast<std::uint64_t>(most);
  }

  void cut(std::string_view text, std::vector<std::int32_t>& ids) const override {
    const std::size_t before = ids.size();
    if (characters(text) <= longest_ && greedy(text, ids)) return;
    ids.resize(before);
    const std::int32_t unknown = id_of(unknown_);
    if (unknown < 0) throw Failure(EDGENER_TOKENIZER, where_ + ": its vocab lacks its unk_token");
    ids.push_back(unknown);
  }

  std::int32_t id_of(std::string_view piece) const override { return vocabulary_.pieces.find(piece); }
  std::size_t size() const override { return vocabulary_.size; }

 private:
  static std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (const char byte : text) count += (byte & 0xC0) != 0x80;
    return count;
  }

  bool greedy(std::string_view text, std::vector<std::int32_t>& ids) const {
    for (std::size_t start = 0; start < text.size();) {
      Trie::Node node = start > 0 ? behind_prefix() : Trie::kRoot;
      if (start > 0 && node == Trie::kRoot && !prefix_.empty()) return false;
      std::int32_t id = Trie::kNone;
      std::size_t end = start;
      for (std::size_t at = start; at < text.size();) {
        node = vocabulary_.pieces.next(node, text[at]);
        if (node == Trie::kRoot) break;
        ++at;
        if (vocabulary_.pieces.value(node) == Trie::kNone) continue;
        id = vocabulary_.pieces.value(node);
        end = at;
      }
      if (id == Trie::kNone) return false;
      ids.push_back(id);
      start = end;
    }
    return true;
  }

  Trie::Node behind_prefix() const {
    Trie::Node node = Trie::kRoot;
    for (const char byte : prefix_) {
      node = vocabulary_.pieces.next(node, byte);
      if (node == Trie::kRoot) break;
    }
    return node;
  }

  Vocabulary vocabulary_;
  std::string unknown_, prefix_, where_;
  std::uint64_t longest_;
};

}  // namespace

std::unique_ptr<Model> read_wordpiece(const Part& part) { return std::make_unique<WordPiece>(part); }

std::unique_ptr<Model> read_model(const Part& part) {
  const std::string_view type = part.type();
  if (type == "Unigram") return read_unigram(part);
  if (type == "BPE") return read_bpe(part);
  if (type == "WordPiece") return read_wordpiece(part);
  part.refuse("a model of type " + shown(part.get("type")));
}

}  // namespace edgener
