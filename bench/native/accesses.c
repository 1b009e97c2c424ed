/*
 * The native side of the accesses bench: `count` accesses of stream 0 to mapped, private pages of a world whose contents
 * are ids, with the touched and dirty marks and the contents that they leave; of a region: to where the guest keeps it.
 */
#include "control.h"
#include <string.h>

#define MILLION 1000000u
#define GOLDEN 0x9e3779b97f4a7c15ull
#define SCATTER 0x2545f4914f6cdd1dull

enum { MAPPED = 1, COW = 2, ZERO = 4, TOUCHED = 8 | 512 | 1024, DIRTY = 16, INELIGIBLE = 128, VISITED = 256 };

/* The guest's own marks. */
enum { REFERENCED = 1, WRITTEN = 2 };

/* Addresses, in the order in which bench/guest/accesses.bench.ts writes them. */
enum {
  PATTERN, FIRST, PAGES, HOT_PAGES, HOT_PPM, WRITES, ZEROES, COMMONS, SAME, POSITION, RANDOM, ALIAS_COUNT, POOL, POOL_PAGES,
  CUT, OTHER, RANK, RANKS, PPN_MPN, PPN_FLAGS, CONTENT, UNVISITED, REGION, LOGICAL_PPN, PPN_GUEST, COLUMNS,
};

typedef struct {
  uint32_t pattern, first, pages, hot_pages, hot_ppm, writes, zeroes, commons, same, position, alias_count, pool_pages;
  uint64_t state, pool;
  const uint32_t *cut, *other, *rank, *ranks;
} stream;

static inline uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

static inline uint64_t draw(stream *s) { return mix(s->state += GOLDEN); }

static inline uint32_t below(uint64_t chosen, uint32_t bound) { return (uint32_t)(((chosen >> 32) * bound) >> 32); }

static inline int happens(stream *s, uint32_t ppm) {
  if (ppm == 0) return 0;
  return ppm == MILLION || below(draw(s), MILLION) < ppm;
}

static inline uint32_t scatter(uint32_t rank, uint32_t pages) {
  uint32_t bits = 32 - (uint32_t)__builtin_clz(pages - 1), mask = bits == 32 ? ~0u : (1u << bits) - 1;
  uint32_t shift = (bits >> 1) + 1, value = rank;
  do {
    value = (value * 0x9e3779b1u + (uint32_t)SCATTER) & mask;
    value ^= value >> shift;
    value = (value * 0x85ebca77u + (uint32_t)(SCATTER >> 32)) & mask;
    value ^= value >> shift;
    value = (value * 0xc2b2ae3du) & mask;
    value ^= value >> shift;
  } while (value >= pages);
  return value;
}

static inline uint32_t zipf(stream *s) {
  uint64_t chosen = draw(s);
  uint32_t row = below(chosen, s->alias_count);
  if ((uint32_t)chosen >= s->cut[row]) row = s->other[row];
  return s->rank[row] + (s->ranks[row] == 1 ? 0 : below(mix(chosen), s->ranks[row]));
}

static inline uint32_t next_page(stream *s) {
  uint64_t chosen;
  uint32_t at;
  switch (s->pattern) {
    case 0: return below(draw(s), s->pages);
    case 1: return scatter(zipf(s), s->pages);
    case 2:
      at = s->position;
      s->position = at + 1 == s->pages ? 0 : at + 1;
      return at;
    default:
      chosen = draw(s);
      if (below(chosen, MILLION) < s->hot_ppm) return below(mix(chosen), s->hot_pages);
      return s->hot_pages + below(mix(chosen), s->pages - s->hot_pages);
  }
}

static inline uint64_t next_content(stream *s) {
  uint64_t chosen = draw(s);
  uint32_t part = below(chosen, MILLION);
  if (part < s->zeroes) return 0;
  uint64_t id = mix(chosen);
  if (part < s->zeroes + s->commons) id = mix(s->pool + GOLDEN * ((uint64_t)below(id, s->pool_pages) + 1));
  return id == 0 ? 1 : id;
}

/* in: address of the table, accesses */
static double batch(unsigned char *memory, const double *in) {
  uint32_t t[COLUMNS];
  memcpy(t, memory + (size_t)in[0], sizeof t);
#define AT(index) ((void *)(memory + t[index]))
#define U32(index) (*(uint32_t *)AT(index))
  stream s = {
      .pattern = U32(PATTERN), .first = U32(FIRST), .pages = U32(PAGES), .hot_pages = U32(HOT_PAGES), .hot_ppm = U32(HOT_PPM),
      .writes = U32(WRITES), .zeroes = U32(ZEROES), .commons = U32(COMMONS), .same = U32(SAME), .position = U32(POSITION),
      .alias_count = U32(ALIAS_COUNT), .pool_pages = U32(POOL_PAGES), .state = *(uint64_t *)AT(RANDOM),
      .pool = *(uint64_t *)AT(POOL), .cut = AT(CUT), .other = AT(OTHER), .rank = AT(RANK), .ranks = AT(RANKS),
  };
  const uint32_t *mpns = AT(PPN_MPN);
  uint16_t *all_flags = AT(PPN_FLAGS);
  uint64_t *content = AT(CONTENT);
  int paged = U32(REGION) != ~0u;
  const uint32_t *where = paged ? AT(LOGICAL_PPN) : 0;
  uint8_t *guest = paged ? AT(PPN_GUEST) : 0;
  uint32_t unvisited = 0;
  for (uint64_t left = (uint64_t)in[1]; left > 0; --left) {
    uint32_t ppn = s.first + next_page(&s);
    int writes = happens(&s, s.writes);
    if (paged) {
      ppn = where[ppn];
      guest[ppn] |= writes ? REFERENCED | WRITTEN : REFERENCED;
    }
    uint32_t flags = all_flags[ppn];
    if ((flags & (MAPPED | COW)) != MAPPED) return -1;
    if (!writes) {
      if ((flags & TOUCHED) != TOUCHED) all_flags[ppn] = (uint16_t)(flags | TOUCHED);
      continue;
    }
    uint32_t zero = flags & ZERO;
    if (!happens(&s, s.same)) {
      uint64_t id = next_content(&s);
      content[mpns[ppn]] = id;
      zero = id == 0 ? ZERO : 0;
    }
    unvisited += (flags & VISITED) != 0;
    all_flags[ppn] = (uint16_t)((flags & ~(uint32_t)(VISITED | INELIGIBLE | ZERO)) | TOUCHED | DIRTY | zero);
  }
  *(uint64_t *)AT(RANDOM) = s.state;
  U32(POSITION) = s.position;
  U32(UNVISITED) += unvisited;
  return 0;
}

CONTROLS({"batch", batch})
