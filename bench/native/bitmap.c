/*
 * The native side of the dirty bitmap bench: take the set bits of a bitmap out, block after block to one place, by a loop
 * over the bits and by a table over the bytes (AVX2); count bits (popcnt, AVX2).
 */
#include "control.h"
#include <immintrin.h>

#define BLOCK 1024

static unsigned char bits_of[256][8], count_of[256];

__attribute__((constructor)) static void fill_tables(void) {
  for (int byte = 0; byte < 256; ++byte)
    for (int bit = 0; bit < 8; ++bit)
      if (byte >> bit & 1) bits_of[byte][count_of[byte]++] = (unsigned char)bit;
}

static uint64_t *words(unsigned char *memory, double address) { return (uint64_t *)(memory + (size_t)address); }

static size_t take_loop(uint64_t *word, size_t count, uint32_t base, uint32_t *out) {
  uint32_t *to = out;
  for (size_t i = 0; i < count; ++i, base += 64) {
    uint64_t bits = word[i];
    if (bits == 0) continue;
    word[i] = 0;
    do {
      *to++ = base + (uint32_t)__builtin_ctzll(bits);
      bits &= bits - 1;
    } while (bits != 0);
  }
  return (size_t)(to - out);
}

__attribute__((target("avx2"))) static size_t take_table(uint64_t *word, size_t count, uint32_t first, uint32_t *out) {
  uint32_t *to = out;
  const __m256i eight = _mm256_set1_epi32(8);
  for (size_t i = 0; i < count; ++i, first += 64) {
    uint64_t bits = word[i];
    if (bits == 0) continue;
    word[i] = 0;
    __m256i base = _mm256_set1_epi32((int)first);
    for (int k = 0; k < 8; ++k, bits >>= 8) {
      __m256i numbers = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)bits_of[bits & 255]));
      _mm256_storeu_si256((__m256i *)to, _mm256_add_epi32(base, numbers));
      to += count_of[bits & 255];
      base = _mm256_add_epi32(base, eight);
    }
  }
  return (size_t)(to - out);
}

typedef size_t (*taker)(uint64_t *word, size_t count, uint32_t base, uint32_t *out);

static double run(unsigned char *memory, const double *in, taker take) {
  uint64_t *word = words(memory, in[0]);
  uint32_t *out = (uint32_t *)(memory + (size_t)in[2]), digest = 0;
  size_t count = (size_t)in[1];
  for (size_t at = 0; at < count; at += BLOCK) {
    size_t some = count - at < BLOCK ? count - at : BLOCK;
    size_t taken = take(word + at, some, (uint32_t)(at << 6), out);
    digest = digest * 31 + (uint32_t)taken;
    if (taken > 0) digest ^= out[taken - 1] ^ out[taken >> 1];
  }
  return (double)digest;
}

/* in: words, count, out */
static double loop_run(unsigned char *memory, const double *in) { return run(memory, in, take_loop); }
static double table_run(unsigned char *memory, const double *in) { return run(memory, in, take_table); }

/* in: words, count (a multiple of four) */
__attribute__((target("popcnt"))) static double count_popcnt(unsigned char *memory, const double *in) {
  const uint64_t *word = words(memory, in[0]);
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (size_t i = 0; i < (size_t)in[1]; i += 4) {
    a += (uint64_t)__builtin_popcountll(word[i]);
    b += (uint64_t)__builtin_popcountll(word[i + 1]);
    c += (uint64_t)__builtin_popcountll(word[i + 2]);
    d += (uint64_t)__builtin_popcountll(word[i + 3]);
  }
  return (double)(a + b + c + d);
}

__attribute__((target("avx2"))) static __m256i nibbles(__m256i bytes) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                          2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(15);
  return _mm256_add_epi8(_mm256_shuffle_epi8(counts, _mm256_and_si256(bytes, low)),
                         _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low)));
}

/* in: words, count (a multiple of eight) */
__attribute__((target("avx2"))) static double count_avx2(unsigned char *memory, const double *in) {
  const __m256i *at = (const __m256i *)words(memory, in[0]);
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < (size_t)in[1] / 4; i += 2) {
    __m256i both = _mm256_add_epi8(nibbles(_mm256_loadu_si256(at + i)), nibbles(_mm256_loadu_si256(at + i + 1)));
    sum = _mm256_add_epi64(sum, _mm256_sad_epu8(both, _mm256_setzero_si256()));
  }
  uint64_t lanes[4];
  _mm256_storeu_si256((__m256i *)lanes, sum);
  return (double)(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
}

CONTROLS({"loopRun", loop_run}, {"tableRun", table_run}, {"countPopcnt", count_popcnt}, {"countAvx2", count_avx2})
