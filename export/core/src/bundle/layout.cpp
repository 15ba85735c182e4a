#include "bundle/layout.h"

#include <algorithm>

#include "failure.h"

namespace edgener {
namespace {

constexpr std::uint64_t kMiB = 1 << 20, kGiB = 1 << 30;
constexpr const char* kReadme = "README.md";
constexpr const char* kOperators = "required_operators.config";
constexpr const char* kAlways[] = {kTokenizer, kLabels, kGolden, kReadme};
constexpr std::size_t kMostVariants = 8;

struct Limit {
  const char* name;
  std::uint64_t bytes;
};
constexpr Limit kLimits[] = {
    {kModel, 2 * kGiB},         {kWeights, 8 * kGiB}, {kOrtModel, 2 * kGiB}, {kOperators, kMiB},
    {kTokenizer, 128 * kMiB},   {kLabels, kMiB},      {kGolden, 16 * kMiB},  {kReadme, kMiB},
    {kManifest, kMiB},          {kSeal, 4096},
};

bool is_variant(std::string_view file) {
  constexpr std::string_view kBefore = "model.", kBehind = ".onnx";
  if (file.size() <= kBefore.size() + kBehind.size() || file.size() > kBefore.size() + kBehind.size() + 40) return false;
  if (file.substr(0, kBefore.size()) != kBefore || file.substr(file.size() - kBehind.size()) != kBehind) return false;
  const std::string_view name = file.substr(kBefore.size(), file.size() - kBefore.size() - kBehind.size());
  return name[0] != '-' && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace

std::uint64_t max_bytes(std::string_view name) {
  if (is_variant(name)) return max_bytes(kModel);
  for (const Limit& limit : kLimits) {
    if (name == limit.name) return limit.bytes;
  }
  return 0;
}

std::string variant_file(std::string_view name) { return "model." + std::string(name) + ".onnx"; }

std::string wrong_files(const std::set<std::string>& names) {
  for (const char* name : kAlways) {
    if (!names.count(name)) return std::string(name) + " is missing";
  }
  const bool ort = names.count(kOrtModel) > 0;
  if (!ort && !names.count(kModel)) return std::string(kModel) + " is missing";
  std::size_t variants = 0;
  for (const std::string& name : names) {
    const bool always = std::any_of(std::begin(kAlways), std::end(kAlways), [&](auto one) { return name == one; });
    const bool variant = !ort && is_variant(name);
    const bool known = ort ? name == kOrtModel || name == kOperators : name == kModel || name == kWeights;
    if (!always && !variant && !known) return "'" + printable(name, 100) + "' does not belong to a bundle";
    variants += variant;
  }
  if (variants > kMostVariants) {
    return std::to_string(variants) + " variants, at most " + std::to_string(kMostVariants) + " are read";
  }
  return "";
}

}  // namespace edgener
