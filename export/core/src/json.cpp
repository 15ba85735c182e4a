#include "json.h"

#include <cstdint>
#include <new>

#include "failure.h"
#include "text/utf8.h"

namespace edgener {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The unit of the \uXXXX escape at `at`; -1 when none is there.
int escaped(std::string_view data, std::size_t at) {
  if (data.size() < at + 6 || data[at] != '\\' || data[at + 1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    if (digit(data[i]) < 0) return -1;
    unit = unit * 16 + digit(data[i]);
  }
  return unit;
}

bool is_high(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

// JSON can escape an unpaired surrogate, which parsers that speak UTF-8 refuse. Its three bytes take less room.
void unescape_unpaired(std::string& data) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < data.size();) {
    const int unit = escaped(data, at);
    if (unit < 0) {
      // An escaped backslash begins no other escape.
      const std::size_t count = data[at] == '\\' && at + 1 < data.size() ? 2 : 1;
      for (std::size_t i = 0; i < count; ++i) data[out++] = data[at++];
      continue;
    }
    std::size_t kept = 6;
    if (is_high(unit) && is_low(escaped(data, at + 6))) {
      kept = 12;
    } else if (is_high(unit) || is_low(unit)) {
      std::string bytes;
      append_utf8(bytes, static_cast<char32_t>(unit));
      for (const char byte : bytes) data[out++] = byte;
      at += 6;
      continue;
    }
    for (std::size_t i = 0; i < kept; ++i) data[out++] = data[at++];
  }
  data.resize(out);
}

// UTF-8, but for encoded surrogates.
bool is_generalised_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (!next.sound && next.point == kReplacement) return false;
    at += next.bytes;
  }
  return true;
}

}  // namespace

Json::Json(std::string data, const std::string& where, Surrogates surrogates) : data_(std::move(data)) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (std::string_view(data_).substr(0, 3) == kMark) data_.erase(0, 3);
  yyjson_read_flag flags = YYJSON_READ_INSITU;
  if (surrogates == Surrogates::kKept) {
    if (!is_generalised_utf8(data_)) throw Failure(EDGENER_MALFORMED, where + ": not UTF-8");
    unescape_unpaired(data_);
    flags |= YYJSON_READ_ALLOW_INVALID_UNICODE;
  }
  const std::size_t size = data_.size();
  data_.append(YYJSON_PADDING_SIZE, '\0');
  yyjson_read_err error;
  document_.reset(yyjson_read_opts(data_.data(), size, flags, nullptr, &error));
  if (!document_) {
    if (error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) throw std::bad_alloc();
    throw Failure(EDGENER_MALFORMED, where + ": not valid JSON (" + error.msg + " at byte " + std::to_string(error.pos) + ")");
  }
}

bool whole_number(yyjson_val* value, std::int64_t low, std::int64_t high, std::int64_t& number) {
  if (!yyjson_is_int(value)) return false;
  if (yyjson_is_uint(value) && yyjson_get_uint(value) > static_cast<std::uint64_t>(INT64_MAX)) return false;
  number = yyjson_get_sint(value);
  return number >= low && number <= high;
}

yyjson_val* member(yyjson_val* table, std::string_view name, const std::string& where) {
  if (!yyjson_is_obj(table)) return nullptr;
  yyjson_val* found = nullptr;
  std::size_t at, count;
  yyjson_val *key, *value;
  yyjson_obj_foreach(table, at, count, key, value) {
    if (text_of(key) != name) continue;
    if (found) throw Failure(EDGENER_MALFORMED, where + ": '" + std::string(name) + "' is said twice");
    found = value;
  }
  return found;
}

std::string shown(yyjson_val* value) {
  if (!value) return "missing";
  if (yyjson_is_str(value)) return "'" + printable(text_of(value)) + "'";
  if (yyjson_is_ctn(value)) return yyjson_is_arr(value) ? "a list" : "a table";
  if (yyjson_is_null(value)) return "null";
  if (yyjson_is_bool(value)) return yyjson_get_bool(value) ? "true" : "false";
  if (yyjson_is_uint(value)) return std::to_string(yyjson_get_uint(value));
  return yyjson_is_sint(value) ? std::to_string(yyjson_get_sint(value)) : std::to_string(yyjson_get_real(value));
}

}  // namespace edgener
