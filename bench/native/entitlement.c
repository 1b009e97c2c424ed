/*
 * The native side of the entitlement bench. The same solver as assembly/cpu/entitlement.ts with SSE2, the same order of
 * sums, so that results agree to the bit; and the textbook way: all breaks sorted, then one sweep.
 */
#include "control.h"
#include <emmintrin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLED (1u << 17)
#define SAMPLE_GROUPS (1u << 13)
#define SAMPLE_LOOKS 12
#define NEWTON_LOOKS 16
#define LOOKS_MAX 160
#define PAST (1.0 + 4.440892098500626e-16)
#define BEFORE (1.0 - 4.440892098500626e-16)

typedef struct {
  uint32_t count;
  const double *shares, *low, *high;
} pool;

typedef struct {
  double fixed, slope;
  int64_t mark;
} seen;

typedef struct {
  double low, high, shares;
} totals;

static double *column(unsigned char *memory, double address) { return (double *)(memory + (size_t)address); }

static double sum(__m128d a, __m128d b) {
  __m128d pairs = _mm_add_pd(a, b);
  return _mm_cvtsd_f64(pairs) + _mm_cvtsd_f64(_mm_unpackhi_pd(pairs, pairs));
}

static seen look(const pool *c, uint32_t step, double level) {
  __m128d levels = _mm_set1_pd(level), fixed[2] = {_mm_setzero_pd(), _mm_setzero_pd()}, slope[2] = {fixed[0], fixed[0]};
  __m128i inside = _mm_setzero_si128(), lowest = inside;
  size_t groups = c->count & ~3u, i = 0;
  for (; i < groups; i += 4 * (size_t)step) {
    __m128i in[2], under[2];
    for (int k = 0; k < 2; ++k) {
      __m128d share = _mm_loadu_pd(c->shares + i + 2 * k), least = _mm_loadu_pd(c->low + i + 2 * k);
      __m128d want = _mm_mul_pd(levels, share);
      __m128d given = _mm_max_pd(_mm_min_pd(want, _mm_loadu_pd(c->high + i + 2 * k)), least);
      __m128d free = _mm_cmpeq_pd(given, want);
      fixed[k] = _mm_add_pd(fixed[k], _mm_andnot_pd(free, given));
      slope[k] = _mm_add_pd(slope[k], _mm_and_pd(share, free));
      in[k] = _mm_castpd_si128(free);
      under[k] = _mm_castpd_si128(_mm_cmplt_pd(want, least));
    }
    inside = _mm_sub_epi64(inside, _mm_add_epi64(in[0], in[1]));
    lowest = _mm_sub_epi64(lowest, _mm_add_epi64(under[0], under[1]));
  }
  int64_t marks[2];
  _mm_storeu_si128((__m128i *)marks, _mm_add_epi64(inside, _mm_add_epi64(lowest, lowest)));
  seen s = {sum(fixed[0], fixed[1]), sum(slope[0], slope[1]), marks[0] + marks[1]};
  for (size_t end = step == 1 ? c->count : 0; i < end; ++i) {
    double want = level * c->shares[i];
    if (want < c->low[i]) {
      s.fixed += c->low[i];
      s.mark += 2;
    } else if (want > c->high[i]) {
      s.fixed += c->high[i];
    } else {
      s.slope += c->shares[i];
      s.mark += 1;
    }
  }
  return s;
}

static totals total(const pool *c) {
  __m128d low[2] = {_mm_setzero_pd(), _mm_setzero_pd()}, high[2] = {low[0], low[0]}, shares[2] = {low[0], low[0]};
  size_t groups = c->count & ~3u, i = 0;
  for (; i < groups; i += 4) {
    for (int k = 0; k < 2; ++k) {
      low[k] = _mm_add_pd(low[k], _mm_loadu_pd(c->low + i + 2 * k));
      high[k] = _mm_add_pd(high[k], _mm_loadu_pd(c->high + i + 2 * k));
      shares[k] = _mm_add_pd(shares[k], _mm_loadu_pd(c->shares + i + 2 * k));
    }
  }
  totals t = {sum(low[0], low[1]), sum(high[0], high[1]), sum(shares[0], shares[1])};
  for (; i < c->count; ++i) {
    t.low += c->low[i];
    t.high += c->high[i];
    t.shares += c->shares[i];
  }
  return t;
}

static void give(const pool *c, double level, double *out) {
  __m128d levels = _mm_set1_pd(level);
  size_t pairs = c->count & ~1u, i = 0;
  for (; i < pairs; i += 2) {
    __m128d least = _mm_loadu_pd(c->low + i), most = _mm_loadu_pd(c->high + i);
    __m128d want = _mm_min_pd(_mm_mul_pd(levels, _mm_loadu_pd(c->shares + i)), most);
    _mm_storeu_pd(out + i, _mm_max_pd(want, least));
  }
  if (i < c->count) out[i] = fmax(c->low[i], fmin(c->high[i], level * c->shares[i]));
}

static double sample_level(const pool *c, double capacity, double level) {
  uint32_t groups = c->count >> 2, step = groups / SAMPLE_GROUPS, taken = (groups + step - 1) / step;
  double fraction = capacity * ((double)(taken * 4) / (double)c->count);
  int64_t mark = INT64_MIN;
  for (int looks = 0; looks < SAMPLE_LOOKS; ++looks) {
    seen s = look(c, step, level);
    if (s.slope == 0) return level;
    double next = (fraction - s.fixed) / s.slope;
    if (next <= 0 || s.mark == mark) return level;
    mark = s.mark;
    level = next;
  }
  return level;
}

static double next_break(const pool *c, double level) {
  double best = INFINITY;
  for (size_t i = 0; i < c->count; ++i)
    if (level * c->shares[i] <= c->low[i] && c->low[i] < c->high[i]) best = fmin(best, c->low[i] / c->shares[i]);
  return best;
}

static double last_break(const pool *c, double level) {
  double best = 0;
  for (size_t i = 0; i < c->count; ++i)
    if (level * c->shares[i] >= c->high[i] && c->low[i] < c->high[i]) best = fmax(best, c->high[i] / c->shares[i]);
  return best;
}

static double between(double below, double above) {
  uint64_t low, high;
  memcpy(&low, &below, 8);
  memcpy(&high, &above, 8);
  low += (high - low) >> 1;
  memcpy(&below, &low, 8);
  return below;
}

static double find_level(const pool *c, double capacity, double level) {
  double below = 0, above = INFINITY;
  int64_t mark = INT64_MIN;
  for (int looks = 1; looks < LOOKS_MAX; ++looks) {
    seen s = look(c, 1, level);
    if (s.mark == mark) return level;
    double given = s.fixed + level * s.slope, next;
    if (given == capacity) return level;
    if (given < capacity) below = fmax(below, level);
    else above = fmin(above, level);
    mark = INT64_MIN;
    if (s.slope > 0) {
      next = (capacity - s.fixed) / s.slope;
      if (next == level) return level;
      mark = s.mark;
    } else next = given < capacity ? next_break(c, level) * PAST : last_break(c, level) * BEFORE;
    if ((looks > NEWTON_LOOKS && (looks & 1)) || !(next > below && next < above)) {
      next = between(below, above);
      if (next == below) return below;
      mark = INT64_MIN;
    }
    level = next;
  }
  return -1;
}

/* in: count, shares, low, high, out, capacity; returns the level, or -1 where none was needed */
static double solve_flat(unsigned char *memory, const double *in) {
  pool c = {(uint32_t)in[0], column(memory, in[1]), column(memory, in[2]), column(memory, in[3])};
  double *out = column(memory, in[4]), capacity = in[5];
  totals t = total(&c);
  if (t.high <= capacity) {
    memcpy(out, c.high, c.count * sizeof *out);
    return -1;
  }
  if (t.low >= capacity) {
    double factor = t.low > 0 ? capacity / t.low : 0;
    for (size_t i = 0; i < c.count; ++i) out[i] = c.low[i] * factor;
    return -1;
  }
  double level = capacity / t.shares;
  if (c.count >= SAMPLED) level = sample_level(&c, capacity, level);
  level = find_level(&c, capacity, level);
  give(&c, level, out);
  return level;
}

typedef struct {
  double at, slope;
} edge;

/* std::sort's plan: quicksort by the middle of three down to 16, then insertion. */
static void sort_edges(edge *a, size_t n) {
  while (n > 16) {
    double x = a[0].at, y = a[n / 2].at, z = a[n - 1].at;
    double pivot = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
    size_t i = 0, j = n - 1;
    for (;;) {
      while (a[i].at < pivot) ++i;
      while (pivot < a[j].at) --j;
      if (i >= j) break;
      edge swap = a[i];
      a[i++] = a[j];
      a[j--] = swap;
    }
    sort_edges(a + i, n - i);
    n = i;
  }
  for (size_t i = 1; i < n; ++i) {
    edge one = a[i];
    size_t j = i;
    for (; j > 0 && one.at < a[j - 1].at; --j) a[j] = a[j - 1];
    a[j] = one;
  }
}

/* in: count, shares, low, high, out, capacity, edges. For pools with a level only: low < capacity < high. */
static double sweep(unsigned char *memory, const double *in) {
  pool c = {(uint32_t)in[0], column(memory, in[1]), column(memory, in[2]), column(memory, in[3])};
  edge *edges = (edge *)column(memory, in[6]);
  double capacity = in[5], given = 0, level = 0, slope = 0;
  size_t n = 0;
  for (size_t i = 0; i < c.count; ++i) {
    given += c.low[i];
    edges[n++] = (edge){c.low[i] / c.shares[i], c.shares[i]};
    if (c.high[i] < INFINITY) edges[n++] = (edge){c.high[i] / c.shares[i], -c.shares[i]};
  }
  sort_edges(edges, n);
  for (size_t i = 0; i < n; ++i) {
    double then = given + slope * (edges[i].at - level);
    if (then >= capacity) break;
    given = then;
    level = edges[i].at;
    slope += edges[i].slope;
  }
  give(&c, level + (capacity - given) / slope, column(memory, in[4]));
  return level;
}

CONTROLS({"solveFlat", solve_flat}, {"sweep", sweep})
