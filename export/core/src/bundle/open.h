// Open a bundle: seal, manifest, files, and only then what is in them. Mirrors edgener/bundle/verify.py.
//
// manifest.sha256 covers manifest.json and manifest.json covers every other file. The hashes show damage and mix-ups,
// not authorship: whoever can rewrite the files can rewrite them too.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bundle/files.h"
#include "bundle/manifest.h"

namespace edgener {

// A bundle whose hashes hold and whose manifest, labels and golden sentences are well formed.
struct Bundle {
  std::unique_ptr<const Files> files;
  std::map<std::string, FileState> state;  // before the files were hashed
  Manifest manifest;
  std::vector<std::string> labels;
  std::string tokenizer;  // tokenizer.json, the bytes that were hashed

  // The network; `variant`: of the bundle's others, empty for the first. Failure when there is no such variant.
  std::string graph(const std::string& variant) const;
};

// Failure with the first thing that is wrong.
Bundle open_bundle(std::unique_ptr<const Files> files);

// Failure when the files are not those whose hashes were compared; for after one was read again by name.
void check_unchanged(const Bundle& bundle);

// A file of the bundle, its hash compared again.
std::string read_verified(const Files& files, const Manifest& manifest, const std::string& name);

// Each line of golden.jsonl, parsed, and its number. Failure when one is no golden sentence.
void each_golden(const std::string& data, const std::string& where,
                 const std::function<void(yyjson_val* sentence, std::size_t number)>& use);

}  // namespace edgener
