// IOB2 labels (Tjong Kim Sang and Veenstra 1999).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/words.h"

namespace edgener {

inline std::string_view entity_type(std::string_view tag) { return tag.substr(2); }
inline bool opens(std::string_view tag) { return tag.substr(0, 2) == "B-"; }
inline bool goes_on(std::string_view tag) { return tag.substr(0, 2) == "I-"; }

// May `tag` stand directly behind `before`?
bool continues(std::string_view before, std::string_view tag);

// Word ranges of the entities of a legal sequence of label indices.
std::vector<Range> spans(const std::vector<std::string>& labels, const std::vector<int>& path);

// Failure unless a model's labels can be decoded: an O, and a B- for every I-, each once.
void check_labels(const std::vector<std::string>& labels, const std::string& where);

}  // namespace edgener
