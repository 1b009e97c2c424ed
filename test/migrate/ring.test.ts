// Goal: arcs of a ring hold exactly the pages that a bitmap would.
// Method: any sequence of writes and sends, against a set of page numbers.

import fc from "fast-check";
import { expect, test } from "vitest";
import { RingSet } from "../../src/migrate/ring.ts";

test("what waits is not added twice; what is sent leaves in the order of memory", () => {
  const set = new RingSet(10, 1, 0);
  expect(set.add(0, 4)).toBe(4); // 0 1 2 3
  set.take(2); // 2 3
  expect(set.add(8, 5)).toBe(4); // 8 9 0 1 2, of which 2 waits
  expect(set.pages).toBe(6);
  set.take(3); // the scan stands at 2: 2, 3, 8 go
  expect(set.add(2, 2)).toBe(2);
  expect(set.add(9, 1)).toBe(0);
});

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("write" as const), pages: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ kind: fc.constant("send" as const), pages: fc.integer({ min: 0, max: 40 }) }),
  ),
  { maxLength: 40 },
);

test("property: as a bitmap that is scanned round and round", () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 32 }),
      fc.integer({ min: 0, max: 31 }),
      (all, pages, start) => {
        const set = new RingSet(pages, 1, (start % pages) / pages);
        const bitmap = new Set<number>();
        let [writer, scan] = [start % pages, 0];
        let now = 0;
        for (const step of all) {
          if (step.kind === "write") {
            set.add(now, step.pages);
            for (let i = 0; i < Math.min(pages, step.pages); i += 1) bitmap.add((writer + i) % pages);
            writer = (writer + step.pages) % pages;
            now += step.pages;
          } else {
            set.take(step.pages);
            for (let left = Math.min(step.pages, bitmap.size); left > 0; scan = (scan + 1) % pages) {
              if (bitmap.delete(scan)) left -= 1;
            }
          }
          expect(set.pages).toBeCloseTo(bitmap.size, 6);
        }
      },
    ),
  );
});
