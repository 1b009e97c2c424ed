// Goal: the core places by cosine what the TypeScript twin places, VM by VM, whatever the sizes.
// Method: one case by hand; random problems of every shape; empty hosts that tie; what the core cannot take is left to the
// twin.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CosineKernel, mayUseKernel } from "../../src/place/cosine-kernel.ts";
import { packProblem } from "../../src/place/pack-vectors.ts";
import { readProblem } from "../../src/place/problem.ts";
import { compileCore } from "../support/raw-core.ts";

const core = compileCore("ballast");
const both = (
  items: number[][],
  hosts: Parameters<typeof readProblem>[1],
  spread: boolean,
): [number[], number[]] => {
  const problem = readProblem(items, hosts);
  expect(mayUseKernel(problem)).toBe(true);
  const place = (module?: WebAssembly.Module): number[] => [
    ...packProblem(problem, "cosine", { spread }, 1, module).assignment,
  ];
  return [place(core), place()];
};

test("by hand: r = (1,2) goes to (2,4); the same again finds it full and goes to (4,2)", () => {
  const [own, twin] = both(
    [
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ],
    [
      [4, 2],
      [2, 4],
    ],
    true,
  );
  expect(own).toEqual([1, 1, 0, -1]);
  expect(twin).toEqual(own);
});

describe("property: the twin's placement", () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 8 }),
    fc.constantFrom(0.1, 0.2, 0.3, 1 / 3, 2.5),
    fc.double({ min: 0.01, max: 8, noNaN: true }),
  );
  const problem = fc.integer({ min: 1, max: 4 }).chain((d) =>
    fc.record({
      items: fc.array(fc.array(value, { minLength: d, maxLength: d }), { maxLength: 60 }),
      kinds: fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: d, maxLength: d }), {
        minLength: 1,
        maxLength: 3,
      }),
      hosts: fc.array(fc.nat(2), { minLength: 1, maxLength: 30 }),
      spread: fc.boolean(),
    }),
  );

  test("VM by VM", () => {
    fc.assert(
      fc.property(problem, ({ items, kinds, hosts, spread }) => {
        const bins = hosts.map((kind) => kinds[kind % kinds.length]!);
        const [own, twin] = both(items, bins, spread);
        expect(own).toEqual(twin);
      }),
      { numRuns: 700 },
    );
  });
});

test("hosts of proportional sizes tie to the bit or not at all, as the twin says", () => {
  const bins = Array.from({ length: 64 }, (_, i) => [
    3 * (1 + (i % 7)),
    7 * (1 + (i % 7)),
    11 * (1 + (i % 7)),
  ]);
  const items = Array.from({ length: 300 }, (_, i) => [1 + (i % 3), 1 + (i % 5), 1 + (i % 7)]);
  for (const spread of [true, false]) {
    const [own, twin] = both(items, bins, spread);
    expect(own).toEqual(twin);
  }
});

test("2,000 VMs on 300 hosts, nearly full", () => {
  let state = 9;
  const next = (): number => {
    state = (Math.imul(state, 48271) >>> 0) % 2147483647;
    return state;
  };
  const items = Array.from({ length: 2000 }, () => [0, 1, 2, 3].map(() => 1 + (next() % 31)));
  const [own, twin] = both(items, { capacity: [100, 100, 100, 100], count: 300 }, true);
  expect(own).toEqual(twin);
  expect(own.filter((host) => host < 0).length).toBeGreaterThan(100);
});

test.each<[string, Parameters<typeof readProblem>]>([
  ["bins that are not counted", [[[1]], [10]]],
  ["five dimensions", [[[1, 1, 1, 1, 1]], [[9, 9, 9, 9, 9]]]],
  ["sizes too small for single precision", [[[1e-9]], [[1]]]],
])("the core does not take %s", (_, input) => {
  expect(mayUseKernel(readProblem(...input))).toBe(false);
  expect([...packProblem(readProblem(...input), "cosine", {}, 1, core).assignment]).toEqual([0]);
});

test("rejects: a host that is none aborts at the assert", () => {
  const kernel = new CosineKernel(core, readProblem([[1]], [[1], [1]]));
  expect(() => kernel.open(8)).toThrow(/cosine\.ts:\d+/);
});
