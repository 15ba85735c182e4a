// {"tokenizer": "...", "words": [...]} on stdin, the ids of each word on stdout: for comparison with Python.
#include <cstdio>
#include <iostream>
#include <iterator>

#include "failure.h"
#include "json.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer.h"

int main() {
  using namespace edgener;
  try {
    const Json given(std::string(std::istreambuf_iterator<char>(std::cin), {}), "stdin");
    const Tokenizer tokenizer(std::string(text_of(member(given.root(), "tokenizer", "stdin"))), "tokenizer.json");
    std::size_t at, count;
    yyjson_val* word;
    std::vector<std::int32_t> ids;
    std::fputs("[", stdout);
    yyjson_arr_foreach(member(given.root(), "words", "stdin"), at, count, word) {
      ids.clear();
      tokenizer.encode(to_points(text_of(word)), ids);
      std::fputs(at ? ", [" : "[", stdout);
      for (std::size_t i = 0; i < ids.size(); ++i) std::printf("%s%d", i ? ", " : "", ids[i]);
      std::fputs("]", stdout);
    }
    std::fputs("]\n", stdout);
    return 0;
  } catch (const Failure& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 2;
  }
}
