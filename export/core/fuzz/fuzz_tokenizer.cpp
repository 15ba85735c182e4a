// The first line as a tokenizer.json, the lines behind it as words.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "failure.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer.h"

using namespace edgener;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&rest] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view found = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return found;
  };
  try {
    const Tokenizer tokenizer(std::string(line()), "t");
    std::vector<std::int32_t> ids;
    for (int count = 0; count < 20 && !rest.empty(); ++count) tokenizer.encode(to_points(line()), ids);
    tokenizer.encode(U"Zo\u00EB \u1112\u1161a\u0301\u00BD", ids);
    for (const std::int32_t id : ids) {
      if (id < 0) std::abort();
    }
  } catch (const Failure&) {
  }
  return 0;
}
