// Goal: the core does to any memory what the naive model of the whole mechanism does: mappings, contents, flags,
// reference counts, free frames, every counter of sharing.
// Method: random sequences of reads, writes, drops and visits on small hosts, many of which run out of frames, with
// few contents so that pages meet, and few hash bits so that hashes lie.

import fc from "fast-check";
import { expect, test } from "vitest";
import { mix64 } from "../model/prng.ts";
import { applyBoth, type Command, expectEqual, twinsOf } from "../support/twin.ts";
import { BUILDS, type SmallScenario } from "../support/world.ts";

const content = fc.oneof(
  { arbitrary: fc.constant(0n), weight: 2 },
  { arbitrary: fc.bigInt({ min: 1n, max: 12n }), weight: 8 },
  { arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), weight: 1 },
);
const at = fc.nat({ max: 200 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ op: fc.constant("visit" as const), at }), weight: 8 },
  { arbitrary: fc.record({ op: fc.constant("write" as const), at, content }), weight: 6 },
  { arbitrary: fc.record({ op: fc.constant("read" as const), at }), weight: 1 },
  { arbitrary: fc.record({ op: fc.constant("rewrite" as const), at }), weight: 1 },
  { arbitrary: fc.record({ op: fc.constant("drop" as const), at }), weight: 2 },
);

/** Hosts of 1 to 3 zones and few frames; VMs of any of them, together larger than what there is. */
const smallWorld: fc.Arbitrary<SmallScenario> = fc
  .array(fc.record({ memoryPages: fc.integer({ min: 1, max: 24 }), nodes: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((hosts) =>
    fc.record({
      hosts: fc.constant(hosts.map((host, row) => ({ name: `h${row}`, ...host }))),
      vms: fc.array(
        fc.record(
          {
            pages: fc.integer({ min: 1, max: 20 }),
            host: fc.nat({ max: hosts.length - 1 }),
            salt: fc.constantFrom("red", "blue"),
          },
          { requiredKeys: ["pages", "host"] },
        ),
        { minLength: 1, maxLength: 4 },
      ),
      seed: fc.nat(),
      sharing: fc.record({
        hashBits: fc.constantFrom(1, 2, 4, 8, 16, 33, 63, 64),
        salting: fc.constantFrom("none", "group", "vm"),
      }),
    }),
  );

for (const build of BUILDS) {
  for (const form of ["ids", "bytes"] as const) {
    test(`property: the ${build} core equals its twin, contents as ${form}`, () => {
      const commands = fc.array(command, { minLength: 20, maxLength: 300, size: "max" });
      const numRuns = form === "ids" ? 600 : 200;
      fc.assert(
        fc.property(smallWorld, commands, (small, sequence) => {
          const twins = twinsOf({ ...small, content: form }, build);
          sequence.forEach((step, index) => {
            applyBoth(twins, step);
            if (index % 64 === 63) expectEqual(twins);
          });
          expectEqual(twins);
        }),
        { seed: 20_020_401, numRuns },
      );
    });
  }
}

test("twin: a file full of stale hints is swept, and goes on", () => {
  // 512 frames make 683 + 64 home slots; from 701 entries on they are swept.
  const twins = twinsOf({ vms: [{ pages: 300 }, { pages: 212 }] });
  expect(twins.core.plan.rows.slot).toBe(683 + 64 + 1024);
  let swept = 0;
  for (let step = 0; step < 6000; step += 1) {
    const draw = mix64(BigInt(step));
    const page = Number(draw % 512n);
    applyBoth(twins, { op: "write", at: page, content: (draw >> 20n) % 4000n });
    applyBoth(twins, { op: "visit", at: page });
    const entries = twins.core.columns.worldTableEntries[0]!;
    if (entries === 701) swept += 1;
    expect(entries).toBeLessThanOrEqual(701);
    if (step % 1000 === 999) expectEqual(twins);
  }
  expect(swept).toBeGreaterThan(0);
  expectEqual(twins);
});
