#include "bundle/open.h"

#include <algorithm>
#include <set>

#include "bundle/layout.h"
#include "bundle/sha256.h"
#include "failure.h"
#include "text/labels.h"

namespace edgener {
namespace {

std::string shown_path(const Files& files, const std::string& name) { return printable(files.at(name), 200); }

[[noreturn]] void malformed(const std::string& where, const std::string& what) {
  throw Failure(EDGENER_MALFORMED, where + ": " + what);
}

// Missing, surplus, oversized and special files.
void check_listing(const Files& files, const std::map<std::string, FileState>& present) {
  for (const char* name : {kManifest, kSeal}) {
    if (!present.count(name)) throw Failure(EDGENER_UNREADABLE, shown_path(files, name) + ": missing");
  }
  std::set<std::string> names;
  for (const auto& [name, state] : present) {
    if (name != kManifest && name != kSeal) names.insert(name);
  }
  if (const std::string wrong = wrong_files(names); !wrong.empty()) malformed(printable(files.path(), 200), wrong);
  for (const auto& [name, state] : present) {
    if (!files.is_plain(name)) malformed(shown_path(files, name), "not a plain file");
    if (state.bytes > max_bytes(name)) {
      malformed(shown_path(files, name), std::to_string(state.bytes) + " bytes is more than a bundle may hold (" +
                                              std::to_string(max_bytes(name)) + ")");
    }
  }
}

[[noreturn]] void differs(const std::string& where, const char* from) {
  throw Failure(EDGENER_DAMAGED, where + ": sha256 differs from " + from + "; the bundle is damaged or was changed");
}

std::string sealed_manifest(const Files& files, const std::map<std::string, FileState>& present) {
  const std::string seal = files.read(kSeal, present.at(kSeal).bytes);
  std::string manifest = files.read(kManifest, present.at(kManifest).bytes);
  // In the form that `sha256sum --check` reads.
  if (seal != sha256(manifest) + "  " + kManifest + "\n") differs(shown_path(files, kManifest), kSeal);
  return manifest;
}

void check_hash(const Files& files, const Manifest& manifest, const std::string& name) {
  const FileEntry& entry = manifest.files.at(name);
  Sha256 hash;
  files.stream(name, entry.bytes, [&](const char* part, std::size_t size) { hash.add(part, size); });
  if (hash.hex() != entry.sha256) differs(shown_path(files, name), "the manifest");
}

std::vector<std::string> labels_of(std::string data, const std::string& where) {
  const Json document(std::move(data), where);
  if (!yyjson_is_arr(document.root())) malformed(where, "not a list of labels");
  std::vector<std::string> labels;
  std::size_t at, count;
  yyjson_val* label;
  yyjson_arr_foreach(document.root(), at, count, label) {
    if (!yyjson_is_str(label)) malformed(where, "not a list of labels");
    labels.emplace_back(text_of(label));
  }
  check_labels(labels, where);
  return labels;
}

}  // namespace

std::string Bundle::graph(const std::string& variant) const {
  if (variant.empty()) return manifest.files.count(kOrtModel) ? kOrtModel : kModel;
  // A name is looked up among the files that the manifest lists, never put into a path unseen.
  const std::string file = variant_file(variant);
  if (file != kModel && manifest.files.count(file)) return file;
  throw Failure(EDGENER_BAD_ARGUMENT,
                printable(files->path(), 200) + ": no variant '" + printable(variant) + "' in this bundle");
}

void each_golden(const std::string& data, const std::string& where,
                 const std::function<void(yyjson_val*, std::size_t)>& use) {
  std::size_t number = 0;
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t end = std::min(data.find('\n', at), data.size());
    const std::string place = where + ":" + std::to_string(++number);
    const Json record(data.substr(at, end - at), place, Surrogates::kKept);
    if (!yyjson_is_str(member(record.root(), "text", place))) malformed(place, "not a golden sentence (no text)");
    use(record.root(), number);
    at = end + 1;
  }
}

std::string read_verified(const Files& files, const Manifest& manifest, const std::string& name) {
  const FileEntry& entry = manifest.files.at(name);
  std::string data = files.read(name, entry.bytes);
  if (sha256(data) != entry.sha256) differs(shown_path(files, name), "the manifest");
  return data;
}

Bundle open_bundle(std::unique_ptr<const Files> given) {
  const Files& files = *given;
  auto present = files.state();
  check_listing(files, present);
  const std::string where = shown_path(files, kManifest);
  Manifest manifest = read_manifest(Json(sealed_manifest(files, present), where, Surrogates::kKept), where);
  for (const auto& [name, state] : present) {
    if (name != kManifest && name != kSeal && !manifest.files.count(name)) {
      malformed(shown_path(files, name), "the manifest does not know this file");
    }
  }
  std::map<std::string, std::string> parsed;
  for (const auto& [name, entry] : manifest.files) {
    if (!present.count(name)) throw Failure(EDGENER_UNREADABLE, shown_path(files, name) + ": missing");
    if (name == kTokenizer || name == kLabels || name == kGolden) {
      parsed[name] = read_verified(files, manifest, name);
    } else {
      check_hash(files, manifest, name);
    }
  }
  each_golden(parsed.at(kGolden), shown_path(files, kGolden), [](yyjson_val*, std::size_t) {});
  auto labels = labels_of(std::move(parsed.at(kLabels)), shown_path(files, kLabels));
  return {std::move(given), std::move(present), std::move(manifest), std::move(labels),
          std::move(parsed.at(kTokenizer))};
}

void check_unchanged(const Bundle& bundle) {
  bool same = false;
  try {
    same = bundle.files->state() == bundle.state;
  } catch (const Failure&) {
  }
  if (!same) {
    throw Failure(EDGENER_DAMAGED,
                  printable(bundle.files->path(), 200) + ": was changed while it was loaded; load it again");
  }
}

}  // namespace edgener
