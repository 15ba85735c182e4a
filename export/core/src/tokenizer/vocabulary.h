// A vocabulary that is a table of pieces and ids, as BPE and WordPiece have it, and the bytes among its pieces.
#pragma once

#include <array>
#include <string_view>

#include "tokenizer/reading.h"
#include "tokenizer/trie.h"

namespace edgener {

struct Vocabulary {
  Trie pieces;
  std::size_t size = 0;
};

Vocabulary read_vocabulary(const Part& part);

// The ids of the pieces <0x00> to <0xFF>; Trie::kNone for those that are missing.
class ByteFallback {
 public:
  ByteFallback() { ids_.fill(Trie::kNone); }
  explicit ByteFallback(const Trie& pieces);

  // The ids of all bytes of a text; false, and nothing appended, when one has none.
  template <typename Append>
  bool each(std::string_view text, Append append) const {
    for (const char byte : text) {
      if (ids_[static_cast<unsigned char>(byte)] == Trie::kNone) return false;
    }
    for (const char byte : text) append(ids_[static_cast<unsigned char>(byte)]);
    return true;
  }

 private:
  std::array<std::int32_t, 256> ids_;
};

}  // namespace edgener
