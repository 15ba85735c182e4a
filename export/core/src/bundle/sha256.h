// SHA-256 (FIPS 180-4), with the instructions that CPUs have for it where they have them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edgener {

class Sha256 {
 public:
  Sha256() : Sha256(true) {}
  // `accelerated`: false leaves the CPU's own instructions unused.
  explicit Sha256(bool accelerated);

  void add(const void* data, std::size_t bytes);
  // In lower-case hexadecimal. Nothing can be added afterwards.
  std::string hex();

 private:
  using Blocks = void (*)(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks);

  Blocks blocks_;  // one of sha256_blocks.h
  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> rest_{};
  std::uint64_t total_ = 0;
};

std::string sha256(std::string_view data);

}  // namespace edgener
