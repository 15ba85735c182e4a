#include "text/entities.h"

#include "text/labels.h"

namespace edgener {

std::vector<Entity> entities(std::string_view utf8, const Text& text, const std::vector<Range>& words,
                             const std::vector<std::string>& labels, const std::vector<int>& path, const Rows& rows) {
  std::vector<Entity> found;
  Utf16 utf16(text.points);
  for (const Range& span : spans(labels, path)) {
    Entity entity;
    entity.type = entity_type(labels[static_cast<std::size_t>(path[span.start])]);
    entity.points = {words[span.start].start, words[span.end - 1].end};
    entity.utf16.start = utf16.at(entity.points.start);
    entity.utf16.end = utf16.at(entity.points.end);
    entity.utf8 = {text.bytes[entity.points.start], text.bytes[entity.points.end]};
    entity.text = utf8.substr(entity.utf8.start, entity.utf8.end - entity.utf8.start);
    double sum = 0;
    for (std::size_t word = span.start; word < span.end; ++word) sum += confidence(rows.row(word), rows.labels, path[word]);
    entity.score = sum / static_cast<double>(span.end - span.start);
    found.push_back(std::move(entity));
  }
  return found;
}

}  // namespace edgener
