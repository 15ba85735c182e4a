// Text to entities: the decode contract put together. Mirrors edgener/text/tagger.py and edgener/runtime/ner.py.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/open.h"
#include "runtime/session.h"
#include "text/decode.h"
#include "text/entities.h"
#include "tokenizer/tokenizer.h"

namespace edgener {

struct Options {
  int threads = 0;
  double min_score = 0, recall_bias = 0;
  std::string variant, runtime;
};

// The words of a text (ranges in code points of the original) with what the model said of each.
struct Tagged {
  std::vector<Range> words;
  Pieces pieces;
  std::vector<int> path;  // indices of labels
  std::vector<Entity> entities;
};

// A verified bundle, ready to tag, from any number of threads: nothing in it changes.
class Ner {
 public:
  Ner(std::unique_ptr<const Files> bundle, const Options& options);

  std::vector<Entity> tag(std::string_view text) const;
  // All that a text is answered with on the way to its entities, whatever their scores.
  Tagged analyse(std::string_view text) const;

  const std::vector<std::string>& labels() const { return bundle_.labels; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const Bundle& bundle() const { return bundle_; }

 private:
  Rows rows(const Pieces& pieces) const;

  Bundle bundle_;
  Options options_;
  std::vector<std::string> warnings_;
  Decoder decoder_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Session> session_;
};

// How the first golden sentence differs that is answered otherwise; empty when there is none.
std::string golden_difference(const Ner& ner);

}  // namespace edgener
