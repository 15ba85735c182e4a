#include "tokenizer/vocabulary.h"

namespace edgener {

Vocabulary read_vocabulary(const Part& part) {
  yyjson_val* table = part.get("vocab");
  if (!yyjson_is_obj(table)) part.refuse("its vocab is no table");
  std::vector<Trie::Entry> entries;
  entries.reserve(yyjson_obj_size(table));
  std::size_t at, count;
  yyjson_val *piece, *id;
  yyjson_obj_foreach(table, at, count, piece, id) entries.push_back({text_of(piece), part.id(id)});
  const std::size_t size = entries.size();
  return {Trie(std::move(entries)), size};
}

ByteFallback::ByteFallback(const Trie& pieces) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char name[] = {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
    ids_[byte] = pieces.find(std::string_view(name, sizeof name));
  }
}

}  // namespace edgener
