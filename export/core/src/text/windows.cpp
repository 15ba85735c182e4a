#include "text/windows.h"

#include <algorithm>

namespace edgener {

std::vector<Range> plan(std::size_t pieces, std::size_t capacity, std::size_t stride) {
  std::vector<Range> windows;
  for (std::size_t start = 0, end = 0; end < pieces; start += stride) {
    end = std::min(start + capacity, pieces);
    windows.push_back({start, end});
  }
  return windows;
}

std::size_t owner(std::size_t piece, const std::vector<Range>& windows, std::size_t capacity, std::size_t stride) {
  const auto depth = [&](std::size_t k) { return std::min(piece - windows[k].start, windows[k].end - 1 - piece); };
  const std::size_t first = piece < capacity ? 0 : (piece - capacity) / stride + 1;
  const std::size_t last = std::min(piece / stride, windows.size() - 1);
  std::size_t best = first;
  for (std::size_t k = first + 1; k <= last; ++k) {
    if (depth(k) > depth(best)) best = k;
  }
  return best;
}

}  // namespace edgener
