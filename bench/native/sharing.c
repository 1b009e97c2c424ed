/*
 * The native side of the page-sharing bench: the same scan over the same columns in the same memory, written from
 * docs/memory/page-sharing.md and not from the core's code. Contents are ids, one host, pages in order, VMs in turns.
 *
 * Batches, in four steps: keys, then slots, then what the slots point at, then the visits; each step prefetches what the
 * next will read. BATCH and the number of steps are the fastest of those tried; see docs/memory/page-sharing.md.
 */
#include "control.h"
#include <string.h>

#define TURN 4096
#ifndef BATCH
#define BATCH 128
#endif
#define SPARE 1024
#define SHARED 0x80000000u
#define ROW 0x7fffffffu
#define LARGE 0xffffu
#define POISON 0xdbdbdbdbdbdbdbdbull

enum { MAPPED = 1, COW = 2, INELIGIBLE = 128, VISITED = 256 };

/* Addresses and counts, in the order in which bench/memory/sharing-arena.ts writes them. */
enum {
  VM_FIRST, VM_COUNT, VM_SALT, VM_UNVISITED, VM_FALSE, EXTENT_VM, PPN_MPN, PPN_FLAGS, REFCOUNT, CONTENT, BLOCK_FREE,
  BLOCK_ZONE, FRAME_BITS, BLOCK_BITS, SLOT, OVERFLOW_MPN, OVERFLOW_PPNS, ZONE_FREE, HOST_USED, HOST_SHARED, HOST_COMMON,
  HOST_HINTS, ENTRIES, DROPPED, HASH_MASK, VMS, MPNS, BLOCKS, SLOTS, OVERFLOWS,
};

typedef struct {
  const uint32_t *vm_first, *vm_count, *extent_vm, *block_zone;
  const uint64_t *vm_salt;
  uint32_t *vm_unvisited, *ppn_mpn, *overflow_mpn, *overflow_ppns, *zone_free;
  uint64_t *vm_false, *content, *frame_bits, *block_bits, *slot;
  uint16_t *flags, *refcount, *block_free;
  uint64_t mask, homes;
  uint32_t mpns, blocks, slots, overflows;
  /* Kept here during the pass, stored at its end. */
  uint32_t entries, entries_max, used, shared, common, hints;
  uint64_t dropped;
} pass;

static inline uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

static inline uint64_t key_of(const pass *p, uint32_t frame, uint64_t salt) {
  return mix((mix(p->content[frame]) & p->mask) ^ salt);
}

static inline uint32_t home_of(const pass *p, uint32_t tag) { return (uint32_t)(((uint64_t)tag * p->homes) >> 32); }

static inline uint32_t seek(const pass *p, uint64_t entry) {
  uint32_t slot = home_of(p, (uint32_t)(entry >> 32));
  while (p->slot[slot] != 0 && p->slot[slot] < entry) ++slot;
  return slot;
}

/* Puts an entry at the slot where it belongs, moving larger ones on. */
static inline void insert_at(pass *p, uint32_t slot, uint64_t entry) {
  do {
    uint64_t there = p->slot[slot];
    p->slot[slot++] = entry;
    entry = there;
  } while (entry != 0);
  p->entries++;
}

static void remove_at(pass *p, uint32_t slot) {
  uint32_t next = slot + 1;
  for (; next < p->slots; ++next) {
    uint64_t there = p->slot[next];
    if (there == 0 || home_of(p, (uint32_t)(there >> 32)) >= next) break;
    p->slot[next - 1] = there;
  }
  p->slot[next - 1] = 0;
  p->entries--;
}

static uint32_t overflow_row(const pass *p, uint32_t mpn) {
  uint32_t row = (uint32_t)(((uint64_t)(uint32_t)(mpn * 0x9e3779b1u) * p->overflows) >> 32);
  while (p->overflow_mpn[row] != 0 && p->overflow_mpn[row] != mpn + 1) row = row + 1 == p->overflows ? 0 : row + 1;
  return row;
}

static inline uint32_t count_up(pass *p, uint32_t mpn) {
  uint32_t small = p->refcount[mpn];
  if (__builtin_expect(small < LARGE - 1, 1)) return p->refcount[mpn] = (uint16_t)(small + 1);
  uint32_t row = overflow_row(p, mpn);
  uint32_t large = small == LARGE - 1 ? LARGE : p->overflow_ppns[row] + 1;
  p->overflow_mpn[row] = mpn + 1;
  p->overflow_ppns[row] = large;
  p->refcount[mpn] = LARGE;
  return large;
}

static inline void set_bit(uint64_t *words, uint32_t size, uint32_t at) {
  for (;;) {
    uint64_t before = words[at >> 6];
    words[at >> 6] = before | (1ull << (at & 63));
    size = (size + 63) >> 6;
    if (before != 0 || size <= 1) return;
    words += size;
    at >>= 6;
  }
}

/* Frees a frame whose only reference goes. */
static inline void free_frame(pass *p, uint32_t mpn) {
  uint32_t block = mpn >> 9;
  p->refcount[mpn] = 0;
  p->content[mpn] = POISON;
  set_bit(p->frame_bits, p->mpns, mpn);
  if (++p->block_free[block] == 512) set_bit(p->block_bits, p->blocks, block);
  p->zone_free[p->block_zone[block]]++;
  p->used--;
}

static void sweep(pass *p) {
  for (uint32_t slot = 0; slot < p->slots;) {
    uint64_t entry = p->slot[slot];
    uint32_t ppn = (uint32_t)(entry & ROW) - 1;
    int hint = entry != 0 && !(entry & SHARED);
    int live = hint && (p->flags[ppn] & (MAPPED | COW)) == MAPPED &&
               (uint32_t)(key_of(p, p->ppn_mpn[ppn], p->vm_salt[p->extent_vm[ppn >> 9]]) >> 32) == (uint32_t)(entry >> 32);
    if (!hint || live) {
      ++slot;
    } else {
      remove_at(p, slot);
      p->hints--;
      p->dropped++;
    }
  }
}

static inline void share(pass *p, uint32_t ppn, uint32_t frame) {
  uint32_t own = p->ppn_mpn[ppn];
  p->ppn_mpn[ppn] = frame;
  p->flags[ppn] |= COW;
  uint32_t now = count_up(p, frame);
  p->shared += now == 2 ? 2 : 1;
  p->common += now == 2;
  free_frame(p, own);
}

/* Makes a hint's frame a shared one; its entry stays where it is unless the tag has others. */
static inline uint32_t promote(pass *p, uint32_t slot, uint32_t hinted) {
  uint32_t frame = p->ppn_mpn[hinted];
  uint64_t entry = (p->slot[slot] >> 32 << 32) | SHARED | (frame + 1);
  uint64_t next = p->slot[slot + 1];
  if (__builtin_expect(next == 0 || next > entry, 1)) {
    p->slot[slot] = entry;
  } else {
    remove_at(p, slot);
    insert_at(p, seek(p, entry), entry);
  }
  p->flags[hinted] |= COW;
  p->hints--;
  return frame;
}

static inline void visit(pass *p, uint32_t ppn, uint32_t vm, uint64_t salt, uint64_t key) {
  uint32_t flags = p->flags[ppn];
  p->flags[ppn] = (uint16_t)(flags | VISITED);
  if (flags & (COW | INELIGIBLE)) return;
  uint64_t tag = key >> 32;
  uint64_t id = p->content[p->ppn_mpn[ppn]];
  uint32_t slot = seek(p, tag << 32);
  for (;;) {
    uint64_t entry = p->slot[slot];
    if (entry >> 32 != tag || entry == 0) break;
    uint32_t row = (uint32_t)(entry & ROW) - 1;
    if (entry & SHARED) {
      if (p->content[row] == id) {
        share(p, ppn, row);
        return;
      }
      if (key_of(p, row, salt) == key) goto forbidden;
      ++slot;
      continue;
    }
    if (row == ppn) return;
    uint32_t hinted = p->flags[row];
    uint64_t other = hinted & MAPPED ? p->vm_salt[p->extent_vm[row >> 9]] : 0;
    uint64_t found = hinted & MAPPED ? key_of(p, p->ppn_mpn[row], other) : 0;
    if (found >> 32 != tag || (hinted & (MAPPED | COW)) != MAPPED) {
      remove_at(p, slot);
      p->hints--;
      p->dropped++;
    } else if (found != key || other != salt) {
      ++slot;
    } else if (p->content[p->ppn_mpn[row]] == id) {
      share(p, ppn, promote(p, slot, row));
      return;
    } else {
      goto forbidden;
    }
  }
  uint64_t entry = (tag << 32) | (ppn + 1);
  if (__builtin_expect(p->entries >= p->entries_max, 0)) {
    sweep(p);
    slot = seek(p, entry);
  }
  /* Hints of one tag stand in the order of their pages; shared frames behind them. */
  while (p->slot[slot] != 0 && p->slot[slot] < entry) ++slot;
  if (slot > home_of(p, (uint32_t)tag)) slot = seek(p, entry);
  insert_at(p, slot, entry);
  p->hints++;
  return;
forbidden:
  p->flags[ppn] |= INELIGIBLE;
  p->vm_false[vm]++;
}

/* Visits pages [first, first + count) of a VM, count at most TURN. */
static void turn(pass *p, uint32_t vm, uint32_t first, uint32_t count) {
  uint32_t pages[BATCH], rows[BATCH];
  uint64_t keys[BATCH];
  uint64_t salt = p->vm_salt[vm];
  uint32_t end = first + count, seen = 0;
  while (first < end) {
    uint32_t n = 0;
    for (; first < end && n < BATCH; ++first) {
      if ((p->flags[first] & (MAPPED | VISITED)) != MAPPED) continue;
      uint64_t key = key_of(p, p->ppn_mpn[first], salt);
      pages[n] = first;
      keys[n++] = key;
      __builtin_prefetch(&p->slot[home_of(p, (uint32_t)(key >> 32))], 1);
    }
    for (uint32_t i = 0; i < n; ++i) {
      uint64_t tag = keys[i] >> 32;
      uint32_t slot = seek(p, tag << 32);
      uint64_t entry = p->slot[slot];
      uint32_t row = (uint32_t)(entry & ROW) - 1;
      rows[i] = UINT32_MAX;
      if (entry == 0 || entry >> 32 != tag) continue;
      if (entry & SHARED) {
        __builtin_prefetch(&p->content[row]);
        __builtin_prefetch(&p->refcount[row], 1);
      } else {
        __builtin_prefetch(&p->flags[row], 1);
        __builtin_prefetch(&p->ppn_mpn[row]);
        rows[i] = row;
      }
    }
    for (uint32_t i = 0; i < n; ++i) {
      if (rows[i] == UINT32_MAX) continue;
      uint32_t frame = p->ppn_mpn[rows[i]];
      if (frame == UINT32_MAX) continue;
      __builtin_prefetch(&p->content[frame]);
      __builtin_prefetch(&p->refcount[frame], 1);
    }
    for (uint32_t i = 0; i < n; ++i) visit(p, pages[i], vm, salt, keys[i]);
    seen += n;
  }
  p->vm_unvisited[vm] -= seen;
}

/* in: address of the table of addresses and counts */
static double scan(unsigned char *memory, const double *in) {
  uint32_t t[OVERFLOWS + 1];
  memcpy(t, memory + (size_t)in[0], sizeof t);
#define AT(index) ((void *)(memory + t[index]))
  uint32_t *used = AT(HOST_USED), *shared = AT(HOST_SHARED), *common = AT(HOST_COMMON), *hints = AT(HOST_HINTS);
  uint32_t *entries = AT(ENTRIES);
  uint64_t *dropped = AT(DROPPED);
  uint32_t homes = t[SLOTS] - SPARE;
  pass p = {
      .vm_first = AT(VM_FIRST), .vm_count = AT(VM_COUNT), .extent_vm = AT(EXTENT_VM), .block_zone = AT(BLOCK_ZONE),
      .vm_salt = AT(VM_SALT), .vm_unvisited = AT(VM_UNVISITED), .ppn_mpn = AT(PPN_MPN), .overflow_mpn = AT(OVERFLOW_MPN),
      .overflow_ppns = AT(OVERFLOW_PPNS), .zone_free = AT(ZONE_FREE), .vm_false = AT(VM_FALSE), .content = AT(CONTENT),
      .frame_bits = AT(FRAME_BITS), .block_bits = AT(BLOCK_BITS), .slot = AT(SLOT), .flags = AT(PPN_FLAGS),
      .refcount = AT(REFCOUNT), .block_free = AT(BLOCK_FREE), .mask = *(uint64_t *)AT(HASH_MASK), .homes = homes,
      .mpns = t[MPNS], .blocks = t[BLOCKS], .slots = t[SLOTS], .overflows = t[OVERFLOWS], .entries = *entries,
      .entries_max = homes - (homes >> 4), .used = *used, .shared = *shared, .common = *common, .hints = *hints,
      .dropped = *dropped,
  };
  uint32_t saved = p.used;
  /* VMs take turns until each has come to its end. */
  for (uint32_t at = 0, more = 1; more; at += TURN) {
    more = 0;
    for (uint32_t vm = 0; vm < t[VMS]; ++vm) {
      if (at >= p.vm_count[vm]) continue;
      uint32_t left = p.vm_count[vm] - at;
      turn(&p, vm, p.vm_first[vm] + at, left < TURN ? left : TURN);
      more = 1;
    }
  }
  *used = p.used;
  *shared = p.shared;
  *common = p.common;
  *hints = p.hints;
  *entries = p.entries;
  *dropped = p.dropped;
  return (double)(saved - p.used);
}

CONTROLS({"scan", scan})
