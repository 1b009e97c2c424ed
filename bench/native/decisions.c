/*
 * The native side of the decisions bench: the scheduler of assembly/cpu/vtime.ts and run-queue.ts for one run queue, as
 * one would write it in C for nothing else. Clients are structs, a group's tournament hangs on it, and whoever runs keeps
 * its seat, so that a decision climbs each tree on its way once.
 *
 * Same answer to the bit: usage / shares with the remainder kept, lag bounded, ties to the lower name.
 */
#include "control.h"
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define EMPTY UINT64_MAX
#define SHIFT 12
#define REBASE_AT ((uint64_t)1 << 46)
#define REBASED_CLOCK ((uint64_t)1 << 44)
#define FARTHEST ((uint64_t)1 << 43)
#define WORLDS 16

typedef struct {
  uint64_t vtime, used, clock, slack, *tree;
  uint32_t rest, shares, parent, rank, first, children, seats, bits, vcpu;
} client;

typedef struct {
  client *clients;
  uint32_t root, running;
} world;

static world worlds[WORLDS];
static uint32_t world_count;

static inline uint64_t min(uint64_t a, uint64_t b) { return a < b ? a : b; }

static inline void put(uint64_t *tree, uint32_t seats, uint32_t rank, uint64_t key) {
  uint32_t node = seats + rank;
  tree[node] = key;
  while (node > 1) {
    key = min(key, tree[node ^ 1]);
    node >>= 1;
    tree[node] = key;
  }
}

static inline void seat(client *group, const client *child) {
  put(group->tree, group->seats, child->rank, child->vtime << group->bits | child->rank);
}

static void rebase(client *clients, client *group) {
  if (group->clock <= REBASED_CLOCK) return;
  uint64_t down = group->clock - REBASED_CLOCK;
  group->clock = REBASED_CLOCK;
  for (uint32_t rank = 0; rank < group->children; ++rank) {
    client *child = clients + group->first + rank;
    child->vtime = child->vtime > down ? child->vtime - down : 0;
    seat(group, child);
  }
}

static inline void charge(client *clients, client *child, client *group, uint64_t used) {
  child->used += used;
  uint64_t total = (used << SHIFT) + child->rest, whole = total / child->shares;
  child->rest = (uint32_t)(total - whole * child->shares);
  child->vtime += whole;
  if (child->vtime + group->slack < group->clock) child->vtime = group->clock - group->slack;
  seat(group, child);
  if (child->vtime >= REBASE_AT) rebase(clients, group);
}

/* The core's records of clients are so far apart. */
#define RECORD 64

static inline uint32_t field(const unsigned char *column, uint32_t row) {
  uint32_t value;
  memcpy(&value, column + (size_t)row * RECORD, sizeof value);
  return value;
}

/* in: addresses of clientParent, clientFirst, clientChildren, clientShares, clientVcpu; rows; client that
 * runs; lag. A world's number. */
static double load(unsigned char *memory, const double *in) {
  const unsigned char *parent = memory + (size_t)in[0], *first = memory + (size_t)in[1];
  const uint32_t *children = (uint32_t *)(memory + (size_t)in[2]);
  const unsigned char *shares = memory + (size_t)in[3], *vcpu = memory + (size_t)in[4];
  uint32_t rows = (uint32_t)in[5];
  world *w = worlds + world_count;
  client *clients = calloc(rows, sizeof *clients);
  *w = (world){.clients = clients, .running = (uint32_t)in[6]};
  // A tree has less than two leaves a child, and so less than four nodes; all in one piece of memory.
  uint64_t *trees = aligned_alloc(64, 64 + (size_t)rows * 64);
  for (uint32_t row = 0; row < rows; ++row) {
    client *c = clients + row;
    c->shares = field(shares, row);
    c->parent = field(parent, row);
    c->first = field(first, row);
    c->children = children[row];
    c->vcpu = field(vcpu, row);
    if (c->parent == NONE) w->root = row;
    else c->rank = row - field(first, c->parent);
    if (children[row] == 0) continue;
    uint32_t least = UINT32_MAX;
    for (uint32_t child = c->first; child < c->first + c->children; ++child) {
      if (field(shares, child) < least) least = field(shares, child);
    }
    c->slack = min(((uint64_t)in[7] << SHIFT) / least, FARTHEST);
    while (1u << c->bits < children[row]) ++c->bits;
    c->seats = 1u << c->bits;
    c->tree = trees;
    trees += 2 * c->seats;
    memset(c->tree, 0xff, 16 * c->seats);
    for (uint32_t rank = 0; rank < c->children; ++rank) put(c->tree, c->seats, rank, rank);
  }
  return world_count++;
}

/* in: a world's number, decisions, quantum in ns. A digest of the vCPUs chosen, in their order. */
static double decide(unsigned char *memory, const double *in) {
  (void)memory;
  world *w = worlds + (size_t)in[0];
  client *clients = w->clients;
  uint32_t decisions = (uint32_t)in[1], digest = 0, running = w->running;
  uint64_t quantum = (uint64_t)in[2];
  for (uint32_t decision = 0; decision < decisions; ++decision) {
    client *child = clients + running;
    for (; child->parent != NONE; child = clients + child->parent) charge(clients, child, clients + child->parent, quantum);
    child->used += quantum;
    uint32_t row = w->root;
    while (clients[row].children > 0) {
      client *group = clients + row;
      row = group->first + ((uint32_t)group->tree[1] & (group->seats - 1));
      if (clients[row].vtime > group->clock) group->clock = clients[row].vtime;
    }
    running = row;
    digest = (digest * 0x9e3779b1u) ^ clients[row].vcpu;
  }
  w->running = running;
  return digest;
}

CONTROLS({"load", load}, {"decide", decide})
