// Reading the parts of a tokenizer.json: each function fails with what is wrong and where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "failure.h"
#include "json.h"

namespace edgener {

// How long a word may get, in code points. Real steps lengthen one a few times; a hostile sequence doubles it at each.
constexpr std::size_t grown(std::size_t points) { return 32 * points + (1 << 20); }

// A table of tokenizer.json with the place where it stands, for messages.
struct Part {
  yyjson_val* table;
  const std::string& where;

  [[noreturn]] void refuse(const std::string& why) const {
    throw Failure(EDGENER_TOKENIZER, where + ": not a tokenizer.json that this version can read (" + why + ")");
  }

  yyjson_val* get(std::string_view name) const { return member(table, name, where); }
  std::string_view type() const { return text_of(get("type")); }

  // `otherwise` where the member is missing or null.
  bool flag(std::string_view name, bool otherwise) const {
    yyjson_val* value = get(name);
    if (!value || yyjson_is_null(value)) return otherwise;
    if (!yyjson_is_bool(value)) refuse(std::string(name) + " is neither true nor false");
    return yyjson_get_bool(value);
  }

  std::string text(std::string_view name, std::string_view otherwise = "") const {
    yyjson_val* value = get(name);
    if (!value || yyjson_is_null(value)) return std::string(otherwise);
    if (!yyjson_is_str(value)) refuse(std::string(name) + " is no text");
    return std::string(text_of(value));
  }

  std::int32_t id(yyjson_val* value) const {
    std::int64_t number = 0;
    if (!whole_number(value, 0, INT32_MAX, number)) refuse("a piece id is " + shown(value));
    return static_cast<std::int32_t>(number);
  }
};

}  // namespace edgener
