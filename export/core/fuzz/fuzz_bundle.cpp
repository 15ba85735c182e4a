// Files whose hashes are all right, over anything: the records of the input (separated by 0x1E) are the members of
// the manifest but for `files`, then labels.json, golden.jsonl and tokenizer.json.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "bundle/in_memory.h"
#include "bundle/layout.h"
#include "bundle/open.h"
#include "bundle/sha256.h"
#include "failure.h"
#include "runtime/machine.h"

using namespace edgener;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Machine machine = this_machine();
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto record = [&rest] {
    const std::size_t end = std::min(rest.find('\x1E'), rest.size());
    const std::string_view found = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return found;
  };
  const std::string_view members = record();
  auto bundle = std::make_unique<InMemory>("m");
  std::string files;
  for (const char* name : {kLabels, kGolden, kTokenizer, kModel, "README.md"}) {
    const std::string_view content = record();
    bundle->add(name, content);
    files += (files.empty() ? "" : ", ") + ("\"" + std::string(name) + "\": {\"sha256\": \"" + sha256(content)) +
             "\", \"bytes\": " + std::to_string(content.size()) + "}";
  }
  std::string manifest = "{\"files\": {" + files + "}";
  if (!members.empty()) manifest.append(", ").append(members);
  manifest += "}";
  const std::string seal = sha256(manifest) + "  " + kManifest + "\n";
  bundle->add(kManifest, manifest);
  bundle->add(kSeal, seal);
  try {
    const Bundle opened = open_bundle(std::move(bundle));
    check_unchanged(opened);
    machine_warnings(opened.manifest, "m", machine);
    opened.graph("");
  } catch (const Failure& failure) {
    if (failure.message != printable(failure.message, 100'000)) std::abort();  // one line, and nothing that a terminal obeys
  }
  try {
    read_manifest(Json(std::string(reinterpret_cast<const char*>(data), size), "m", Surrogates::kKept), "m");
  } catch (const Failure&) {
  }
  return 0;
}
