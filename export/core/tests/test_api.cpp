// The C interface with a bundle ($EDGENER_BUNDLE) and ONNX Runtime: many threads, and what callers get wrong.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>
#include <vector>

#include "check.h"
#include "edgener.h"

namespace {

constexpr int kSkipped = 77;

std::string answer(const edgener_ner* ner, const std::string& text) {
  edgener_result* result = nullptr;
  if (edgener_tag(ner, text.data(), text.size(), &result, nullptr) != EDGENER_OK) return "failed";
  std::string found;
  for (size_t index = 0; index < edgener_result_count(result); ++index) {
    const edgener_entity* entity = edgener_result_entity(result, index);
    const std::string_view part(text.data() + entity->start_utf8, entity->end_utf8 - entity->start_utf8);
    CHECK(part == std::string_view(entity->text, entity->text_bytes));
    CHECK(entity->text[entity->text_bytes] == '\0');
    char score[32];
    std::snprintf(score, sizeof score, " %.3f;", entity->score);
    found += std::string(entity->type) + " " + entity->text + score;
  }
  CHECK(!edgener_result_entity(result, edgener_result_count(result)));
  edgener_result_free(result);
  return found;
}

void many_threads(const edgener_ner* ner) {
  std::vector<std::string> texts, expected;
  for (int i = 0; i < 20; ++i) {
    std::string text;
    for (int word = 0; word <= i; ++word) text += word % 3 ? "Kano Ibrahim\xCC\x81 " : "ya je \xF0\x9F\x98\x80 Ada Musa. ";
    texts.push_back(text);
    expected.push_back(answer(ner, text));
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 8; ++number) {
    threads.emplace_back([&, number] {
      for (int round = 0; round < 5; ++round) {
        for (std::size_t at = 0; at < texts.size(); ++at) {
          const std::size_t place = (at + static_cast<std::size_t>(number)) % texts.size();
          if (answer(ner, texts[place]) != expected[place]) ++wrong;
        }
      }
      if (edgener_check(ner, nullptr) != EDGENER_OK) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

void many_recognisers(const char* bundle) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      edgener_ner* ner = nullptr;
      if (edgener_open(bundle, nullptr, &ner, nullptr) != EDGENER_OK || answer(ner, "").size()) ++wrong;
      edgener_close(ner);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

// Opened from memory, a bundle in ONNX Runtime's format answers alike, and says what is wrong; another is refused.
void from_memory(const char* bundle, const std::string& text, const std::string& expected) {
  std::map<std::string, std::string> content;
  for (const auto& entry : std::filesystem::directory_iterator(bundle)) {
    std::ifstream file(entry.path(), std::ios::binary);
    content[entry.path().filename().string()].assign(std::istreambuf_iterator<char>(file), {});
  }
  edgener_error error;
  edgener_ner* ner = nullptr;
  std::vector<edgener_file> files;
  for (const auto& [name, data] : content) files.push_back({name.c_str(), data.data(), data.size()});
  const auto open = [&] { return edgener_open_files("memory", files.data(), files.size(), nullptr, &ner, &error); };
  if (!content.count("model.ort")) {
    CHECK(open() == EDGENER_BAD_ARGUMENT && has(error.message, "only a bundle in ONNX Runtime's format") && !ner);
    return;
  }
  CHECK(open() == EDGENER_OK && edgener_check(ner, &error) == EDGENER_OK && answer(ner, text) == expected);
  edgener_close(ner);
  files.push_back(files[0]);
  CHECK(open() == EDGENER_BAD_ARGUMENT && has(error.message, "two files of this name"));
  files.pop_back();
  for (edgener_file& file : files) {
    const edgener_file sound = file;
    const std::string other(sound.bytes, 'x');
    file.data = other.data();
    CHECK(open() == EDGENER_DAMAGED && has(error.message, "memory/") && !ner);
    file.data = nullptr;
    CHECK(open() == EDGENER_BAD_ARGUMENT);
    file = {sound.name, sound.data, sound.bytes - 1};
    CHECK(open() != EDGENER_OK && !ner);
    file = sound;
    if (sound.name != std::string("model.ort")) continue;
    const std::string moved = "." + content[sound.name];
    file.data = moved.data() + 1;
    CHECK(open() == EDGENER_BAD_ARGUMENT && has(error.message, "model.ort: its memory starts at no multiple of 4"));
    file = sound;
  }
  files.erase(files.begin());
  CHECK(open() != EDGENER_OK && has(error.message, "is missing") && !ner);
  CHECK(edgener_open_files("memory", nullptr, 0, nullptr, &ner, &error) == EDGENER_UNREADABLE);
  CHECK(edgener_open_files(nullptr, nullptr, 0, nullptr, &ner, &error) == EDGENER_BAD_ARGUMENT);
}

void options(const char* bundle) {
  edgener_error error;
  edgener_ner* ner = nullptr;
  const auto status = [&](edgener_options given) { return edgener_open(bundle, &given, &ner, &error); };
  edgener_options given = EDGENER_OPTIONS_INIT;
  given.variant = "nothing";
  CHECK(status(given) == EDGENER_BAD_ARGUMENT && has(error.message, "no variant 'nothing'") && !ner);
  given.variant = "../../x";
  CHECK(status(given) == EDGENER_BAD_ARGUMENT);
  given.variant = "";
  given.runtime = "/nowhere/libonnxruntime.so";
  CHECK(status(given) == EDGENER_NO_RUNTIME && has(error.message, "/nowhere/libonnxruntime.so"));
  given.runtime = "libc.so.6";
  CHECK(status(given) == EDGENER_NO_RUNTIME);
  given.runtime = nullptr;
  for (const double bad : {-0.1, 1.1}) {
    given.min_score = bad;
    CHECK(status(given) == EDGENER_BAD_ARGUMENT);
  }
  given.min_score = 1;
  CHECK(status(given) == EDGENER_OK && answer(ner, "Ada ya je Kano").empty());
  edgener_close(ner);
  given.min_score = 0;
  given.threads = -1;
  CHECK(status(given) == EDGENER_BAD_ARGUMENT);
}

void odd_texts(const edgener_ner* ner) {
  const std::string texts[] = {"", " ", "\xFF\xFE", "\xED\xA0\x80 Kano", std::string("\0Kano\0", 6), "\xE2\x80\x8BKano"};
  for (const std::string& text : texts) CHECK(answer(ner, text) != "failed");
  edgener_result* result = nullptr;
  CHECK(edgener_tag(ner, nullptr, 0, &result, nullptr) == EDGENER_OK && edgener_result_count(result) == 0);
  edgener_result_free(result);
  CHECK(edgener_tag(ner, nullptr, 1, &result, nullptr) == EDGENER_BAD_ARGUMENT && !result);
  std::string long_text;
  for (int i = 0; i < 2000; ++i) long_text += "Kano ya je Ibrahim Musa. ";
  CHECK(answer(ner, long_text) != "failed");
  CHECK(answer(ner, std::string(20'000, 'a')) != "failed");
}

}  // namespace

int main() {
  const char* bundle = std::getenv("EDGENER_BUNDLE");
  if (!bundle) return kSkipped;
  edgener_ner* ner = nullptr;
  edgener_error error;
  if (edgener_open(bundle, nullptr, &ner, &error) != EDGENER_OK) {
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  CHECK(edgener_check(ner, &error) == EDGENER_OK);
  many_threads(ner);
  odd_texts(ner);
  const std::string text = "Ibrahim Musa ya je Kano .", expected = answer(ner, text);
  edgener_close(ner);
  from_memory(bundle, text, expected);
  many_recognisers(bundle);
  options(bundle);
  return failures != 0;
}
