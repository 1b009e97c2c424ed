/*
 * The native side of the queue bench: the tree of assembly/queue.ts in C, on the same columns, under the hold model.
 *
 * Written without ternaries on what depends on times: gcc makes branches of those, which a walk through a random tree
 * mispredicts, and is two to four times slower for it.
 */
#include "control.h"
#include <string.h>

#define NEVER UINT64_MAX

/* Addresses and numbers, in the order in which bench/queue.bench.ts writes them. */
enum { AT, DUE, WINNER, INCREMENTS, MASK, EVENTS, NODES, WORDS };

typedef struct {
  uint64_t *at, *due;
  uint32_t *winner;
  uint32_t events, nodes;
} queue;

static inline uint64_t min(uint64_t a, uint64_t b) { return a < b ? a : b; }

static inline uint64_t time_of(const queue *q, uint32_t event) { return event < q->events ? q->at[event] : NEVER; }

static inline void schedule(const queue *q, uint32_t event, uint64_t at) {
  q->at[event] = at;
  uint32_t first = event & ~3u;
  uint64_t a = q->at[first], b = time_of(q, first + 1), c = time_of(q, first + 2), d = time_of(q, first + 3);
  uint64_t left = min(a, b), right = min(c, d), due = min(min(left, right), NEVER - 1) + 1;
  uint32_t in_left = b < a, in_right = 2 + (d < c);
  uint32_t winner = first + (in_left ^ ((in_left ^ in_right) & -(uint32_t)(right < left)));
  for (uint32_t node = (q->nodes + (event >> 1)) >> 1; node > 0; node >>= 1) {
    q->due[node] = due;
    q->winner[node] = winner;
    uint64_t other = q->due[node ^ 1];
    winner ^= (winner ^ q->winner[node ^ 1]) & -(uint32_t)(other - (node & 1) < due);
    due = min(other, due);
  }
}

/* in: address of the table, events that happened before, events to happen now */
static double hold(unsigned char *memory, const double *in) {
  uint32_t t[WORDS], digest = 0, from = (uint32_t)in[1], count = (uint32_t)in[2];
  memcpy(t, memory + (size_t)in[0], sizeof t);
  const queue q = {
      .at = (uint64_t *)(memory + t[AT]), .due = (uint64_t *)(memory + t[DUE]), .winner = (uint32_t *)(memory + t[WINNER]),
      .events = t[EVENTS], .nodes = t[NODES],
  };
  const uint32_t *increments = (uint32_t *)(memory + t[INCREMENTS]);
  for (uint32_t step = from; step != from + count; ++step) {
    uint32_t event = q.winner[1];
    uint64_t at = q.at[event];
    digest = (digest * 0x9e3779b1u + (uint32_t)at) ^ event;
    schedule(&q, event, at + increments[step & t[MASK]]);
  }
  return digest;
}

CONTROLS({"hold", hold})
