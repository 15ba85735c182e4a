// As much of a test framework as is needed here: CHECK counts what does not hold, and main returns whether anything did.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "failure.h"

inline int failures = 0;

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      ++failures;                                                               \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                           \
  } while (false)

// The message of the Failure that `work` ends in, "" when it ends in none.
template <typename Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const edgener::Failure& failure) {
    return failure.message;
  }
  return "";
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

template <typename Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
