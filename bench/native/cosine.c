/*
 * The native side of the cosine placement bench: the same algorithm as assembly/place/cosine.ts, over the same memory,
 * eight hosts at a time with AVX2 instead of four. Hosts are looked at in f32 with the same margins, those that may be best
 * exactly in f64, so placements agree.
 */
#include "control.h"
#include <immintrin.h>
#include <math.h>
#include <stdlib.h>

#define UPWARD (1.0 + 1.0 / 4194304.0)
#define DOWNWARD (1.0 - 1.0 / 4194304.0)
#define MARGIN (1.0 - 1.0 / 262144.0)
#define AVX2 __attribute__((target("avx2")))

/* As the control block of the core. */
typedef struct {
  uint32_t hosts, free, groups, next, sizes, items, home, top;
  double score, weights[4], scales[4], slacks[4];
} block;

typedef struct {
  size_t hosts, top;
  double *free;
  float *up, *inverse;
  const double *weights, *scales, *slacks;
} rooms;

static void refresh(const rooms *r, size_t host) {
  double square = 0;
  for (size_t d = 0; d < 4; ++d) {
    double left = r->free[d * r->hosts + host];
    double part = (left > 0 ? left : 0) * r->scales[d];
    square += part * part;
    double room = (left + r->slacks[d]) * r->scales[d];
    r->up[d * r->hosts + host] = (float)((room > 0 ? room : 0) * UPWARD);
  }
  r->inverse[host] = square > 0 ? (float)(1 / sqrt(square)) : 0;
}

static int fits(const rooms *r, const double *size, size_t host) {
  for (size_t d = 0; d < 4; ++d) {
    if (size[d] > r->free[d * r->hosts + host] + r->slacks[d]) return 0;
  }
  return 1;
}

static double score(const rooms *r, const double *size, size_t host) {
  double dot = 0, item = 0, room = 0;
  for (size_t d = 0; d < 4; ++d) {
    double own = size[d] * r->weights[d], left = r->free[d * r->hosts + host];
    double f = (left > 0 ? left : 0) * r->weights[d];
    dot += own * f;
    item += own * own;
    room += f * f;
  }
  return dot > 0 ? dot / sqrt(item * room) : 0;
}

/* A bit for each of eight hosts with the very room of another. */
AVX2 static unsigned same(const rooms *r, size_t first, size_t other) {
  __m256d low = _mm256_castsi256_pd(_mm256_set1_epi64x(-1)), high = low;
  for (size_t d = 0; d < 4; ++d) {
    const double *column = r->free + d * r->hosts;
    __m256d own = _mm256_set1_pd(column[other]);
    low = _mm256_and_pd(low, _mm256_cmp_pd(own, _mm256_loadu_pd(column + first), _CMP_EQ_OQ));
    high = _mm256_and_pd(high, _mm256_cmp_pd(own, _mm256_loadu_pd(column + first + 4), _CMP_EQ_OQ));
  }
  return (unsigned)_mm256_movemask_pd(low) | (unsigned)_mm256_movemask_pd(high) << 4;
}

static long look(const rooms *r, const double *size, size_t first, unsigned left, long best, double *top) {
  if (best >= 0) left &= ~same(r, first, (size_t)best);
  while (left) {
    size_t host = first + (size_t)__builtin_ctz(left);
    left &= left - 1;
    if (!fits(r, size, host)) continue;
    double own = score(r, size, host);
    if (best >= 0 && !(own > *top)) continue;
    *top = own;
    best = (long)host;
    left &= ~same(r, first, host);
  }
  return best;
}

AVX2 static long best_host(const rooms *r, const double *size) {
  __m256 own[4];
  double square = 0, top = 0;
  for (size_t d = 0; d < 4; ++d) {
    double part = size[d] * r->scales[d];
    own[d] = _mm256_set1_ps((float)(part * DOWNWARD));
    square += part * part;
  }
  double length = sqrt(square) * MARGIN;
  __m256 limit = _mm256_set1_ps(-1);
  const float *up0 = r->up, *up1 = up0 + r->hosts, *up2 = up1 + r->hosts, *up3 = up2 + r->hosts;
  long best = -1;
  for (size_t host = 0; host < r->top; host += 8) {
    __m256 a0 = _mm256_loadu_ps(up0 + host), a1 = _mm256_loadu_ps(up1 + host);
    __m256 a2 = _mm256_loadu_ps(up2 + host), a3 = _mm256_loadu_ps(up3 + host);
    __m256 fit = _mm256_and_ps(
        _mm256_and_ps(_mm256_cmp_ps(own[0], a0, _CMP_LE_OQ), _mm256_cmp_ps(own[1], a1, _CMP_LE_OQ)),
        _mm256_and_ps(_mm256_cmp_ps(own[2], a2, _CMP_LE_OQ), _mm256_cmp_ps(own[3], a3, _CMP_LE_OQ)));
    __m256 dot = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(own[0], a0), _mm256_mul_ps(own[1], a1)),
                               _mm256_add_ps(_mm256_mul_ps(own[2], a2), _mm256_mul_ps(own[3], a3)));
    __m256 value = _mm256_mul_ps(dot, _mm256_loadu_ps(r->inverse + host));
    unsigned near = (unsigned)_mm256_movemask_ps(_mm256_and_ps(fit, _mm256_cmp_ps(value, limit, _CMP_GE_OQ)));
    if (!near) continue;
    long found = look(r, size, host, near, best, &top);
    if (found == best) continue;
    best = found;
    limit = _mm256_set1_ps((float)(top * length));
  }
  return best;
}

/*
 * placeAll(control block, items, kinds): every item in its order; those that find no host have none. Answers how many did.
 *
 * Its f32 columns are its own. kinds: hosts in use, and the lowest empty one, are all that is looked at; right where all
 * hosts are alike.
 */
static double place_all(unsigned char *memory, const double *in) {
  const block *b = (const block *)(memory + (size_t)in[0]);
  size_t hosts = b->hosts;
  rooms r = {hosts, in[2] != 0 ? 1 : hosts, (double *)(memory + b->free), aligned_alloc(64, (hosts * 16 + 63) & ~63u),
             aligned_alloc(64, (hosts * 4 + 63) & ~63u), b->weights, b->scales, b->slacks};
  const double *sizes = (const double *)(memory + b->sizes);
  const uint32_t *items = (const uint32_t *)(memory + b->items);
  int32_t *home = (int32_t *)(memory + b->home);
  double placed = 0;
  for (size_t i = 0; i < hosts * 4; ++i) r.up[i] = -1;
  for (size_t host = 0; host < r.top; ++host) refresh(&r, host);
  for (size_t at = 0; at < (size_t)in[1]; ++at) {
    const double *size = sizes + 4 * (size_t)items[at];
    long host = best_host(&r, size);
    home[items[at]] = (int32_t)host;
    if (host < 0) continue;
    for (size_t d = 0; d < 4; ++d) r.free[d * r.hosts + (size_t)host] -= size[d];
    refresh(&r, (size_t)host);
    if ((size_t)host + 1 == r.top && r.top < hosts) refresh(&r, r.top++);
    placed += 1;
  }
  free(r.up);
  free(r.inverse);
  return placed;
}

CONTROLS({"placeAll", place_all})
