// What the conformance cases do not reach: bytes that are no UTF-8, and texts made to take long.
#include "check.h"
#include "text/entities.h"
#include "text/labels.h"
#include "text/normalise.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "text/windows.h"

using namespace edgener;

namespace {

// Generous, for emulators and sanitizers; a quadratic step would take minutes.
constexpr double kSoon = 20;

std::vector<std::uint32_t> places(std::string_view text) { return Text(text).bytes; }

void broken_utf8() {
  using Places = std::vector<std::uint32_t>;
  CHECK((places("a\xFFz") == Places{0, 1, 2, 3}));
  CHECK((places("\xE2\x82") == Places{0, 2}));                          // cut off: one
  CHECK((places("\xE2\x82z") == Places{0, 2, 3}));
  CHECK((places("\xC0\xAF") == Places{0, 1, 2}));                       // overlong: each byte
  CHECK((places("\xE0\x80\xAF") == Places{0, 1, 2, 3}));
  CHECK((places("\xF0\x90\x80z") == Places{0, 3, 4}));
  CHECK((places("\xF4\x90\x80\x80") == Places{0, 1, 2, 3, 4}));         // beyond U+10FFFF
  CHECK((places("\xED\xA0\x80") == Places{0, 3}));                      // a surrogate: one
  CHECK((places("\xED\xA0\x80\xED\xB0\x80") == Places{0, 3, 6}));
  CHECK((places("\xED\xA0z") == Places{0, 1, 2, 3}));                   // half of one: each byte
  CHECK((places("\xED\xA0") == Places{0, 1, 2}));
  CHECK((places(std::string_view("a\0b", 3)) == Places{0, 1, 2, 3}));
  CHECK(Text("\xED\xA0\x80").points == std::u32string(1, 0xD800));
  CHECK(normalise(Text("\xED\xA0\x80").points).points == U"\uFFFD");
  CHECK(to_points("a\xFF") == U"a\uFFFD");
  CHECK(is_utf8("ọ̀") && !is_utf8("\xED\xA0\x80") && !is_utf8("\x80"));
}

void every_code_point_there_and_back() {
  for (char32_t point = 0; point < 0x110000; ++point) {
    std::string text;
    append_utf8(text, point);
    const Decoded read = decode(text, 0);
    if (read.point == point && read.bytes == text.size() && read.sound == (point < 0xD800 || point > 0xDFFF)) continue;
    CHECK(point == 0x110000);
    break;
  }
}

void utf16_forth_and_back() {
  const std::u32string text = U"a\U0001F600b\U00010330";
  Utf16 units(text);
  CHECK(units.at(2) == 3 && units.at(4) == 6 && units.at(1) == 1 && units.at(0) == 0 && units.at(3) == 4);
}

void composition() {
  CHECK(nfc(U"e\u0323\u0300") == U"\u1EB9\u0300");
  CHECK(nfc(U"e\u0300\u0323") == U"\u1EB9\u0300");  // marks in the other order
  CHECK(nfc(U"\u1112\u1161\u11AB") == U"\uD55C");
  CHECK(nfc(U"\u212B") == U"\u00C5" && nfc(U"\u0958") == U"\u0915\u093C");
  CHECK(nfkc(U"\uFB01\u00BD") == U"fi1\u20442");
  CHECK(nfd(U"\uD55C") == U"\u1112\u1161\u11AB");
}

void long_runs_of_marks() {
  std::u32string text = U"a";
  for (int i = 0; i < 300'000; ++i) text += i % 2 ? U"\u0301" : U"\u0323";
  CHECK(seconds([&] { CHECK(normalise(text).points.size() > 299'000); }) < kSoon);
  std::u32string marks(500'000, 0x0301);
  CHECK(seconds([&] { normalise(marks); }) < kSoon);
}

void long_words() {
  std::u32string text;
  for (int i = 0; i < 200'000; ++i) text += U"a'";
  CHECK(seconds([&] { CHECK(split(text, Splitter::kUnicode1).size() == 2); }) < kSoon);
}

void windows_cover() {
  for (std::size_t pieces = 0; pieces < 40; ++pieces) {
    for (std::size_t capacity = 1; capacity < 9; ++capacity) {
      for (std::size_t stride = 1; stride <= capacity; ++stride) {
        const std::vector<Range> windows = plan(pieces, capacity, stride);
        CHECK(windows.empty() == (pieces == 0));
        for (std::size_t piece = 0; piece < pieces; ++piece) {
          const std::size_t k = owner(piece, windows, capacity, stride);
          CHECK(k < windows.size() && windows[k].start <= piece && piece < windows[k].end);
        }
      }
    }
  }
}

void labels() {
  check_labels({"O", "B-PER", "I-PER"}, "x");
  CHECK(has(refusal([] { check_labels({"O"}, "x"); }), "1 labels"));
  CHECK(has(refusal([] { check_labels({"O", "I-PER"}, "x"); }), "has no B- label"));
  CHECK(has(refusal([] { check_labels({"O", "B-PER", "B-PER"}, "x"); }), "twice"));
  CHECK(has(refusal([] { check_labels({"B-PER", "I-PER"}, "x"); }), "no O"));
  for (const char* label : {"PER", "B-", "X-PER", "B-a b", "B-\x01", "B-\xFF", "", "b-PER"}) {
    CHECK(has(refusal([&] { check_labels({"O", label}, "x"); }), "is not an IOB2 label"));
  }
}

void printable_lines() {
  CHECK(printable("a\n\tb\x01 \xFF") == "a b? \uFFFD");
  CHECK(printable(std::string(1000, 'x')).size() == 40);
  CHECK(printable("") == "");
}

}  // namespace

int main() {
  broken_utf8();
  every_code_point_there_and_back();
  utf16_forth_and_back();
  composition();
  long_runs_of_marks();
  long_words();
  windows_cover();
  labels();
  printable_lines();
  return failures != 0;
}
