// Goal: events come out in the total order (time, kind, row), kinds and rows being one number.
// Method: ties by hand, then a random schedule and the hold model against a sorted list.

import fc from "fast-check";
import { expect, test } from "vitest";
import { queueCore } from "../support/queue.ts";

const NEVER = 2n ** 64n - 1n;

test("equal times: the lower event first, whichever was scheduled first", () => {
  const { wasm } = queueCore(7);
  for (const event of [6, 2, 4, 3]) wasm.queue_schedule(event, 100n);
  const order: number[] = [];
  for (let taken = 0; taken < 4; taken += 1) {
    const event = wasm.queue_earliest();
    order.push(event);
    wasm.queue_schedule(event, NEVER);
  }
  expect(order).toEqual([2, 3, 4, 6]);
});

test("an earlier time beats a lower event, up to the last ns of 64 bits", () => {
  const { wasm } = queueCore(5);
  wasm.queue_schedule(0, NEVER - 1n);
  wasm.queue_schedule(4, NEVER - 2n);
  expect(wasm.queue_earliest()).toBe(4);
  wasm.queue_schedule(4, NEVER);
  expect(wasm.queue_earliest()).toBe(0);
});

test("rescheduling replaces: at most one pending per event", () => {
  const { wasm } = queueCore(5);
  wasm.queue_schedule(3, 10n);
  wasm.queue_schedule(2, 20n);
  wasm.queue_schedule(3, 30n);
  expect(wasm.queue_earliest()).toBe(2);
});

test("nothing pending: the earliest event is due never", () => {
  const { wasm, columns } = queueCore(4);
  expect(columns.eventAt.big(wasm.queue_earliest())).toBe(NEVER);
});

test.each([1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33])("property: %i events leave in order", (events) => {
  const { wasm, columns } = queueCore(events);
  const change = fc.record({ event: fc.nat({ max: events - 1 }), at: fc.bigInt({ min: 0n, max: 9n }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const due = Array.from({ length: events }, () => NEVER);
      for (let event = 0; event < events; event += 1) wasm.queue_schedule(event, NEVER);
      for (const { event, at } of changes) {
        due[event] = at;
        wasm.queue_schedule(event, at);
        const [first] = [...due.keys()].sort((a, b) => Number(due[a]! - due[b]!) || a - b);
        expect(wasm.queue_earliest()).toBe(first);
        expect(columns.eventAt.big(first!)).toBe(due[first!]);
      }
    }),
    { seed: 7, numRuns: 60 },
  );
});

test.each([1, 2, 4, 5, 8, 15, 32, 33])("hold model: %i events, due again and again", (events) => {
  const { wasm, columns } = queueCore(events);
  const { words } = columns.scratchWord;
  // Increments of 0 as well: the same event again, unless a lower one is due.
  const increments = Uint32Array.from({ length: 64 }, (_, row) => (row * row * 7) % 5);
  words.set(increments);
  const due = Array.from({ length: events }, (_, event) => (event * 11) % 4);
  due.forEach((at, event) => {
    wasm.queue_schedule(event, BigInt(at));
  });
  let digest = 0;
  for (let step = 0; step < 1000; step += 1) {
    const event = [...due.keys()].reduce((best, other) => (due[other]! < due[best]! ? other : best));
    digest = (Math.imul(digest, 0x9e3779b1) + due[event]!) ^ event;
    due[event]! += increments[step % 64]!;
  }
  expect(wasm.queue_hold(words.byteOffset, 63, 0, 1000)).toBe(digest);
  expect(due.map((_, event) => columns.eventAt.get(event))).toEqual(due);
});

test("the bytes depend on when events are due, not on the order in which that was said", () => {
  const events = 22;
  const { wasm, columns } = queueCore(events);
  const times = Array.from({ length: events }, (_, event) => BigInt((event * 5) % 7));
  const bytes = (order: readonly number[]) => {
    for (const event of order) wasm.queue_schedule(event, times[event]!);
    return [[...columns.treeDue.words], [...columns.treeWinner]];
  };
  const there = [...times.keys()];
  expect(bytes(there)).toEqual(bytes([...there.map((event) => (event * 9) % events), ...there.reverse()]));
});

test("rejects: an event that does not exist", () => {
  const { wasm } = queueCore(3);
  expect(() => wasm.queue_schedule(3, 1n)).toThrow(/assembly\/queue\.ts:\d+/);
});
