// SentencePiece's compiled normalisation rules ("precompiled_charsmap"), as the Rust tokenizers apply them.
//
// A little-endian uint32 (bytes of the trie), a Darts-clone double array of uint32 units, then the replacements, each
// ended by a zero byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edgener {

class Charsmap {
 public:
  // `base64`: as it stands in tokenizer.json. Failure, prefixed with `where`, when it is damaged.
  Charsmap(std::string_view base64, const std::string& where);

  void apply(std::u32string& text) const;

 private:
  bool find(std::string_view key, std::string_view& replacement) const;
  void cluster(const std::u32string& text, std::size_t start, std::size_t end, std::u32string& result) const;

  std::vector<std::uint32_t> trie_;
  std::string replacements_;
  bool keeps_ascii_ = false;  // every map does that SentencePiece makes, but for those that lower-case
};

}  // namespace edgener
