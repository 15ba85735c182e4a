#include "output.h"

#include <cstdio>

namespace cli {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char escape[8];
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

}  // namespace

std::string as_json(std::size_t line, std::string_view text, const edgener_result* result) {
  std::string json = "{\"line\": " + std::to_string(line) + ", \"text\": " + quoted(text) + ", \"entities\": [";
  for (std::size_t index = 0; index < edgener_result_count(result); ++index) {
    const edgener_entity& entity = *edgener_result_entity(result, index);
    char numbers[320];
    std::snprintf(numbers, sizeof numbers,
                  ", \"score\": %.4f, \"start\": %zu, \"end\": %zu, \"start_utf16\": %zu, \"end_utf16\": %zu, "
                  "\"start_utf8\": %zu, \"end_utf8\": %zu}",
                  entity.score, entity.start, entity.end, entity.start_utf16, entity.end_utf16, entity.start_utf8,
                  entity.end_utf8);
    json += std::string(index ? ", " : "") + "{\"type\": " + quoted(entity.type) +
            ", \"text\": " + quoted(std::string_view(entity.text, entity.text_bytes)) + numbers;
  }
  return json + "]}";
}

std::string marked(std::string_view text, const edgener_result* result) {
  std::string line;
  std::size_t place = 0;
  for (std::size_t index = 0; index < edgener_result_count(result); ++index) {
    const edgener_entity& entity = *edgener_result_entity(result, index);
    if (entity.start_utf8 < place) continue;  // two words cut from one composed character share its range
    line += text.substr(place, entity.start_utf8 - place);
    line += std::string("[") + entity.type + " " + std::string(entity.text, entity.text_bytes) + "]";
    place = entity.end_utf8;
  }
  return line.append(text.substr(place));
}

}  // namespace cli
