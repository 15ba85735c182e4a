// What a manifest must say before anything else of its bundle is believed. Mirrors edgener/bundle/verify.py.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "json.h"
#include "text/words.h"

namespace edgener {

struct FileEntry {
  std::string sha256;
  std::uint64_t bytes;
};

// Lengths in pieces, special tokens included.
struct DecodeSpec {
  Splitter splitter;
  std::string unicode;
  std::size_t max_length, stride;
  std::vector<std::int64_t> prefix, suffix;
  std::int64_t pad;

  std::size_t capacity() const { return max_length - prefix.size() - suffix.size(); }
};

// {machine: features, any one of which will do}
using Features = std::map<std::string, std::vector<std::string>>;

struct Manifest {
  std::string name;
  bool gated;
  std::string why_ungated;
  std::string min_onnxruntime;
  std::string target;
  int threads;  // what the target suggests; 0 when it suggests nothing
  Features needs, exact_with;
  DecodeSpec decode;
  std::map<std::string, FileEntry> files;
};

// Failure with the first thing that is wrong; `where` the document stands.
Manifest read_manifest(const Json& document, const std::string& where);

}  // namespace edgener
