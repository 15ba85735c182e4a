// A folder whose hashes are all right, over anything: the records of the input (separated by 0x1E) are the members of
// the manifest but for `files`, then labels.json, golden.jsonl and tokenizer.json.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <vector>

#include "bundle/layout.h"
#include "bundle/open.h"
#include "bundle/sha256.h"
#include "failure.h"
#include "runtime/machine.h"

using namespace edgener;

namespace {

std::string scratch() {
  // In memory where there is such a place: each input writes seven files.
  std::string place = access("/dev/shm", W_OK) == 0 ? "/dev/shm/edgener-fuzz-XXXXXX" : "/tmp/edgener-fuzz-XXXXXX";
  if (!mkdtemp(place.data())) std::abort();
  return place;
}

void write(const std::string& path, std::string_view data) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(data.data(), static_cast<std::streamsize>(data.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string folder = scratch();
  static const Machine machine = this_machine();
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto record = [&rest] {
    const std::size_t end = std::min(rest.find('\x1E'), rest.size());
    const std::string_view found = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return found;
  };
  const std::string_view members = record();
  std::string files;
  for (const char* name : {kLabels, kGolden, kTokenizer, kModel, "README.md"}) {
    const std::string_view content = record();
    write(folder + "/" + name, content);
    files += (files.empty() ? "" : ", ") + ("\"" + std::string(name) + "\": {\"sha256\": \"" + sha256(content)) +
             "\", \"bytes\": " + std::to_string(content.size()) + "}";
  }
  std::string manifest = "{\"files\": {" + files + "}";
  if (!members.empty()) manifest.append(", ").append(members);
  manifest += "}";
  write(folder + "/" + kManifest, manifest);
  write(folder + "/" + kSeal, sha256(manifest) + "  " + kManifest + "\n");
  try {
    const Bundle bundle = open_bundle(folder);
    check_unchanged(bundle);
    machine_warnings(bundle.manifest, "m", machine);
    bundle.graph("");
  } catch (const Failure& failure) {
    if (failure.message != printable(failure.message, 100'000)) std::abort();  // one line, and nothing that a terminal obeys
  }
  try {
    read_manifest(Json(std::string(reinterpret_cast<const char*>(data), size), "m", Surrogates::kKept), "m");
  } catch (const Failure&) {
  }
  return 0;
}
