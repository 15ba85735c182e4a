// Golden sentences: what every runtime must answer for a bundle. Mirrors edgener/runtime/golden.py.
#include <cmath>

#include "bundle/layout.h"
#include "failure.h"
#include "ner.h"

namespace edgener {
namespace {

constexpr double kScoreTolerance = 0.05;

bool is_number(yyjson_val* value, std::size_t number) {
  std::int64_t found = 0;
  return whole_number(value, 0, INT64_MAX, found) && static_cast<std::uint64_t>(found) == number;
}

// Is `list` as long as `size`, and does `same(element, index)` hold for each?
template <typename Same>
bool all(yyjson_val* list, std::size_t size, Same same) {
  if (!yyjson_is_arr(list) || yyjson_arr_size(list) != size) return false;
  std::size_t at, count;
  yyjson_val* one;
  yyjson_arr_foreach(list, at, count, one) {
    if (!same(one, at)) return false;
  }
  return true;
}

bool same_entity(yyjson_val* stated, const Entity& entity) {
  yyjson_val* score = yyjson_obj_get(stated, "score");
  const auto number = [&](const char* name, std::size_t value) { return is_number(yyjson_obj_get(stated, name), value); };
  return yyjson_is_obj(stated) && yyjson_obj_size(stated) == 9 && yyjson_is_num(score) &&
         std::fabs(yyjson_get_num(score) - entity.score) <= kScoreTolerance && yyjson_get_num(score) >= 0 &&
         yyjson_get_num(score) <= 1 && text_of(yyjson_obj_get(stated, "type")) == entity.type &&
         text_of(yyjson_obj_get(stated, "text")) == entity.text && number("start", entity.points.start) &&
         number("end", entity.points.end) && number("start_utf16", entity.utf16.start) &&
         number("end_utf16", entity.utf16.end) && number("start_utf8", entity.utf8.start) &&
         number("end_utf8", entity.utf8.end);
}

const char* different_part(yyjson_val* stated, const Tagged& answer, const std::vector<std::string>& labels) {
  const auto get = [&](const char* name) { return yyjson_obj_get(stated, name); };
  const auto& [words, pieces, path, entities] = answer;
  if (!all(get("words"), words.size(), [&, &words = words](yyjson_val* one, std::size_t at) {
        return yyjson_arr_size(one) == 2 && is_number(yyjson_arr_get(one, 0), words[at].start) &&
               is_number(yyjson_arr_get(one, 1), words[at].end);
      })) {
    return "words";
  }
  if (!all(get("ids"), pieces.ids.size(), [&pieces = pieces](yyjson_val* one, std::size_t at) {
        return is_number(one, static_cast<std::size_t>(pieces.ids[at]));
      })) {
    return "ids";
  }
  if (!all(get("pieces"), words.size(), [&pieces = pieces](yyjson_val* one, std::size_t at) {
        return is_number(one, pieces.firsts[at + 1] - pieces.firsts[at]);
      })) {
    return "pieces";
  }
  if (!all(get("tags"), path.size(), [&, &path = path](yyjson_val* one, std::size_t at) {
        return text_of(one) == labels[static_cast<std::size_t>(path[at])];
      })) {
    return "tags";
  }
  const auto same = [&entities = entities](yyjson_val* one, std::size_t at) { return same_entity(one, entities[at]); };
  return all(get("entities"), entities.size(), same) ? nullptr : "entities";
}

}  // namespace

std::string golden_difference(const Ner& ner) {
  const Bundle& bundle = ner.bundle();
  std::string found;
  each_golden(read_verified(*bundle.files, bundle.manifest, kGolden), printable(bundle.files->at(kGolden), 200),
              [&](yyjson_val* sentence, std::size_t number) {
                if (!found.empty()) return;
                const Tagged answer = ner.analyse(text_of(yyjson_obj_get(sentence, "text")));
                const char* part = different_part(sentence, answer, ner.labels());
                if (!part) return;
                found = "golden sentence " + std::to_string(number) + ": " + part + " differ from what the bundle states";
              });
  return found;
}

}  // namespace edgener
