// A vocabulary as a trie over bytes, nine bytes a node: children of a node stand side by side, in the order of nodes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace edgener {

class Trie {
 public:
  struct Entry {
    std::string_view key;
    std::int32_t value;  // not negative
  };
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;  // which is no node's child, so it also stands for none
  static constexpr std::int32_t kNone = -1;

  Trie() : Trie(std::vector<Entry>{}) {}
  // Of entries with one key the last counts. Nothing of `entries` is kept.
  explicit Trie(std::vector<Entry> entries);

  Node next(Node node, char byte) const;
  std::int32_t value(Node node) const { return values_[node]; }
  // The value of exactly this key, or kNone.
  std::int32_t find(std::string_view key) const;

 private:
  std::vector<std::uint32_t> first_;  // child of each node; one more for the end
  std::vector<std::int32_t> values_;
  std::vector<char> labels_;
};

}  // namespace edgener
