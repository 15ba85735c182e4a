// The compression function of SHA-256 in its forms: `blocks` times 64 bytes into `state`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgener {

extern const std::uint32_t kSha256Constants[64];

void sha256_portable(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks);

using Sha256Blocks = void (*)(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks);
// With this CPU's instructions; null when it has none, or when nobody knows.
Sha256Blocks sha256_of_this_cpu();

}  // namespace edgener
