// Strict JSON (yyjson) behind what is asked of it here.
#pragma once

#include <yyjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace edgener {

enum class Surrogates {
  kRefused,
  kKept,  // the escape of an unpaired one becomes its three bytes; strings may then be no UTF-8
};

class Json {
 public:
  // Failure (EDGENER_MALFORMED) when `data` is no JSON; `where` it stands, for messages. `data` is used up.
  Json(std::string data, const std::string& where, Surrogates surrogates = Surrogates::kRefused);

  yyjson_val* root() const { return yyjson_doc_get_root(document_.get()); }

 private:
  struct Free {
    void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
  };

  std::string data_;  // strings are parsed in place
  std::unique_ptr<yyjson_doc, Free> document_;
};

inline std::string_view text_of(yyjson_val* value) {
  return yyjson_is_str(value) ? std::string_view(yyjson_get_str(value), yyjson_get_len(value)) : std::string_view();
}

// A whole number in low..high?
bool whole_number(yyjson_val* value, std::int64_t low, std::int64_t high, std::int64_t& number);

// A member by name; null when there is none, or no table. Failure when the table says it twice: who reads the last and
// who reads the first would disagree.
yyjson_val* member(yyjson_val* table, std::string_view name, const std::string& where);

// A short view of a value, for messages.
std::string shown(yyjson_val* value);

}  // namespace edgener
