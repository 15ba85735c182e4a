// edgener-cli BUNDLE < text: the entities of each line, without Python. A sample of the C interface, and a tool.
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "edgener.h"
#include "output.h"

namespace {

constexpr const char* kUsage =
    "usage: edgener-cli [options] BUNDLE < TEXT     (a text a line, in UTF-8)\n"
    "\n"
    "  --json             a JSON document a line, as `edgener predict --json` prints\n"
    "  --check            answer the bundle's golden sentences instead of a text; exit 1 when one differs\n"
    "  --min-score X      drop entities with a lower score (0 to 1): more precision\n"
    "  --recall-bias X    subtracted from the logit of O (-100 to 100): above 0 finds more, and errs more\n"
    "  --threads N        of ONNX Runtime; 0, the default, is the bundle's or its own choice\n"
    "  --variant NAME     another of the bundle's graphs\n"
    "  --runtime FILE     ONNX Runtime's shared library; else $EDGENER_ONNXRUNTIME, else libonnxruntime.so.1\n"
    "  --times            seconds, milliseconds a line, and the peak of memory, as JSON on stderr\n"
    "  --version          of this program\n";

// A line is one text, and tagging it costs many times its size in memory.
constexpr std::size_t kMostBytes = 4 << 20;

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string bundle, variant, runtime;
  bool json = false, check = false, times = false;
  edgener_options options = EDGENER_OPTIONS_INIT;
};

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "edgener: %s\n", message.c_str());
  std::exit(2);
}

double number_of(const char* name, const char* value) {
  char* end = nullptr;
  const double number = std::strtod(value, &end);
  if (*value == '\0' || *end != '\0' || !std::isfinite(number)) fail(std::string(name) + ": expected a number");
  return number;
}

Arguments parse(int count, char** values) {
  Arguments found;
  for (int at = 1; at < count; ++at) {
    const std::string name = values[at];
    const auto value = [&]() -> const char* {
      if (at + 1 >= count) fail(name + ": expected a value behind it");
      return values[++at];
    };
    if (name == "--json") {
      found.json = true;
    } else if (name == "--check") {
      found.check = true;
    } else if (name == "--times") {
      found.times = true;
    } else if (name == "--min-score") {
      found.options.min_score = number_of(name.c_str(), value());
    } else if (name == "--recall-bias") {
      found.options.recall_bias = number_of(name.c_str(), value());
    } else if (name == "--threads") {
      const double threads = number_of(name.c_str(), value());
      if (threads < 0 || threads > 1024 || threads != std::floor(threads)) fail("--threads: expected 0 to 1024");
      found.options.threads = static_cast<int32_t>(threads);
    } else if (name == "--variant") {
      found.variant = value();
    } else if (name == "--runtime") {
      found.runtime = value();
    } else if (name == "--version") {
      std::printf("edgener-cli %s\n", edgener_version());
      std::exit(0);
    } else if (name == "--help" || name == "-h") {
      std::fputs(kUsage, stdout);
      std::exit(0);
    } else if (name.size() > 1 && name[0] == '-') {
      fail("unknown option " + name.substr(0, 40) + "; edgener-cli --help lists them");
    } else if (found.bundle.empty()) {
      found.bundle = name;
    } else {
      fail("more than one bundle; texts are read from stdin");
    }
  }
  if (found.bundle.empty()) fail("which bundle? edgener-cli BUNDLE < TEXT");
  return found;
}

// The next line without its end. False at the end of the text. A line that is too long is read, and not kept.
bool next_line(std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  int c = std::getc(stdin);
  if (c == EOF) return false;
  for (; c != EOF && c != '\n'; c = std::getc(stdin)) {
    if (line.size() < kMostBytes) {
      line.push_back(static_cast<char>(c));
    } else {
      too_long = true;
    }
  }
  while (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

// Answers every line; returns how many could not be answered, and adds the milliseconds of each to `times`.
int answer(const edgener_ner* ner, const Arguments& arguments, std::vector<double>& times) {
  int bad = 0;
  std::size_t number = 0;
  std::string line;
  for (bool too_long; next_line(line, too_long);) {
    if (++number == 1 && line.compare(0, 3, "\xEF\xBB\xBF") == 0) line.erase(0, 3);
    edgener_result* result = nullptr;
    edgener_error error{EDGENER_BAD_ARGUMENT, "longer than 4 MiB; one text a line is expected"};
    const auto start = Clock::now();
    if (too_long || edgener_tag(ner, line.data(), line.size(), &result, &error) != EDGENER_OK) {
      ++bad;
      std::fprintf(stderr, "edgener: line %zu: %s\n", number, error.message);
      continue;
    }
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    const std::string shown = arguments.json ? cli::as_json(number, line, result) : cli::marked(line, result);
    edgener_result_free(result);
    std::fwrite(shown.data(), 1, shown.size(), stdout);
    std::putc('\n', stdout);
    std::fflush(stdout);  // whoever asks through a pipe may wait for this answer before the next line is written
  }
  return bad;
}

void print_times(double load, const std::vector<double>& times) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
  usage.ru_maxrss /= 1024;  // in bytes there
#endif
  std::fprintf(stderr, "{\"load_s\": %.6f, \"peak_kb\": %ld, \"texts_ms\": [", load, usage.ru_maxrss);
  for (std::size_t at = 0; at < times.size(); ++at) std::fprintf(stderr, "%s%.4f", at ? ", " : "", times[at]);
  std::fputs("]}\n", stderr);
}

}  // namespace

int main(int count, char** values) {
  // Else ONNX Runtime can report to its makers how it is used.
  setenv("ORT_DISABLE_TELEMETRY", "1", 0);
  Arguments arguments = parse(count, values);
  arguments.options.variant = arguments.variant.c_str();
  arguments.options.runtime = arguments.runtime.empty() ? nullptr : arguments.runtime.c_str();
  edgener_ner* ner = nullptr;
  edgener_error error;
  const auto start = Clock::now();
  if (edgener_open(arguments.bundle.c_str(), &arguments.options, &ner, &error) != EDGENER_OK) fail(error.message);
  const double load = std::chrono::duration<double>(Clock::now() - start).count();
  for (size_t index = 0; index < edgener_warning_count(ner); ++index) {
    std::fprintf(stderr, "warning: %s\n", edgener_warning(ner, index));
  }
  int code = 0;
  std::vector<double> times;
  if (arguments.check) {
    const edgener_status status = edgener_check(ner, &error);
    if (status != EDGENER_OK && status != EDGENER_DIFFERS) fail(error.message);
    std::puts(status == EDGENER_OK ? "every hash is right; golden sentences as stated" : error.message);
    code = status == EDGENER_OK ? 0 : 1;
  } else {
    code = answer(ner, arguments, times) ? 1 : 0;
  }
  if (arguments.times) print_times(load, times);
  edgener_close(ner);
  return code;
}
