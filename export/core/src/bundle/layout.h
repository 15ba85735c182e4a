// What a bundle is: its files, and how large each may be. Mirrors edgener/bundle/layout.py.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace edgener {

constexpr const char* kManifest = "manifest.json";
constexpr const char* kSeal = "manifest.sha256";
constexpr const char* kModel = "model.onnx";
constexpr const char* kWeights = "weights.bin";
constexpr const char* kOrtModel = "model.ort";
constexpr const char* kTokenizer = "tokenizer.json";
constexpr const char* kLabels = "labels.json";
constexpr const char* kGolden = "golden.jsonl";

// The most that a file of this name may have, in bytes; 0 when no bundle holds such a file.
std::uint64_t max_bytes(std::string_view name);

// Where another graph over the same weights lives.
std::string variant_file(std::string_view name);

// What keeps these from being the files of a bundle (without manifest and seal); empty when nothing does.
std::string wrong_files(const std::set<std::string>& names);

}  // namespace edgener
