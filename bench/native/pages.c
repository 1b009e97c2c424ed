/*
 * The native side of the page benches: hash, zero detection, compare and the machine's own read bandwidth over runs of
 * 4 KiB pages. Built with -O3 for plain x86-64, so SSE2 is the widest vector: the width that Wasm has too.
 */
#define XXH_INLINE_ALL
#define XXH_VECTOR XXH_SSE2
#include "control.h"
#include <emmintrin.h>
#include <pthread.h>
#include <string.h>
#include <xxhash.h>

#define PAGE 4096

static unsigned char *at(unsigned char *memory, double address) { return memory + (size_t)address; }

/* in: address, pages, out */
static double hash_run(unsigned char *memory, const double *in) {
  const unsigned char *page = at(memory, in[0]);
  uint64_t *out = (uint64_t *)at(memory, in[2]);
  for (size_t i = 0; i < (size_t)in[1]; ++i) out[i] = XXH3_64bits(page + i * PAGE, PAGE);
  return 0;
}

/* in: address, pages, out */
static double xxh64_run(unsigned char *memory, const double *in) {
  const unsigned char *page = at(memory, in[0]);
  uint64_t *out = (uint64_t *)at(memory, in[2]);
  for (size_t i = 0; i < (size_t)in[1]; ++i) out[i] = XXH64(page + i * PAGE, PAGE, 0);
  return 0;
}

/* Four accumulators of 16 bytes, and a look at them each 256 bytes. */
static int is_zero(const unsigned char *page) {
  for (size_t i = 0; i < PAGE; i += 256) {
    const __m128i *v = (const __m128i *)(page + i);
    __m128i a = _mm_or_si128(_mm_loadu_si128(v), _mm_loadu_si128(v + 1));
    __m128i b = _mm_or_si128(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3));
    __m128i c = _mm_or_si128(_mm_loadu_si128(v + 4), _mm_loadu_si128(v + 5));
    __m128i d = _mm_or_si128(_mm_loadu_si128(v + 6), _mm_loadu_si128(v + 7));
    a = _mm_or_si128(a, _mm_or_si128(_mm_loadu_si128(v + 8), _mm_loadu_si128(v + 9)));
    b = _mm_or_si128(b, _mm_or_si128(_mm_loadu_si128(v + 10), _mm_loadu_si128(v + 11)));
    c = _mm_or_si128(c, _mm_or_si128(_mm_loadu_si128(v + 12), _mm_loadu_si128(v + 13)));
    d = _mm_or_si128(d, _mm_or_si128(_mm_loadu_si128(v + 14), _mm_loadu_si128(v + 15)));
    a = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(a, _mm_setzero_si128())) != 0xffff) return 0;
  }
  return 1;
}

/* in: address, pages, out */
static double zero_run(unsigned char *memory, const double *in) {
  const unsigned char *page = at(memory, in[0]);
  unsigned char *out = at(memory, in[2]);
  for (size_t i = 0; i < (size_t)in[1]; ++i) out[i] = (unsigned char)is_zero(page + i * PAGE);
  return 0;
}

/* in: a, b, pages, out */
static double compare_run(unsigned char *memory, const double *in) {
  const unsigned char *a = at(memory, in[0]), *b = at(memory, in[1]);
  unsigned char *out = at(memory, in[3]);
  for (size_t i = 0; i < (size_t)in[2]; ++i) out[i] = memcmp(a + i * PAGE, b + i * PAGE, PAGE) == 0;
  return 0;
}

/* in: address, pages. Reads every byte, as fast as loads alone go; returns the xor of the 32-bit words. */
static double read_run(unsigned char *memory, const double *in) {
  const __m128i *v = (const __m128i *)at(memory, in[0]), *end = v + (size_t)in[1] * (PAGE / 16);
  __m128i a = _mm_setzero_si128(), b = a, c = a, d = a;
  for (; v < end; v += 8) {
    a = _mm_xor_si128(a, _mm_xor_si128(_mm_loadu_si128(v), _mm_loadu_si128(v + 1)));
    b = _mm_xor_si128(b, _mm_xor_si128(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3)));
    c = _mm_xor_si128(c, _mm_xor_si128(_mm_loadu_si128(v + 4), _mm_loadu_si128(v + 5)));
    d = _mm_xor_si128(d, _mm_xor_si128(_mm_loadu_si128(v + 6), _mm_loadu_si128(v + 7)));
  }
  uint32_t words[4];
  _mm_storeu_si128((__m128i *)words, _mm_xor_si128(_mm_xor_si128(a, b), _mm_xor_si128(c, d)));
  return (double)(words[0] ^ words[1] ^ words[2] ^ words[3]);
}

struct part {
  unsigned char *memory;
  double in[4];
};

static void *hash_part(void *data) {
  struct part *part = data;
  for (double pass = 0; pass < part->in[3]; ++pass) hash_run(part->memory, part->in);
  return NULL;
}

/* in: address, pages, out, passes. The same work on the calling thread alone. */
static double hash_passes(unsigned char *memory, const double *in) {
  struct part all = {memory, {in[0], in[1], in[2], in[3]}};
  hash_part(&all);
  return 0;
}

/* in: address, pages, out, passes. The control for two workers: the pages halved over two threads. */
static double hash_passes_two(unsigned char *memory, const double *in) {
  double half = (double)((size_t)in[1] / 2);
  struct part parts[2] = {
      {memory, {in[0], half, in[2], in[3]}},
      {memory, {in[0] + half * PAGE, in[1] - half, in[2] + half * 8, in[3]}},
  };
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) {
    if (pthread_create(&threads[i], NULL, hash_part, &parts[i]) != 0) return -1;
  }
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return 0;
}

CONTROLS({"hashRun", hash_run}, {"xxh64Run", xxh64_run}, {"zeroRun", zero_run}, {"compareRun", compare_run},
         {"readRun", read_run}, {"hashPasses", hash_passes}, {"hashPassesTwo", hash_passes_two})
