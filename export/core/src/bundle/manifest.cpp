#include "bundle/manifest.h"

#include <algorithm>
#include <set>

#include "bundle/layout.h"
#include "failure.h"

namespace edgener {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr std::int64_t kMostWindow = 65'536;
constexpr std::int64_t kMostId = INT32_MAX;
constexpr std::size_t kMostSpecials = 8;
constexpr std::size_t kMostFeatures = 20;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;

[[noreturn]] void malformed(const std::string& where, const std::string& what) {
  throw Failure(EDGENER_MALFORMED, where + ": " + what);
}

bool all_digits(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Two or three numbers with dots between them.
bool is_version(std::string_view text, std::size_t least, std::size_t digits_of_last) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    parts.push_back(text.substr(at, dot - at));
    at = dot + 1;
  }
  if (parts.size() < least || parts.size() > 3) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!all_digits(parts[i], i == 2 ? digits_of_last : 3)) return false;
  }
  return true;
}

// Whatever is no such table asks nothing, as in Python.
Features features(yyjson_val* asked) {
  Features found;
  if (!yyjson_is_obj(asked)) return found;
  std::size_t at, count;
  yyjson_val *machine, *list;
  yyjson_obj_foreach(asked, at, count, machine, list) {
    if (!yyjson_is_arr(list)) continue;
    std::vector<std::string> names;
    std::size_t place, length;
    yyjson_val* name;
    yyjson_arr_foreach(list, place, length, name) {
      if (names.size() < kMostFeatures && yyjson_is_str(name)) names.push_back(printable(text_of(name)));
    }
    found[printable(text_of(machine))] = names;
  }
  return found;
}

std::map<std::string, FileEntry> file_table(yyjson_val* files, const std::string& where) {
  if (!yyjson_is_obj(files)) malformed(where, "'files' is not a table of files");
  std::set<std::string> names;
  std::map<std::string, FileEntry> table;
  std::size_t at, count;
  yyjson_val *key, *entry;
  yyjson_obj_foreach(files, at, count, key, entry) {
    if (!names.emplace(text_of(key)).second) malformed(where, "'files' lists a file twice");
    if (names.size() > 100) break;
  }
  if (const std::string wrong = wrong_files(names); !wrong.empty()) {
    malformed(where, "does not list exactly the files of a bundle (" + wrong + ")");
  }
  yyjson_obj_foreach(files, at, count, key, entry) {
    const std::string name(text_of(key));
    const std::string_view hash = text_of(member(entry, "sha256", where));
    std::int64_t bytes = 0;
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string_view::npos ||
        !whole_number(member(entry, "bytes", where), 0, kMostBytes, bytes)) {
      malformed(where, "files." + name + " has no sha256 or no size");
    }
    if (static_cast<std::uint64_t>(bytes) > max_bytes(name)) {
      malformed(where, name + " has " + std::to_string(bytes) + " bytes, more than a bundle may hold");
    }
    table[name] = {std::string(hash), static_cast<std::uint64_t>(bytes)};
  }
  return table;
}

DecodeSpec decode_spec(yyjson_val* table, const std::string& where) {
  if (!yyjson_is_obj(table)) malformed(where, "'decode' is missing or not a table");
  const auto number = [&](const char* name, std::int64_t low, std::int64_t high) {
    std::int64_t value = 0;
    yyjson_val* given = member(table, name, where);
    if (whole_number(given, low, high, value)) return value;
    malformed(where, std::string("decode.") + name + " is " + shown(given) + "; expected a whole number in " +
                         std::to_string(low) + ".." + std::to_string(high));
  };
  const auto ids = [&](const char* name) {
    std::vector<std::int64_t> values;
    yyjson_val* given = member(table, name, where);
    bool sound = yyjson_is_arr(given) && yyjson_arr_size(given) <= kMostSpecials;
    std::size_t at, count;
    yyjson_val* id;
    yyjson_arr_foreach(given, at, count, id) {
      values.push_back(0);
      sound = sound && whole_number(id, 0, kMostId, values.back());
    }
    if (!sound) malformed(where, std::string("decode.") + name + " is not a short list of token ids");
    return values;
  };
  DecodeSpec spec;
  yyjson_val* splitter = member(table, "splitter", where);
  if (!splitter_of(text_of(splitter), spec.splitter)) {
    throw Failure(EDGENER_TOO_NEW,
                  where + ": unknown word splitter " + shown(splitter) + "; update edgener to read this bundle");
  }
  spec.unicode = text_of(member(table, "unicode", where));
  if (!is_version(spec.unicode, 3, 3)) {
    malformed(where, "decode.unicode is '" + printable(spec.unicode) + "'; expected a version such as 15.0.0");
  }
  spec.prefix = ids("prefix");
  spec.suffix = ids("suffix");
  const auto specials = static_cast<std::int64_t>(spec.prefix.size() + spec.suffix.size());
  const std::int64_t longest = number("max_length", specials + 1, kMostWindow);
  spec.max_length = static_cast<std::size_t>(longest);
  spec.stride = static_cast<std::size_t>(number("stride", 1, longest - specials));
  spec.pad = number("pad", 0, kMostId);
  return spec;
}

}  // namespace

Manifest read_manifest(const Json& document, const std::string& where) {
  yyjson_val* root = document.root();
  if (text_of(member(root, "kind", where)) != "bundle") malformed(where, "not the manifest of a bundle");
  std::int64_t schema = 0;
  if (!whole_number(member(root, "schema", where), 1, INT64_MAX, schema) || schema > kSchema) {
    throw Failure(schema > kSchema ? EDGENER_TOO_NEW : EDGENER_MALFORMED,
                  where + ": bundle schema " + shown(member(root, "schema", where)) + ", this edgener reads up to " +
                      std::to_string(kSchema) + "; update it");
  }
  yyjson_val *name = member(root, "name", where), *gate = member(root, "gate", where);
  yyjson_val *model = member(root, "model", where), *languages = member(root, "languages", where);
  Manifest manifest;
  manifest.files = file_table(member(root, "files", where), where);
  if (!yyjson_is_str(name) || !yyjson_is_obj(gate) || !yyjson_is_obj(model) || !yyjson_is_arr(languages)) {
    malformed(where, "'name', 'gate', 'model' or 'languages' is missing; not a manifest this version writes");
  }
  yyjson_val* passed = member(gate, "passed", where);
  if (!yyjson_is_bool(passed)) malformed(where, "gate.passed is " + shown(passed) + "; expected true or false");
  manifest.name = printable(text_of(name), 100);
  manifest.gated = yyjson_get_bool(passed);
  yyjson_val* why = member(gate, "why", where);
  manifest.why_ungated = yyjson_is_str(why) ? printable(text_of(why), 300) : "no reason given";
  yyjson_val* oldest = member(model, "min_onnxruntime", where);
  manifest.min_onnxruntime = text_of(oldest);
  if (!is_version(manifest.min_onnxruntime, 2, 6)) {
    malformed(where, "min_onnxruntime is " + shown(oldest) + "; expected a version such as 1.18.0");
  }
  manifest.target = printable(text_of(member(model, "target", where)));
  std::int64_t threads = 0;
  manifest.threads = whole_number(member(model, "threads", where), 1, 1024, threads) ? static_cast<int>(threads) : 0;
  manifest.needs = features(member(model, "needs", where));
  manifest.exact_with = features(member(model, "exact_with", where));
  manifest.decode = decode_spec(member(root, "decode", where), where);
  return manifest;
}

}  // namespace edgener
