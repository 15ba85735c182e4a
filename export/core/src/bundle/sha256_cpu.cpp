// SHA-256 with the instructions of x86 (SHA-NI) and of 64-bit ARM (the cryptography extension), asked for at run time.
#include "bundle/sha256_blocks.h"

#if defined(__GNUC__) && (defined(__x86_64__) || (defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))))
#define EDGENER_SHA256_CPU 1
#endif

#if defined(EDGENER_SHA256_CPU) && defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(EDGENER_SHA256_CPU)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

namespace edgener {

#if defined(EDGENER_SHA256_CPU) && defined(__x86_64__)

namespace {

bool has_sha() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool sse41 = __get_cpuid(1, &a, &b, &c, &d) && (c >> 19 & 1) && (c >> 9 & 1);
  return sse41 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

// The instructions keep the state as ABEF and CDGH, take four rounds' words at a time, and make the next four from the
// sixteen before.
__attribute__((target("sha,sse4.1,ssse3"))) void with_sha(std::uint32_t* state, const std::uint8_t* data,
                                                          std::size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const auto* words = reinterpret_cast<const __m128i*>(state);
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
  for (; blocks > 0; --blocks, data += 64) {
    const __m128i before_abef = abef, before_cdgh = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i), swap);
    }
    for (int four = 0; four < 16; ++four) {
      const __m128i now = w[four % 4];
      const auto* constants = reinterpret_cast<const __m128i*>(kSha256Constants) + four;
      const __m128i sum = _mm_add_epi32(now, _mm_loadu_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
      if (four < 12) {
        const __m128i first = _mm_sha256msg1_epu32(now, w[(four + 1) % 4]);
        const __m128i middle = _mm_alignr_epi8(w[(four + 3) % 4], w[(four + 2) % 4], 4);
        w[four % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(first, middle), w[(four + 3) % 4]);
      }
    }
    abef = _mm_add_epi32(abef, before_abef);
    cdgh = _mm_add_epi32(cdgh, before_cdgh);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  auto* result = reinterpret_cast<__m128i*>(state);
  _mm_storeu_si128(result, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(result + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

Sha256Blocks sha256_of_this_cpu() { return has_sha() ? with_sha : nullptr; }

#elif defined(EDGENER_SHA256_CPU)

namespace {

bool has_sha() {
#if defined(__linux__)
  constexpr unsigned long kSha2 = 1 << 6;  // HWCAP_SHA2
  return (getauxval(AT_HWCAP) & kSha2) != 0;
#else
  return true;  // every 64-bit CPU of Apple's
#endif
}

#if defined(__clang__)
#define EDGENER_SHA2 __attribute__((target("sha2")))
#else
#define EDGENER_SHA2 __attribute__((target("+crypto")))
#endif

EDGENER_SHA2 void with_sha(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; blocks > 0; --blocks, data += 64) {
    const uint32x4_t before_abcd = abcd, before_efgh = efgh;
    uint32x4_t w[4];
    for (int i = 0; i < 4; ++i) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
    for (int four = 0; four < 16; ++four) {
      const uint32x4_t sum = vaddq_u32(w[four % 4], vld1q_u32(kSha256Constants + 4 * four));
      const uint32x4_t held = abcd;
      abcd = vsha256hq_u32(abcd, efgh, sum);
      efgh = vsha256h2q_u32(efgh, held, sum);
      if (four < 12) {
        const uint32x4_t first = vsha256su0q_u32(w[four % 4], w[(four + 1) % 4]);
        w[four % 4] = vsha256su1q_u32(first, w[(four + 2) % 4], w[(four + 3) % 4]);
      }
    }
    abcd = vaddq_u32(abcd, before_abcd);
    efgh = vaddq_u32(efgh, before_efgh);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

}  // namespace

Sha256Blocks sha256_of_this_cpu() { return has_sha() ? with_sha : nullptr; }

#else

Sha256Blocks sha256_of_this_cpu() { return nullptr; }

#endif

}  // namespace edgener
