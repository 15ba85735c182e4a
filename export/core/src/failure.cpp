#include "failure.h"

#include "text/unicode.h"
#include "text/utf8.h"

namespace edgener {

std::string printable(std::string_view text, std::size_t most) {
  std::string line;
  bool gap = false;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < most;) {
    const Decoded next = decode(text, at);
    at += next.bytes;
    if (is_white_space(next.point)) {
      gap = !line.empty();
      continue;
    }
    if (gap) line += ' ', ++count;
    gap = false;
    append_utf8(line, is_printable(next.point) ? next.point : U'?');
    ++count;
  }
  return line;
}

}  // namespace edgener
