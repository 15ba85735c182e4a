// Any bytes as a text: what comes of them must lie within them. The first byte chooses splitter, windows and logits.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/entities.h"
#include "text/normalise.h"
#include "text/utf8.h"
#include "text/windows.h"

using namespace edgener;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t seed = data[0];
  const std::string_view utf8(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Text text(utf8);
  const Normalised normal = normalise(text.points);
  require(normal.points.size() == normal.starts.size() && normal.points.size() == normal.ends.size());
  const Normalised again = normalise(normal.points);
  require(again.points == normal.points);
  std::vector<Range> words;
  for (const Range& word : split(normal.points, seed & 1 ? Splitter::kChar : Splitter::kUnicode1)) {
    require(word.start < word.end && word.end <= normal.points.size());
    words.push_back({normal.starts[word.start], normal.ends[word.end - 1]});
    require(words.back().start < words.back().end && words.back().end <= text.points.size());
  }
  const std::size_t capacity = 1 + (seed >> 1) % 7, stride = 1 + (seed >> 4) % capacity;
  const std::vector<Range> windows = plan(words.size(), capacity, stride);
  const std::vector<std::string> labels{"O", "B-A", "I-A", "B-B", "I-B"};
  Rows rows(words.size(), labels.size());
  for (std::size_t word = 0; word < words.size(); ++word) {
    const Range& window = windows[owner(word, windows, capacity, stride)];
    require(window.start <= word && word < window.end);
    rows.has[word] = data[word % size] % 5 != 0;
    for (std::size_t label = 0; label < labels.size(); ++label) {
      rows.row(word)[label] = static_cast<float>(data[(word * 7 + label * 3) % size] % 16);
    }
  }
  const std::vector<int> path = Decoder(labels).best(rows, seed % 3);
  for (const Entity& entity : entities(utf8, text, words, labels, path, rows)) {
    require(entity.utf8.start < entity.utf8.end && entity.utf8.end <= utf8.size());
    require(entity.text == utf8.substr(entity.utf8.start, entity.utf8.end - entity.utf8.start));
    require(entity.utf16.start < entity.utf16.end && entity.score > 0 && entity.score <= 1.000001);
  }
  return 0;
}
