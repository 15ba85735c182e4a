#include "ner.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>

#include "bundle/layout.h"
#include "failure.h"
#include "runtime/machine.h"
#include "text/normalise.h"
#include "text/unicode.h"
#include "text/windows.h"

namespace edgener {
namespace {

// What the bundle's target suggests, on no more cores than there are.
int threads_of(const Options& options, const Manifest& manifest) {
  if (options.threads > 0) return options.threads;
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::min(manifest.threads, cores);
}

// Numbers in the graph lie at multiples of 4 from its start, and are read where they lie.
constexpr std::uintptr_t kAlignment = 4;

Graph graph_of(const Bundle& bundle, const std::string& name) {
  const Files& files = *bundle.files;
  if (name == kOrtModel) {
    Mapped bytes = files.map(name, bundle.manifest.files.at(name).bytes);
    if (bytes.bytes.empty()) throw Failure(EDGENER_MALFORMED, printable(files.at(name), 200) + ": empty");
    if (reinterpret_cast<std::uintptr_t>(bytes.bytes.data()) % kAlignment != 0) {
      throw Failure(EDGENER_BAD_ARGUMENT, printable(files.at(name), 200) +
                                              ": its memory starts at no multiple of 4; copy it to memory that does");
    }
    return {files.at(name), std::move(bytes)};
  }
  if (files.are_on_disk()) return {files.at(name), {}};
  throw Failure(EDGENER_BAD_ARGUMENT,
                printable(files.path(), 200) + ": only a bundle in ONNX Runtime's format (edgener export --format ort) " +
                    "can be opened from memory; open this one from its folder");
}

int major_of(const std::string& version) { return std::atoi(version.c_str()); }

}  // namespace

Ner::Ner(std::unique_ptr<const Files> bundle, const Options& options)
    : bundle_(open_bundle(std::move(bundle))), options_(options), decoder_(bundle_.labels) {
  const Manifest& manifest = bundle_.manifest;
  const std::string where = printable(bundle_.files->at(kManifest), 200);
  warnings_ = machine_warnings(manifest, where, this_machine());
  if (!manifest.gated) {
    warnings_.push_back(printable(bundle_.files->path(), 200) + " is ungated: " + manifest.why_ungated);
  }
  if (major_of(manifest.decode.unicode) > major_of(unicode_version())) {
    warnings_.push_back(where + ": made with Unicode " + manifest.decode.unicode + ", this library knows " +
                        unicode_version() + "; words with newer characters may be cut otherwise");
  }
  const std::string graph = bundle_.graph(options.variant);
  const Ort ort(options.runtime);
  ort.require(manifest.min_onnxruntime, where);
  session_ = std::make_unique<Session>(ort, graph_of(bundle_, graph), bundle_.labels.size(),
                                       threads_of(options, manifest), manifest.decode.pad);
  tokenizer_ = std::make_unique<Tokenizer>(std::move(bundle_.tokenizer), printable(bundle_.files->at(kTokenizer), 200));
  // After the hashes were compared, files were opened again by their names.
  check_unchanged(bundle_);
}

std::vector<Entity> Ner::tag(std::string_view text) const {
  std::vector<Entity> found = analyse(text).entities;
  const auto is_low = [&](const Entity& entity) { return !(entity.score >= options_.min_score); };
  found.erase(std::remove_if(found.begin(), found.end(), is_low), found.end());
  return found;
}

Tagged Ner::analyse(std::string_view utf8) const {
  const Text text(utf8);
  const Normalised normal = normalise(text.points);
  const std::vector<Range> ranges = split(normal.points, bundle_.manifest.decode.splitter);
  Tagged tagged;
  tagged.pieces = tokenizer_->encode(normal.points, ranges);
  for (const Range& range : ranges) tagged.words.push_back({normal.starts[range.start], normal.ends[range.end - 1]});
  const Rows logits = rows(tagged.pieces);
  tagged.path = decoder_.best(logits, options_.recall_bias);
  tagged.entities = entities(utf8, text, tagged.words, bundle_.labels, tagged.path, logits);
  return tagged;
}

Rows Ner::rows(const Pieces& pieces) const {
  const DecodeSpec& spec = bundle_.manifest.decode;
  const std::size_t words = pieces.firsts.size() - 1;
  const std::vector<Range> windows = plan(pieces.ids.size(), spec.capacity(), spec.stride);
  std::vector<std::vector<std::size_t>> decided(windows.size());
  for (std::size_t word = 0; word < words; ++word) {
    if (pieces.firsts[word] == pieces.firsts[word + 1]) continue;
    decided[owner(pieces.firsts[word], windows, spec.capacity(), spec.stride)].push_back(word);
  }
  Rows rows(words, bundle_.labels.size());
  std::vector<std::int64_t> ids;
  for (std::size_t k = 0; k < windows.size(); ++k) {
    ids = spec.prefix;
    ids.insert(ids.end(), pieces.ids.begin() + static_cast<std::ptrdiff_t>(windows[k].start),
               pieces.ids.begin() + static_cast<std::ptrdiff_t>(windows[k].end));
    ids.insert(ids.end(), spec.suffix.begin(), spec.suffix.end());
    const std::vector<float> logits = session_->run(ids);
    for (const std::size_t word : decided[k]) {
      const std::size_t place = spec.prefix.size() + pieces.firsts[word] - windows[k].start;
      std::copy_n(logits.begin() + static_cast<std::ptrdiff_t>(place * rows.labels), rows.labels, rows.row(word));
      rows.has[word] = true;
    }
  }
  return rows;
}

}  // namespace edgener
