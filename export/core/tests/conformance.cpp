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
  const Normalised normal = normalise(Text(text_of(get(given, "text"))).points);
  std::vector<Range> ranges;
  for (std::size_t at = 0; at < normal.points.size(); ++at) ranges.push_back({normal.starts[at], normal.ends[at]});
  return is(get(expect, "text"), to_utf8(normal.points)) && is(get(expect, "ranges"), ranges);
}

bool split_case(yyjson_val* given, yyjson_val* expect) {
  const Normalised normal = normalise(Text(text_of(get(given, "text"))).points);
  const std::vector<Range> words = split(normal.points, splitter_in(given));
  std::vector<std::string> texts;
  for (const Range& word : words) texts.push_back(to_utf8(normal.points.substr(word.start, word.end - word.start)));
  return is(get(expect, "words"), texts) && is(get(expect, "ranges"), ranges_of(normal, words));
}

bool offsets_case(yyjson_val* given, yyjson_val* expect) {
  const Text text(text_of(get(given, "text")));
  Utf16 units(text.points);
  std::vector<Range> utf16, utf8;
  std::size_t at, count;
  yyjson_val* range;
  yyjson_arr_foreach(get(given, "ranges"), at, count, range) {
    const std::size_t start = number_of(yyjson_arr_get(range, 0)), end = number_of(yyjson_arr_get(range, 1));
    const std::size_t from = units.at(start);
    utf16.push_back({from, units.at(end)});
    utf8.push_back({text.bytes.at(start), text.bytes.at(end)});
  }
  return is(get(expect, "utf16"), utf16) && is(get(expect, "utf8"), utf8);
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
  Rows rows(yyjson_arr_size(get(given, "logits")), labels.size());
  yyjson_arr_foreach(get(given, "logits"), at, count, value) {
    rows.has[at] = yyjson_is_arr(value);
    yyjson_arr_foreach(value, place, length, logit) rows.row(at)[place] = static_cast<float>(yyjson_get_num(logit));
  }
  std::vector<int> path = Decoder(labels).best(rows, yyjson_get_num(get(given, "recall_bias")));
  return {std::move(labels), std::move(rows), std::move(path)};
}

bool tags_case(yyjson_val* given, yyjson_val* expect) {
  const Answer found = decoded(given);
  std::vector<std::string> tags;
  for (const int label : found.path) tags.push_back(found.labels[static_cast<std::size_t>(label)]);
  return is(get(expect, "tags"), tags);
}

bool entities_case(yyjson_val* given, yyjson_val* expect) {
  const std::string_view utf8 = text_of(get(given, "text"));
  const Text text(utf8);
  const Normalised normal = normalise(text.points);
  const std::vector<Range> words = ranges_of(normal, split(normal.points, splitter_in(given)));
  const Answer found = decoded(given);
  if (words.size() != found.path.size()) return false;
  std::vector<Entity> kept;
  for (Entity& entity : entities(utf8, text, words, found.labels, found.path, found.rows)) {
    if (entity.score >= yyjson_get_num(get(given, "min_score"))) kept.push_back(std::move(entity));
  }
  return is(get(expect, "entities"), kept);
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
