// The cases of the decode contract: conformance FILE.jsonl ... names those that are answered otherwise; exit 1 then.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>

#include "failure.h"
#include "json.h"
#include "text/entities.h"
#include "text/labels.h"
#include "text/normalise.h"
#include "text/utf8.h"
#include "text/windows.h"

using namespace edgener;

namespace {

constexpr double kScoreTolerance = 1e-4;

yyjson_val* get(yyjson_val* table, const char* name) { return member(table, name, "case"); }

bool is(yyjson_val* expected, std::size_t given) {
  std::int64_t number = 0;
  return whole_number(expected, 0, INT64_MAX, number) && static_cast<std::size_t>(number) == given;
}

bool is(yyjson_val* expected, const std::string& given) { return yyjson_is_str(expected) && text_of(expected) == given; }

bool is(yyjson_val* expected, const Range& given) {
  return yyjson_arr_size(expected) == 2 && is(yyjson_arr_get(expected, 0), given.start) &&
         is(yyjson_arr_get(expected, 1), given.end);
}

bool is(yyjson_val* expected, const Entity& given) {
  yyjson_val* score = get(expected, "score");
  return yyjson_is_obj(expected) && yyjson_obj_size(expected) == 9 && is(get(expected, "type"), given.type) &&
         is(get(expected, "text"), given.text) && is(get(expected, "start"), given.points.start) &&
         is(get(expected, "end"), given.points.end) && is(get(expected, "start_utf16"), given.utf16.start) &&
         is(get(expected, "end_utf16"), given.utf16.end) && is(get(expected, "start_utf8"), given.utf8.start) &&
         is(get(expected, "end_utf8"), given.utf8.end) && yyjson_is_num(score) &&
         std::fabs(yyjson_get_num(score) - given.score) <= kScoreTolerance;
}

template <typename T>
bool is(yyjson_val* expected, const std::vector<T>& given) {
  if (!yyjson_is_arr(expected) || yyjson_arr_size(expected) != given.size()) return false;
  for (std::size_t at = 0; at < given.size(); ++at) {
    if (!is(yyjson_arr_get(expected, at), given[at])) return false;
  }
  return true;
}

// A case may be so many copies of itself, one behind the other; what is expected is the answer to one copy.
struct Copies {
  std::size_t times = 1;
  std::size_t points = 0, utf16 = 0, utf8 = 0;  // of one copy's text
};

Copies copies_of(yyjson_val* given) {
  Copies copies;
  if (yyjson_val* times = yyjson_obj_get(given, "repeat")) copies.times = static_cast<std::size_t>(yyjson_get_uint(times));
  if (yyjson_val* value = yyjson_obj_get(given, "text")) {
    const Text text(text_of(value));
    copies.points = text.points.size();
    copies.utf16 = Utf16(text.points).at(text.points.size());
    copies.utf8 = text_of(value).size();
  }
  return copies;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string found;
  for (std::size_t copy = 0; copy < times; ++copy) found += text;
  return found;
}

std::string text_in(yyjson_val* given) { return repeated(text_of(get(given, "text")), copies_of(given).times); }

Range moved(const Range& range, std::size_t by) { return {range.start - by, range.end - by}; }

// Every copy's share of an answer is the expected one, moved to where the first copy stands.
template <typename T, typename Move>
bool repeats(yyjson_val* expected, const std::vector<T>& given, std::size_t times, Move move) {
  if (!times || given.size() % times) return false;
  const std::size_t share = given.size() / times;
  for (std::size_t copy = 0; copy < times; ++copy) {
    std::vector<T> one;
    for (std::size_t at = 0; at < share; ++at) one.push_back(move(given[copy * share + at], copy));
    if (!is(expected, one)) return false;
  }
  return true;
}

std::vector<Range> ranges_of(const Normalised& normal, const std::vector<Range>& words) {
  std::vector<Range> found;
  for (const Range& word : words) found.push_back({normal.starts[word.start], normal.ends[word.end - 1]});
  return found;
}

std::size_t number_of(yyjson_val* value) { return static_cast<std::size_t>(yyjson_get_uint(value)); }

Splitter splitter_in(yyjson_val* given) {
  Splitter splitter;
  if (!splitter_of(text_of(get(given, "splitter")), splitter)) throw Failure(EDGENER_INTERNAL, "an unknown splitter");
  return splitter;
}

bool normalise_case(yyjson_val* given, yyjson_val* expect) {
  const Copies copies = copies_of(given);
  const Normalised normal = normalise(Text(text_in(given)).points);
  std::vector<Range> ranges;
  for (std::size_t at = 0; at < normal.points.size(); ++at) ranges.push_back({normal.starts[at], normal.ends[at]});
  yyjson_val* text = get(expect, "text");
  if (!yyjson_is_str(text) || repeated(text_of(text), copies.times) != to_utf8(normal.points)) return false;
  const auto move = [&](const Range& range, std::size_t copy) { return moved(range, copy * copies.points); };
  return repeats(get(expect, "ranges"), ranges, copies.times, move);
}

bool split_case(yyjson_val* given, yyjson_val* expect) {
  const Copies copies = copies_of(given);
  const Normalised normal = normalise(Text(text_in(given)).points);
  const std::vector<Range> words = split(normal.points, splitter_in(given));
  std::vector<std::string> texts;
  for (const Range& word : words) texts.push_back(to_utf8(normal.points.substr(word.start, word.end - word.start)));
  const auto same = [](const std::string& word, std::size_t) { return word; };
  const auto move = [&](const Range& range, std::size_t copy) { return moved(range, copy * copies.points); };
  return repeats(get(expect, "words"), texts, copies.times, same) &&
         repeats(get(expect, "ranges"), ranges_of(normal, words), copies.times, move);
}

bool offsets_case(yyjson_val* given, yyjson_val* expect) {
  const Copies copies = copies_of(given);
  const std::string utf8_text = text_in(given);
  const Text text(utf8_text);
  Utf16 units(text.points);
  std::vector<Range> utf16, utf8;
  std::size_t at, count;
  yyjson_val* range;
  for (std::size_t copy = 0; copy < copies.times; ++copy) {
    const std::size_t before = copy * copies.points;
    yyjson_arr_foreach(get(given, "ranges"), at, count, range) {
      const std::size_t start = before + number_of(yyjson_arr_get(range, 0));
      const std::size_t end = before + number_of(yyjson_arr_get(range, 1));
      const std::size_t from = units.at(start);
      utf16.push_back({from, units.at(end)});
      utf8.push_back({text.bytes.at(start), text.bytes.at(end)});
    }
  }
  const auto units_back = [&](const Range& one, std::size_t copy) { return moved(one, copy * copies.utf16); };
  const auto bytes_back = [&](const Range& one, std::size_t copy) { return moved(one, copy * copies.utf8); };
  return repeats(get(expect, "utf16"), utf16, copies.times, units_back) &&
         repeats(get(expect, "utf8"), utf8, copies.times, bytes_back);
}

bool windows_case(yyjson_val* given, yyjson_val* expect) {
  const std::size_t capacity = number_of(get(given, "capacity")), stride = number_of(get(given, "stride"));
  const std::vector<Range> windows = plan(number_of(get(given, "pieces")), capacity, stride);
  std::vector<std::size_t> owners;
  std::size_t at, count;
  yyjson_val* first;
  yyjson_arr_foreach(get(given, "firsts"), at, count, first) {
    owners.push_back(owner(number_of(first), windows, capacity, stride));
  }
  return is(get(expect, "windows"), windows) && is(get(expect, "owners"), owners);
}

struct Answer {
  std::vector<std::string> labels;
  Rows rows;
  std::vector<int> path;
};

Answer decoded(yyjson_val* given) {
  std::vector<std::string> labels;
  std::size_t at, count, place, length;
  yyjson_val *value, *logit;
  yyjson_arr_foreach(get(given, "labels"), at, count, value) labels.emplace_back(text_of(value));
  const std::size_t times = copies_of(given).times, words = yyjson_arr_size(get(given, "logits"));
  Rows rows(words * times, labels.size());
  for (std::size_t copy = 0; copy < times; ++copy) {
    yyjson_arr_foreach(get(given, "logits"), at, count, value) {
      const std::size_t word = copy * words + at;
      rows.has[word] = yyjson_is_arr(value);
      yyjson_arr_foreach(value, place, length, logit) rows.row(word)[place] = static_cast<float>(yyjson_get_num(logit));
    }
  }
  std::vector<int> path = Decoder(labels).best(rows, yyjson_get_num(get(given, "recall_bias")));
  return {std::move(labels), std::move(rows), std::move(path)};
}

bool tags_case(yyjson_val* given, yyjson_val* expect) {
  const Answer found = decoded(given);
  std::vector<std::string> tags;
  for (const int label : found.path) tags.push_back(found.labels[static_cast<std::size_t>(label)]);
  const auto same = [](const std::string& tag, std::size_t) { return tag; };
  return repeats(get(expect, "tags"), tags, copies_of(given).times, same);
}

bool entities_case(yyjson_val* given, yyjson_val* expect) {
  const Copies copies = copies_of(given);
  const std::string utf8 = text_in(given);
  const Text text(utf8);
  const Normalised normal = normalise(text.points);
  const std::vector<Range> words = ranges_of(normal, split(normal.points, splitter_in(given)));
  const Answer found = decoded(given);
  if (words.size() != found.path.size()) return false;
  std::vector<Entity> kept;
  for (Entity& entity : entities(utf8, text, words, found.labels, found.path, found.rows)) {
    if (entity.score >= yyjson_get_num(get(given, "min_score"))) kept.push_back(std::move(entity));
  }
  const auto move = [&](Entity one, std::size_t copy) {
    one.points = moved(one.points, copy * copies.points);
    one.utf16 = moved(one.utf16, copy * copies.utf16);
    one.utf8 = moved(one.utf8, copy * copies.utf8);
    return one;
  };
  return repeats(get(expect, "entities"), kept, copies.times, move);
}

const std::map<std::string, bool (*)(yyjson_val*, yyjson_val*)> kCases = {
    {"normalise", normalise_case}, {"split", split_case}, {"offsets", offsets_case},
    {"windows", windows_case},     {"tags", tags_case},   {"entities", entities_case}};

}  // namespace

int main(int count, char** files) {
  std::size_t passed = 0, failed = 0;
  for (int at = 1; at < count; ++at) {
    std::ifstream file(files[at]);
    for (std::string line; std::getline(file, line);) {
      const Json given(line, files[at], Surrogates::kKept);
      bool same = false;
      try {
        same = kCases.at(std::string(text_of(get(given.root(), "op"))))(given.root(), get(given.root(), "expect"));
      } catch (const std::exception& failure) {
        std::printf("%s\n", failure.what());
      }
      if (!same) std::printf("otherwise: %s\n", std::string(text_of(get(given.root(), "name"))).c_str());
      (same ? passed : failed) += 1;
    }
  }
  std::printf("%zu as expected, %zu otherwise\n", passed, failed);
  return failed || !passed ? 1 : 0;
}
