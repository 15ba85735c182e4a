// Tokenizers by hand: each model, and files made to break them. That ids are Python's is compared from Python
// (tests/core/test_core_tokenizers.py).
#include "check.h"
#include "tokenizer/charsmap.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/trie.h"

using namespace edgener;

namespace {

using Ids = std::vector<std::int32_t>;

Ids ids(const std::string& json, const std::u32string& word) {
  Ids found;
  Tokenizer(json, "t").encode(word, found);
  return found;
}

std::string with_model(const std::string& model, const std::string& rest = "") { return "{" + rest + "\"model\": " + model + "}"; }

void trie() {
  const Trie trie({{"a", 1}, {"ab", 2}, {"b", 3}, {"ab", 4}, {"", 9}, {"\xC3\xA9", 5}});
  CHECK(trie.find("a") == 1 && trie.find("ab") == 4 && trie.find("b") == 3 && trie.find("") == 9);
  CHECK(trie.find("\xC3\xA9") == 5 && trie.find("\xC3") == Trie::kNone && trie.find("abc") == Trie::kNone);
  CHECK(Trie().find("a") == Trie::kNone && Trie().find("") == Trie::kNone);
}

void unigram() {
  const std::string model = R"({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], ["b", -1], ["ab", -1.5], ["abc", -9]]})";
  CHECK((ids(with_model(model), U"ab") == Ids{3}));
  CHECK((ids(with_model(model), U"aab") == Ids{1, 3}));
  CHECK((ids(with_model(model), U"abc") == Ids{4}));
  CHECK((ids(with_model(model), U"axyb") == Ids{1, 0, 2}));  // unknown pieces side by side are one
  CHECK((ids(with_model(model), U"\u00e9") == Ids{0}));
  const std::string bytes = R"({"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0], ["<0xC3>", -1], ["<0xA9>", -1]]})";
  CHECK((ids(with_model(bytes), U"\u00e9") == Ids{1, 2}));
  CHECK((ids(with_model(bytes), U"\u00e8") == Ids{0}));
  const std::string none = R"({"type": "Unigram", "vocab": [["a", -1]]})";
  CHECK(has(refusal([&] { ids(with_model(none), U"b"); }), "unk_id is missing"));
}

void bpe() {
  const std::string model = R"({"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, "ab": 4, "abc": 5, "bc": 6},
    "merges": [["b", "c"], "a b", ["ab", "c"], ["a", "bc"]]})";
  CHECK((ids(with_model(model), U"abc") == Ids{5}));
  CHECK((ids(with_model(model), U"abab") == Ids{4, 4}));
  CHECK((ids(with_model(model), U"axxb") == Ids{1, 0, 0, 2}));
  std::string many = model;
  many.insert(many.find("\"vocab\""), "\"fuse_unk\": true, ");
  CHECK((ids(with_model(many), U"axxb") == Ids{1, 0, 2}));
}

void wordpiece() {
  const std::string model = R"({"type": "WordPiece", "vocab": {"[UNK]": 0, "un": 1, "##aff": 2, "##able": 3, "##a": 4}})";
  CHECK((ids(with_model(model), U"unaffable") == Ids{1, 2, 3}));
  CHECK((ids(with_model(model), U"unb") == Ids{0}));
  CHECK((ids(with_model(model), U"una" + std::u32string(98, 'a')) == Ids{0}));  // 101 characters
}

void added_tokens() {
  const std::string model = R"({"type": "WordPiece", "vocab": {"[UNK]": 0, "doc": 1, "a": 2}})";
  const std::string added = R"("added_tokens": [{"id": 7, "content": "<d>", "special": true}, {"id": 9, "content": "doc", "single_word": true}],)";
  CHECK((ids(with_model(model, added), U"a<d>a") == Ids{2, 3, 2}));  // the id behind the vocabulary, whatever is said
  CHECK((ids(with_model(model, added), U"doc") == Ids{1}));
  CHECK((ids(with_model(model, added), U"adoc") == Ids{0}));
}

void refused() {
  const std::string unigram = R"({"type": "Unigram", "unk_id": 0, "vocab": [["a", -1]]})";
  const auto why = [&](const std::string& json) { return refusal([&] { Tokenizer(json, "t"); }); };
  CHECK(has(why("[]"), "no table with a model"));
  CHECK(has(why("{}"), "no table with a model"));
  CHECK(has(why("{"), "not valid JSON"));
  CHECK(has(why(with_model("{}")), "a model of type missing"));
  CHECK(has(why(with_model(R"({"type": "WordLevel"})")), "a model of type 'WordLevel'"));
  CHECK(has(why(with_model(R"({"type": "Unigram", "vocab": []})")), "no list of pieces"));
  CHECK(has(why(with_model(R"({"type": "Unigram", "vocab": [["a"]]})")), "no pair"));
  CHECK(has(why(with_model(R"({"type": "Unigram", "unk_id": 1, "vocab": [["a", 1]]})")), "beyond its vocab"));
  CHECK(has(why(with_model(R"({"type": "BPE", "vocab": {"a": -1}, "merges": []})")), "a piece id is -1"));
  CHECK(has(why(with_model(R"({"type": "BPE", "vocab": {"a": 1}, "merges": ["a a"]})")), "that its vocab lacks"));
  CHECK(has(why(with_model(R"({"type": "BPE", "vocab": {"a": 1}, "merges": ["a a a"]})")), "no pair of pieces"));
  CHECK(has(why(with_model(R"({"type": "BPE", "dropout": 0.1, "vocab": {"a": 1}, "merges": []})")), "random"));
  CHECK(has(why(with_model(unigram, R"("normalizer": {"type": "Nmt"},)")), "a normalizer of type 'Nmt'"));
  CHECK(has(why(with_model(unigram, R"("normalizer": {"type": "Replace", "pattern": {"Regex": "(a+)+"}, "content": ""},)")),
            "regular expression '(a+)+'"));
  CHECK(has(why(with_model(unigram, R"("pre_tokenizer": {"type": "UnicodeScripts"},)")), "a pre-tokenizer of type"));
  std::string nested = R"({"type": "NFC"})";
  for (int i = 0; i < 100; ++i) nested = R"({"type": "Sequence", "normalizers": [)" + nested + "]}";
  CHECK(has(why(with_model(unigram, "\"normalizer\": " + nested + ",")), "nested too deeply"));
}

void bombs() {
  const std::string unigram = R"({"type": "Unigram", "unk_id": 0, "vocab": [["a", -1]]})";
  std::string list;
  for (int i = 0; i < 60; ++i) list += R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"},)";
  list.pop_back();
  const std::string sequence = R"("normalizer": {"type": "Sequence", "normalizers": [)" + list + "]},";
  CHECK(has(refusal([&] { ids(with_model(unigram, sequence), U"a"); }), "makes a word too long"));
  list.clear();
  for (int i = 0; i < 60; ++i) list += R"({"type": "ByteLevel", "add_prefix_space": false},)";
  list.pop_back();
  const std::string levels = R"("pre_tokenizer": {"type": "Sequence", "pretokenizers": [)" + list + "]},";
  CHECK(has(refusal([&] { ids(with_model(unigram, levels), U"\u00e9"); }), "makes a word too long"));
}

void charsmaps() {
  for (const char* bad : {"", "AAAA", "!!!!", "AAAAAAAA", "BAAAAAAAAA", "/////w=="}) {
    CHECK(has(refusal([&] { Charsmap(bad, "t"); }), "precompiled_charsmap"));
  }
  // One unit that leads to nothing: all stays as it is.
  const Charsmap nothing("BAAAAAAAAAA=", "t");
  std::u32string text = U"a\u0301\U0001F600 \uFB01";
  const std::u32string before = text;
  nothing.apply(text);
  CHECK(text == before);
}

}  // namespace

int main() {
  trie();
  unigram();
  bpe();
  wordpiece();
  added_tokens();
  refused();
  bombs();
  charsmaps();
  return failures != 0;
}
