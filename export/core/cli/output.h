// What edgener-cli prints.
#pragma once

#include <string>
#include <string_view>

#include "edgener.h"

namespace cli {

// A line of `edgener predict --json`: {"line": ..., "text": ..., "entities": [...]}.
std::string as_json(std::size_t line, std::string_view text, const edgener_result* result);

// The text with its entities marked, as [PER Ibrahim].
std::string marked(std::string_view text, const edgener_result* result);

}  // namespace cli
