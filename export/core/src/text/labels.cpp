#include "text/labels.h"

#include <algorithm>
#include <set>

#include "failure.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace edgener {
namespace {

constexpr std::size_t kMostLabels = 1000;

bool is_label(std::string_view label) {
  if (label == "O") return true;
  if ((!opens(label) && !goes_on(label)) || label.size() < 3) return false;
  const std::u32string points = to_points(label);
  return is_utf8(label) && std::all_of(points.begin(), points.end(),
                                       [](char32_t point) { return is_printable(point) && !is_white_space(point); });
}

}  // namespace

bool continues(std::string_view before, std::string_view tag) {
  return !goes_on(tag) || (before != "O" && entity_type(before) == entity_type(tag));
}

std::vector<Range> spans(const std::vector<std::string>& labels, const std::vector<int>& path) {
  std::vector<Range> found;
  const auto tag = [&](std::size_t word) -> std::string_view { return labels[static_cast<std::size_t>(path[word])]; };
  for (std::size_t word = 0; word < path.size(); ++word) {
    if (!opens(tag(word))) continue;
    std::size_t end = word + 1;
    while (end < path.size() && goes_on(tag(end))) ++end;
    found.push_back({word, end});
  }
  return found;
}

void check_labels(const std::vector<std::string>& labels, const std::string& where) {
  if (labels.size() < 2 || labels.size() > kMostLabels) {
    throw Failure(EDGENER_MALFORMED, where + ": " + std::to_string(labels.size()) +
                                         " labels; a token classifier has 2 to " + std::to_string(kMostLabels));
  }
  const std::set<std::string_view> known(labels.begin(), labels.end());
  if (!known.count("O") || known.size() != labels.size()) {
    throw Failure(EDGENER_MALFORMED, where + ": the labels have no O, or one of them twice");
  }
  for (const std::string& label : labels) {
    if (!is_label(label)) {
      throw Failure(EDGENER_MALFORMED, where + ": '" + printable(label) + "' is not an IOB2 label (O, B-TYPE, I-TYPE)");
    }
    if (goes_on(label) && !known.count(std::string("B-").append(entity_type(label)))) {
      throw Failure(EDGENER_MALFORMED,
                    where + ": " + printable(label) + " has no B- label; only IOB2 label sets can be decoded");
    }
  }
}

}  // namespace edgener
