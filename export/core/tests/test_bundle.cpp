// Hashes, names, manifests: what stands between a folder and being believed.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "bundle/folder.h"
#include "bundle/in_memory.h"
#include "bundle/layout.h"
#include "bundle/open.h"
#include "bundle/sha256.h"
#include "check.h"

using namespace edgener;

namespace {

std::string hash_in_parts(const std::string& data, std::size_t part, bool accelerated) {
  Sha256 hash(accelerated);
  for (std::size_t at = 0; at < data.size(); at += part) hash.add(data.data() + at, std::min(part, data.size() - at));
  return hash.hex();
}

// The vectors of FIPS 180-4's examples.
void known_hashes() {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void the_cpu_s_own_instructions_agree() {
  std::string data;
  for (std::size_t length = 0; length < 300; ++length, data.push_back(static_cast<char>(length * 7))) {
    const std::string expected = hash_in_parts(data, 1000, false);
    CHECK(sha256(data) == expected);
    for (const std::size_t part : {1, 3, 63, 64, 65, 128}) {
      CHECK(hash_in_parts(data, part, true) == expected);
      CHECK(hash_in_parts(data, part, false) == expected);
    }
  }
}

void names() {
  std::set<std::string> files{"model.onnx", "tokenizer.json", "labels.json", "golden.jsonl", "README.md"};
  CHECK(wrong_files(files).empty());
  files.insert("weights.bin");
  files.insert("model.int8-static.onnx");
  CHECK(wrong_files(files).empty());
  for (const char* name : {"model.A.onnx", "model..onnx", "model.-a.onnx", "evil.so", "../x", "model.ort", ""}) {
    std::set<std::string> more = files;
    more.insert(name);
    CHECK(!wrong_files(more).empty());
  }
  files.erase("labels.json");
  CHECK(wrong_files(files) == "labels.json is missing");
  CHECK(max_bytes("labels.json") == 1 << 20 && max_bytes("other") == 0);
  CHECK(max_bytes("model.a.onnx") == max_bytes("model.onnx"));
  CHECK(max_bytes("model." + std::string(41, 'a') + ".onnx") == 0);
}

std::string manifest_with(const std::string& from, const std::string& to) {
  std::string text = R"({"kind": "bundle", "schema": 1, "name": "x", "languages": [], "gate": {"passed": false, "why": "no"},
    "model": {"min_onnxruntime": "1.18.0", "threads": 4, "needs": {"riscv64": ["v"]}},
    "decode": {"splitter": "unicode-1", "unicode": "14.0.0", "max_length": 14, "stride": 6, "prefix": [0], "suffix": [2], "pad": 1},
    "files": {)";
  const std::string entry = ": {\"sha256\": \"" + std::string(64, 'a') + "\", \"bytes\": 10}";
  for (const char* name : {"model.onnx", "tokenizer.json", "labels.json", "golden.jsonl"}) {
    text += "\"" + std::string(name) + "\"" + entry + ", ";
  }
  text += "\"README.md\"" + entry + "}}";
  const std::size_t at = text.find(from);
  CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string wrong(const std::string& from, const std::string& to) {
  return refusal([&] { read_manifest(Json(manifest_with(from, to), "m"), "m"); });
}

void manifests() {
  const Manifest sound = read_manifest(Json(manifest_with("", ""), "m"), "m");
  CHECK(!sound.gated && sound.why_ungated == "no" && sound.threads == 4 && sound.decode.capacity() == 12);
  CHECK(sound.files.size() == 5 && sound.needs.at("riscv64").size() == 1);
  CHECK(has(wrong("\"bundle\"", "\"model\""), "not the manifest of a bundle"));
  CHECK(has(wrong("\"schema\": 1", "\"schema\": 2"), "reads up to 1; update it"));
  CHECK(has(wrong("\"schema\": 1", "\"schema\": true"), "bundle schema true"));
  CHECK(has(wrong("\"schema\": 1", "\"schema\": 1.0"), "bundle schema"));
  CHECK(has(wrong("\"schema\": 1", "\"schema\": 1, \"schema\": 1"), "'schema' is said twice"));
  CHECK(has(wrong("unicode-1", "unicode-9"), "unknown word splitter 'unicode-9'"));
  CHECK(has(wrong("14.0.0", "14"), "expected a version"));
  CHECK(has(wrong("\"max_length\": 14", "\"max_length\": 65537"), "decode.max_length is 65537"));
  CHECK(has(wrong("\"max_length\": 14", "\"max_length\": 2"), "decode.max_length"));
  CHECK(has(wrong("\"stride\": 6", "\"stride\": 13"), "decode.stride is 13"));
  CHECK(has(wrong("\"stride\": 6", "\"stride\": 0"), "decode.stride"));
  CHECK(has(wrong("[0]", "[0, -1]"), "decode.prefix"));
  CHECK(has(wrong("[0]", "[0,0,0,0,0,0,0,0,0]"), "decode.prefix"));
  CHECK(has(wrong("\"pad\": 1", "\"pad\": 4294967296"), "decode.pad"));
  CHECK(has(wrong("1.18.0", "newest"), "min_onnxruntime is 'newest'"));
  CHECK(has(wrong("\"passed\": false", "\"passed\": 0"), "gate.passed is 0"));
  CHECK(has(wrong("README.md", "../README.md"), "does not list exactly"));
  CHECK(has(wrong("\"bytes\": 10", "\"bytes\": -1"), "has no sha256 or no size"));
  CHECK(has(wrong("\"bytes\": 10", "\"bytes\": 9999999999"), "more than a bundle may hold"));
  CHECK(has(wrong("aaaa", "AAAA"), "has no sha256 or no size"));
}

void json() {
  CHECK(text_of(Json("\"\\ud800\"", "x", Surrogates::kKept).root()) == "\xED\xA0\x80");
  CHECK(text_of(Json("\"\\\\ud800 \\ud83d\\ude00\\udc00\"", "x", Surrogates::kKept).root()) ==
        "\\ud800 \xF0\x9F\x98\x80\xED\xB0\x80");
  CHECK(has(refusal([] { Json("\"\\ud800\"", "x"); }), "not valid JSON"));
  CHECK(has(refusal([] { Json("\"\xFF\"", "x", Surrogates::kKept); }), "not UTF-8"));
  CHECK(text_of(Json("\xEF\xBB\xBF\"a\"", "x").root()) == "a");
  for (const char* bad : {"", "NaN", "[1,]", "{\"a\":1", "1 2", "'a'", "[Infinity]", "1e999", "\"\\ud8", "\"\\"}) {
    CHECK(has(refusal([&] { Json(bad, "x", Surrogates::kKept); }), "not valid JSON"));
  }
  const std::string deep(1'000'000, '[');
  CHECK(has(refusal([&] { Json(deep, "x"); }), "not valid JSON"));
}

void folders() {
  char place[] = "/tmp/edgener-XXXXXX";
  CHECK(mkdtemp(place));
  const std::string path = place;
  std::ofstream(path + "/a") << "hello";
  CHECK(symlink("a", (path + "/link").c_str()) == 0 && mkfifo((path + "/pipe").c_str(), 0600) == 0);
  const Folder folder(path + "//");
  CHECK(folder.path() == path);
  CHECK(folder.read("a", 5) == "hello");
  CHECK(has(refusal([&] { folder.read("a", 4); }), "5 bytes, the manifest says 4"));
  CHECK(has(refusal([&] { folder.read("missing", 0); }), "cannot be read"));
  CHECK(has(refusal([&] { folder.read("link", 5); }), "cannot be read"));
  CHECK(has(refusal([&] { folder.read("pipe", 0); }), "not a plain file"));
  const Mapped mapped = Folder(path).map("a", 5);  // which outlives the folder
  CHECK(mapped.bytes == "hello");
  CHECK(has(refusal([&] { folder.map("a", 6); }), "5 bytes, the manifest says 6"));
  CHECK(has(refusal([&] { folder.map("pipe", 0); }), "not a plain file"));
  std::ofstream(path + "/empty");
  CHECK(folder.map("empty", 0).bytes.empty());
  unlink((path + "/empty").c_str());
  CHECK(folder.is_plain("a") && !folder.is_plain("link") && !folder.is_plain("pipe"));
  const auto before = folder.state();
  CHECK(before.size() == 3 && folder.state() == before);
  std::ofstream(path + "/a") << "other";
  CHECK(!(folder.state() == before));
  CHECK(has(refusal([&] { Folder(path + "/a"); }), "no such bundle"));
  CHECK(has(refusal([&] { open_bundle(std::make_unique<Folder>(path)); }), "manifest.json: missing"));
  for (const char* name : {"/a", "/link", "/pipe"}) unlink((path + name).c_str());
  rmdir(place);
}

void memory() {
  InMemory files("app");
  files.add("a", "hello");
  files.add("b", {});
  CHECK(files.at("a") == "app/a" && files.read("a", 5) == "hello" && files.map("b", 0).bytes.empty());
  CHECK(files.map("a", 5).bytes.data() == files.map("a", 5).bytes.data());
  CHECK(has(refusal([&] { files.read("a", 4); }), "app/a: 5 bytes, the manifest says 4"));
  CHECK(has(refusal([&] { files.map("c", 0); }), "app/c: missing"));
  CHECK(has(refusal([&] { files.add("a", ""); }), "two files of this name"));
  CHECK(files.state().size() == 2 && files.state().at("a").bytes == 5);
}

}  // namespace

int main() {
  known_hashes();
  the_cpu_s_own_instructions_agree();
  names();
  manifests();
  json();
  folders();
  memory();
  return failures != 0;
}
