// Windows over the pieces of a long text: section 4 of the decode contract (tests/conformance/README.md).
#pragma once

#include <vector>

#include "text/words.h"

namespace edgener {

// Ranges of pieces that cover `pieces` pieces, at most `capacity` in each, one every `stride`; 0 < stride <= capacity.
std::vector<Range> plan(std::size_t pieces, std::size_t capacity, std::size_t stride);

// Index of the window in which `piece` is farthest from the nearer end; the earlier one on a tie.
std::size_t owner(std::size_t piece, const std::vector<Range>& windows, std::size_t capacity, std::size_t stride);

}  // namespace edgener
