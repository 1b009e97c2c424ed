/*
 * What a C++ program would take: std::priority_queue of (time, row), under the hold model of bench/queue.bench.ts.
 */
#include "control.h"
#include <queue>
#include <vector>

struct event {
  uint64_t at;
  uint32_t row;
};

struct later {
  bool operator()(const event &a, const event &b) const { return a.at > b.at || (a.at == b.at && a.row > b.row); }
};

static std::priority_queue<event, std::vector<event>, later> pending;

/* in: address of the first times (f64), rows */
static double fill(unsigned char *memory, const double *in) {
  const double *first = (const double *)(memory + (size_t)in[0]);
  pending = {};
  for (uint32_t row = 0; row < (uint32_t)in[1]; ++row) pending.push({(uint64_t)first[row], row});
  return (double)pending.size();
}

/* in: address of the increments, mask, events that happened before, events to happen now */
static double hold(unsigned char *memory, const double *in) {
  const uint32_t *increments = (const uint32_t *)(memory + (size_t)in[0]);
  uint32_t mask = (uint32_t)in[1], from = (uint32_t)in[2], count = (uint32_t)in[3], digest = 0;
  for (uint32_t step = from; step != from + count; ++step) {
    event next = pending.top();
    pending.pop();
    digest = (digest * 0x9e3779b1u + (uint32_t)next.at) ^ next.row;
    pending.push({next.at + increments[step & mask], next.row});
  }
  return digest;
}

CONTROLS({"fill", fill}, {"hold", hold})
