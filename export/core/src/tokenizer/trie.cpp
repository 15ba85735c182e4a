#include "tokenizer/trie.h"

#include <algorithm>
#include <cstring>

namespace edgener {

Trie::Trie(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& one, const Entry& other) { return one.key < other.key; });
  // Keys that begin alike are neighbours: a node is a range of them, and a level is made from the one before.
  struct Span {
    std::size_t low, high;
  };
  std::vector<Span> level{{0, entries.size()}}, below;
  labels_.push_back('\0');
  for (std::size_t depth = 0; !level.empty(); ++depth, level.swap(below), below.clear()) {
    for (Span span : level) {
      std::int32_t value = kNone;
      for (; span.low < span.high && entries[span.low].key.size() == depth; ++span.low) value = entries[span.low].value;
      values_.push_back(value);
      first_.push_back(static_cast<std::uint32_t>(labels_.size()));
      while (span.low < span.high) {
        const char label = entries[span.low].key[depth];
        std::size_t end = span.low + 1;
        while (end < span.high && entries[end].key[depth] == label) ++end;
        labels_.push_back(label);
        below.push_back({span.low, end});
        span.low = end;
      }
    }
  }
  first_.push_back(static_cast<std::uint32_t>(labels_.size()));
}

Trie::Node Trie::next(Node node, char byte) const {
  const std::uint32_t first = first_[node], count = first_[node + 1] - first;
  if (count == 0) return kRoot;
  const void* found = std::memchr(labels_.data() + first, byte, count);
  return found ? static_cast<Node>(static_cast<const char*>(found) - labels_.data()) : kRoot;
}

std::int32_t Trie::find(std::string_view key) const {
  Node node = kRoot;
  for (const char byte : key) {
    node = next(node, byte);
    if (node == kRoot) return kNone;
  }
  return values_[node];
}

}  // namespace edgener
