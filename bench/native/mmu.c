/*
 * The native side of the translation bench: accesses that stand in `lookup`, through the same TLB, caches of paging structures and tables
 * as the core's, in a world where nothing faults and accessed and dirty bits are set.
 */
#include "control.h"

typedef uint64_t u64;
typedef uint32_t u32;

/* Addresses, in the order in which bench/mmu/translate.bench.ts writes them. */
enum {
  LOOKUP, PART_FIRST, PART_SET_FIRST, PART_SETS, PART_WAYS, PART_STRIDE, SLOT_FIRST, SET_FIRST, SET_USED, SET_VALID, SLOT_TAG,
  SLOT_DATA, LAST_TAG, LAST_DATA, SIZES, MODE, CONTROLS_AT, CR3, ASID, GLOBAL_ASID, NESTED_ASID, ROOT, ACCESSES, SECOND_HITS,
  MISSES, WALKS, FRAME_SUM, LEVELS, PPN_MPN, PPN_FLAGS, CONTENT, TABLE_BYTES, PPN_FIRST, PPN_COUNT, NESTED_BYTES, NESTED_FIRST,
  SHADOW_BYTES, PHYSICAL_BITS, NESTED_LEVELS, COLUMNS,
};

enum { WRITE = 1, USER_KIND = 2, FETCH = 4 };
enum { PRESENT = 1, WRITABLE = 2, USER = 4, ACCESSED = 32, DIRTY = 64, LARGE = 128, GLOBAL = 256 };
enum { FIRST = 0, SECOND = 3, WALK = 6, NESTED = 10, NESTED_WALK = 11 };
enum { NATIVE = 0, SHADOW = 1, TWO_DIMENSIONAL = 2 };
#define NX 0x8000000000000000ull
#define FRAME 0x000ffffffffff000ull
#define RIGHTS ((u64)(WRITABLE | USER))
#define SIZE_SHIFT 9
#define NONE 0xffffffffu
#define FAIL 0ull

typedef struct {
  unsigned char *memory;
  const u32 *part_first, *part_set_first, *part_sets, *part_ways, *part_stride;
  u64 *used, *valid, *tags, *data;
  u32 slot_first, set_first, sizes, mode, controls, asid, global_asid, nested_asid, root, ppn_first, ppn_count, nested_first;
  u32 physical_bits, nested_levels;
  u64 cr3, last_tag, last_data, misses, second_hits, walks;
  u64 *levels;
  const u32 *ppn_mpn;
  const uint16_t *ppn_flags;
  const u64 *content;
  unsigned char *table_bytes, *nested_bytes, *shadow_bytes;
} mmu;

static inline u64 tag_of(u64 number, u32 size, u32 asid) {
  return NX | ((u64)asid << 47) | ((u64)size << 45) | (number & 0x1fffffffffffull);
}

static inline u64 all(u32 ways) { return ~0ull >> (64 - ways); }

static inline void use(mmu *m, u32 set_row, u32 way, u32 ways) {
  u64 bit = 1ull << way, used = m->used[set_row] | bit;
  m->used[set_row] = used == all(ways) ? bit : used;
}

static inline u32 find(mmu *m, u32 part, u64 key, u64 tag) {
  u32 sets = m->part_sets[part];
  if (sets == 0) return NONE;
  u32 set = (u32)key & (sets - 1), stride = m->part_stride[part];
  u32 row = m->slot_first + m->part_first[part] + set * stride;
  const u64 *at = m->tags + row;
  for (u32 way = 0; way < stride; way += 4) {
    u32 hits = (u32)(at[way] == tag) | (u32)(at[way + 1] == tag) << 1 | (u32)(at[way + 2] == tag) << 2 | (u32)(at[way + 3] == tag) << 3;
    if (hits == 0) continue;
    u32 hit = way + (u32)__builtin_ctz(hits);
    use(m, m->set_first + m->part_set_first[part] + set, hit, m->part_ways[part]);
    return row + hit;
  }
  return NONE;
}

static inline void insert(mmu *m, u32 part, u64 key, u64 tag, u64 data) {
  u32 sets = m->part_sets[part];
  if (sets == 0) return;
  u32 set = (u32)key & (sets - 1), ways = m->part_ways[part];
  u32 set_row = m->set_first + m->part_set_first[part] + set;
  u64 valid = m->valid[set_row], free_ways = ~valid & all(ways), left = free_ways ? free_ways : ~m->used[set_row];
  u32 way = left ? (u32)__builtin_ctzll(left) : 63;
  if (way > ways - 1) way = ways - 1;
  u32 row = m->slot_first + m->part_first[part] + set * m->part_stride[part] + way;
  m->tags[row] = tag;
  m->data[row] = data;
  m->valid[set_row] = valid | 1ull << way;
  use(m, set_row, way, ways);
}

static inline int permits(u64 data, u32 kind, u32 controls) {
  u32 write = kind & 1, user = (kind >> 1) & 1, fetch = (kind >> 2) & 1;
  u64 need = 1 | (u64)user << 2 | (u64)(write & (user | (controls & 1))) << 1;
  u32 kept = (user ^ 1) & ((fetch & (controls >> 6)) | ((fetch ^ 1) & (controls >> 7)));
  u64 forbid = (u64)(fetch & (controls >> 1)) << 63 | (u64)(kept & 1) << 2;
  return (data & need) == need && (data & forbid) == 0;
}

static inline u64 reserved(u64 entry, u32 level, u32 controls, u32 bits_of) {
  u64 bits = FRAME & ~(((1ull << bits_of) - 1) & FRAME);
  if ((controls & 2) == 0) bits |= NX;
  if ((entry & LARGE) == 0) return bits;
  if (level == 2) return bits | 0x1fe000;
  if (level == 3) return bits | (controls & 32 ? 0x3fffe000 : LARGE);
  return level > 3 ? bits | LARGE : bits;
}

static inline u32 index_of(u64 address, u32 level) { return (u32)(address >> (12 + 9 * (level - 1))) & 511; }
static inline u64 frame_of(u64 entry) { return (entry & FRAME) >> 12; }
static inline u64 page_of(u64 data, u64 address) {
  u64 pages = (1ull << 9 * ((data >> SIZE_SHIFT) & 3)) - 1;
  return frame_of(data) + ((address >> 12) & pages);
}

static inline u64 word(const mmu *m, u32 mpn, u32 offset) {
  u64 content = m->content[mpn];
  if (content >> 32 == 0x7ab1e5b0) return *(const u64 *)(m->table_bytes + ((size_t)(u32)content << 12) + offset);
  return 0;
}

static inline u32 nearest(mmu *m, u64 address) {
  u32 levels = m->controls & 4 ? 5 : 4;
  for (u32 level = 2; level <= levels; ++level) {
    if (m->part_sets[WALK + level - 2] == 0) continue;
    u64 number = address >> (12 + 9 * (level - 1));
    u32 row = find(m, WALK + level - 2, number, tag_of(number, 0, m->asid));
    if (row != NONE) return row;
  }
  return NONE;
}

static inline void note(mmu *m, u64 address, u32 level, u64 data) {
  if (m->part_sets[WALK + level - 2] == 0) return;
  u64 number = address >> (12 + 9 * (level - 1));
  insert(m, WALK + level - 2, number, tag_of(number, 0, m->asid), data);
}

static inline u64 translation(u64 entry, u32 level, u64 rights, u32 controls) {
  u64 base = frame_of(entry) & ~((1ull << 9 * (level - 1)) - 1);
  return PRESENT | rights | (controls & 8 ? entry & GLOBAL : 0) | (entry & DIRTY) | (u64)(level - 1) << SIZE_SHIFT | base << 12;
}

static u64 walk_native(mmu *m, u64 address, u32 kind) {
  u32 level = m->controls & 4 ? 5 : 4;
  u64 gfn = frame_of(m->cr3), rights = RIGHTS, accessed = ACCESSED;
  u32 near = nearest(m, address);
  if (near != NONE) {
    u64 data = m->data[near];
    rights = data & (RIGHTS | NX);
    gfn = frame_of(data);
    level = (u32)(data >> SIZE_SHIFT) & 7;
  }
  for (;;) {
    if (gfn >= m->ppn_count) return FAIL;
    u32 ppn = m->ppn_first + (u32)gfn;
    if ((m->ppn_flags[ppn] & 1) == 0) return FAIL;
    u64 entry = word(m, m->ppn_mpn[ppn], index_of(address, level) << 3);
    m->levels[level] += 1;
    if ((entry & PRESENT) == 0 || (entry & reserved(entry, level, m->controls, m->physical_bits))) return FAIL;
    rights = (rights & entry & RIGHTS) | ((rights | entry) & NX);
    accessed &= entry;
    if (level == 1 || (entry & LARGE)) {
      u64 data = translation(entry, level, rights, m->controls);
      if (!permits(data, kind, m->controls) || accessed == 0 || ((kind & WRITE) && !(entry & DIRTY))) return FAIL;
      return data;
    }
    gfn = frame_of(entry);
    level -= 1;
    if (accessed) note(m, address, level + 1, PRESENT | rights | gfn << 12 | (u64)level << SIZE_SHIFT);
  }
}

static u64 walk_shadow(mmu *m, u64 address, u32 kind) {
  u32 level = m->controls & 4 ? 5 : 4, row = m->root;
  u64 rights = RIGHTS;
  u32 near = nearest(m, address);
  if (near != NONE) {
    u64 data = m->data[near];
    rights = data & (RIGHTS | NX);
    row = (u32)frame_of(data);
    level = (u32)(data >> SIZE_SHIFT) & 7;
  }
  for (;;) {
    u64 entry = *(const u64 *)(m->shadow_bytes + ((size_t)row << 12) + (index_of(address, level) << 3));
    m->levels[level] += 1;
    if ((entry & PRESENT) == 0) return FAIL;
    rights = (rights & entry & RIGHTS) | ((rights | entry) & NX);
    if (level == 1 || (entry & LARGE)) {
      u64 data = PRESENT | rights | (entry & GLOBAL) | (u64)(level - 1) << SIZE_SHIFT | frame_of(entry) << 12;
      if (!permits(data, kind, m->controls | 1)) return FAIL;
      return data | (rights & WRITABLE) << 5;
    }
    row = (u32)frame_of(entry);
    level -= 1;
    note(m, address, level + 1, PRESENT | rights | (u64)row << 12 | (u64)level << SIZE_SHIFT);
  }
}

static inline u32 nested_first(const mmu *m, u32 level) {
  u32 row = m->nested_first, tables = (m->ppn_count + 511) >> 9;
  for (u32 below = 1; below < level; ++below) {
    row += tables;
    tables = (tables + 511) >> 9;
  }
  return row;
}

static u64 walk_nested(mmu *m, u32 gfn, int write) {
  u32 level = m->nested_levels, table = NONE;
  for (u32 near = 2; near <= level; ++near) {
    if (m->part_sets[NESTED_WALK + near - 2] == 0) continue;
    u64 number = (u64)gfn >> (9 * (near - 1));
    u32 row = find(m, NESTED_WALK + near - 2, number, tag_of(number, 0, m->nested_asid));
    if (row == NONE) continue;
    table = (u32)frame_of(m->data[row]);
    level = near - 1;
    break;
  }
  if (table == NONE) table = nested_first(m, level);
  for (;;) {
    u32 index = (u32)(((u64)gfn >> (9 * (level - 1))) & 511);
    u64 entry = *(const u64 *)(m->nested_bytes + ((size_t)table << 12) + (index << 3));
    m->levels[8 + level] += 1;
    if ((entry & PRESENT) == 0) return FAIL;
    if (level == 1 || (entry & LARGE)) {
      u64 marked = entry | ACCESSED | (write ? DIRTY : 0);
      if (marked != entry || (write && !(entry & WRITABLE))) return FAIL;
      return PRESENT | (entry & WRITABLE) | USER | (marked & DIRTY) | (u64)(level - 1) << SIZE_SHIFT | frame_of(entry) << 12;
    }
    if ((entry & ACCESSED) == 0) return FAIL;
    table = (u32)frame_of(entry);
    u64 number = (u64)gfn >> (9 * (level - 1));
    insert(m, NESTED_WALK + level - 2, number, tag_of(number, 0, m->nested_asid), PRESENT | (u64)table << 12);
    level -= 1;
  }
}

static inline u64 translate_nested(mmu *m, u64 gfn, int write) {
  if (gfn >= m->ppn_count) return FAIL;
  u64 tag = tag_of(gfn, 0, m->nested_asid), needed = write ? PRESENT | WRITABLE | DIRTY : PRESENT;
  u32 known = find(m, NESTED, gfn, tag);
  if (known != NONE && (m->data[known] & needed) == needed) return m->data[known];
  u64 data = walk_nested(m, (u32)gfn, write);
  if (data == FAIL || m->part_sets[NESTED] == 0) return data;
  if (known == NONE) insert(m, NESTED, gfn, tag, data);
  else m->data[known] = data;
  return data;
}

static u64 walk_two_dimensional(mmu *m, u64 address, u32 kind) {
  u32 level = m->controls & 4 ? 5 : 4;
  u64 rights = RIGHTS, accessed = ACCESSED, gfn = frame_of(m->cr3), frame, table;
  u32 near = nearest(m, address);
  if (near != NONE) {
    u64 data = m->data[near];
    rights = data & (RIGHTS | NX);
    frame = frame_of(data);
    level = (u32)(data >> SIZE_SHIFT) & 7;
  } else {
    if ((table = translate_nested(m, gfn, 0)) == FAIL) return FAIL;
    frame = page_of(table, gfn << 12);
  }
  for (;;) {
    u64 entry = word(m, (u32)frame, index_of(address, level) << 3);
    m->levels[level] += 1;
    if ((entry & PRESENT) == 0 || (entry & reserved(entry, level, m->controls, m->physical_bits))) return FAIL;
    rights = (rights & entry & RIGHTS) | ((rights | entry) & NX);
    accessed &= entry;
    gfn = frame_of(entry);
    if (level == 1 || (entry & LARGE)) {
      u64 guest = translation(entry, level, rights, m->controls);
      int write = kind & WRITE;
      if (!permits(guest, kind, m->controls) || accessed == 0 || (write && !(entry & DIRTY))) return FAIL;
      gfn = page_of(guest, address);
      u64 nested = translate_nested(m, gfn, write);
      if (nested == FAIL) return FAIL;
      u64 size = (nested >> SIZE_SHIFT) & 3, own = level - 1;
      if (own < size) size = own;
      u64 pages = (1ull << 9 * size) - 1, writable = nested & WRITABLE;
      u64 dirty = guest & DIRTY & nested & (writable << 5);
      u64 kept = guest & ~(DIRTY | (WRITABLE ^ writable) | 3ull << SIZE_SHIFT) & 0x8000000000000fffull;
      return kept | dirty | size << SIZE_SHIFT | (page_of(nested, gfn << 12) & ~pages) << 12;
    }
    level -= 1;
    if ((table = translate_nested(m, gfn, 0)) == FAIL) return FAIL;
    frame = page_of(table, gfn << 12);
    if (accessed) note(m, address, level + 1, PRESENT | rights | frame << 12 | (u64)level << SIZE_SHIFT);
  }
}

static inline void recall(mmu *m, u32 size, u64 address, u64 data) {
  if (m->part_sets[FIRST + size] == 0) return;
  m->last_tag = address | 4095;
  m->last_data = data;
}

static inline u64 look_up(mmu *m, u64 address) {
  for (u32 level = FIRST; level <= SECOND; level += SECOND) {
    for (u32 size = 0; size < 3; ++size) {
      if ((m->sizes & (1u << size)) == 0) continue;
      u64 number = address >> (12 + 9 * size), own = tag_of(number, size, m->asid);
      u32 row = find(m, level + size, number, own);
      if (row == NONE && (m->sizes & 8)) {
        own = tag_of(number, size, m->global_asid);
        row = find(m, level + size, number, own);
      }
      if (row == NONE) continue;
      u64 data = m->data[row];
      if (level == SECOND) {
        m->second_hits += 1;
        insert(m, FIRST + size, number, own, data);
      }
      recall(m, size, address, data);
      return data;
    }
  }
  return 0;
}

/* @returns the frame, NONE for what this world never has */
static inline u32 frame_behind(const mmu *m, u64 page) {
  if (m->mode != NATIVE) return (u32)page;
  if (page >= m->ppn_count) return NONE;
  u32 ppn = m->ppn_first + (u32)page;
  return (m->ppn_flags[ppn] & 3) == 1 ? m->ppn_mpn[ppn] : NONE;
}

static u32 miss(mmu *m, u64 address, u32 kind) {
  m->misses += 1;
  m->walks += 1;
  u64 data = m->mode == NATIVE   ? walk_native(m, address, kind)
             : m->mode == SHADOW ? walk_shadow(m, address, kind)
                                 : walk_two_dimensional(m, address, kind);
  if ((data & PRESENT) == 0) return NONE;
  u32 size = (u32)(data >> SIZE_SHIFT) & 3, asid = data & GLOBAL ? m->global_asid : m->asid;
  u64 number = address >> (12 + 9 * size), own = tag_of(number, size, asid);
  u32 frame = frame_behind(m, page_of(data, address));
  insert(m, FIRST + size, number, own, data);
  insert(m, SECOND + size, number, own, data);
  m->sizes |= 1u << size | (data & GLOBAL ? 8 : 0);
  recall(m, size, address, data);
  return frame;
}

#define AT(i) ((void *)(memory + table[i]))
#define U32(i) (*(u32 *)AT(i))
#define U64(i) (*(u64 *)AT(i))

/* table, first row of lookup, count; 0 if all went as it should */
static double run(unsigned char *memory, const double *in) {
  const u32 *table = (const u32 *)(memory + (u32)in[0]);
  mmu m = {
      .memory = memory, .part_first = AT(PART_FIRST), .part_set_first = AT(PART_SET_FIRST), .part_sets = AT(PART_SETS),
      .part_ways = AT(PART_WAYS), .part_stride = AT(PART_STRIDE), .used = AT(SET_USED), .valid = AT(SET_VALID), .tags = AT(SLOT_TAG),
      .data = AT(SLOT_DATA), .slot_first = U32(SLOT_FIRST), .set_first = U32(SET_FIRST), .sizes = U32(SIZES),
      .mode = *(uint8_t *)AT(MODE), .controls = U32(CONTROLS_AT), .asid = U32(ASID), .global_asid = U32(GLOBAL_ASID),
      .nested_asid = U32(NESTED_ASID), .root = U32(ROOT), .ppn_first = U32(PPN_FIRST), .ppn_count = U32(PPN_COUNT),
      .physical_bits = U32(PHYSICAL_BITS), .cr3 = U64(CR3), .last_tag = U64(LAST_TAG), .last_data = U64(LAST_DATA),
      .levels = AT(LEVELS), .ppn_mpn = AT(PPN_MPN), .ppn_flags = AT(PPN_FLAGS), .content = AT(CONTENT), .table_bytes = AT(TABLE_BYTES),
      .nested_bytes = AT(NESTED_BYTES), .shadow_bytes = AT(SHADOW_BYTES),
  };
  if (m.mode == TWO_DIMENSIONAL) {
    m.nested_first = U32(NESTED_FIRST);
    m.nested_levels = U32(NESTED_LEVELS);
  }
  const u64 *lookup = (const u64 *)AT(LOOKUP) + (u32)in[1], *end = lookup + (u32)in[2];
  u64 sum = U64(FRAME_SUM);
  u32 checks = m.mode == SHADOW ? m.controls | 1 : m.controls, shift = m.controls & 4 ? 7 : 16;
  for (; lookup < end; ++lookup) {
    u64 address = *lookup & ~7ull;
    u32 kind = (u32)*lookup & 7, frame;
    if ((u64)((int64_t)(address << shift) >> shift) != address) return 1;
    u64 data = (address | 4095) == m.last_tag ? m.last_data : look_up(&m, address);
    if (data != 0) {
      if (((kind & WRITE) && !(data & DIRTY)) || !permits(data, kind, checks)) return 2;
      frame = frame_behind(&m, page_of(data, address));
    } else {
      frame = miss(&m, address, kind);
    }
    if (frame == NONE) return 3;
    sum = (sum << 1 | sum >> 63) + frame;
  }
  U64(FRAME_SUM) = sum;
  U64(ACCESSES) += (u64)in[2];
  U64(SECOND_HITS) += m.second_hits;
  U64(MISSES) += m.misses;
  U64(WALKS) += m.walks;
  U64(LAST_TAG) = m.last_tag;
  U64(LAST_DATA) = m.last_data;
  U32(SIZES) = m.sizes;
  return 0;
}

CONTROLS({"run", run})
