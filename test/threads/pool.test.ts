// Goal: the pool writes the bytes that one thread writes, however many workers it has, and no error gets lost.
// Method: the same pages hashed by 0, 1, 2 and 3 workers; then each way in which a run can fail.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CoreAbort } from "../../src/core/abort.ts";
import { createPool, type Pool, slicesOf, threadsAvailable } from "../../src/core/threads/pool.ts";
import { ARENA, PAGE, rawCore, sanityBytes } from "../support/raw-core.ts";

const PAGES = 100;
const OUT = ARENA + PAGES * PAGE;
const core = rawCore(PAGES * PAGE + 8 * PAGES, true);
const results = core.bytes.subarray(OUT, OUT + 8 * PAGES);
core.bytes.set(sanityBytes(PAGES * PAGE), ARENA);
core.wasm.pageHash_hashRun(ARENA, PAGES, OUT);
const alone = results.slice();

const hashSlice = (from: number, count: number) => [ARENA + from * PAGE, count, OUT + 8 * from];
const pools: Pool[] = [];

beforeAll(async () => {
  for (const threads of [1, 2, 3]) pools.push(await createPool({ ...core, threads }));
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.dispose()));
});

test("1, 2 and 3 workers write the bytes of one thread", async () => {
  for (const pool of pools) {
    results.fill(0);
    await pool.run("pageHash_hashRun", slicesOf(PAGES, pool.threads, hashSlice));
    expect(results, `${pool.threads} workers`).toEqual(alone);
  }
});

test("property: however the rows are cut", async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: PAGES - 1 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(cuts, fc.nat(2), async (cut, row) => {
      const edges = [...new Set([0, ...cut, PAGES])].toSorted((a, b) => a - b);
      results.fill(0);
      await pools[row]!.run(
        "pageHash_hashRun",
        edges.slice(1).map((end, i) => hashSlice(edges[i]!, end - edges[i]!)),
      );
      expect(results).toEqual(alone);
    }),
    { numRuns: 50 },
  );
});

test("more slices than one fork holds", async () => {
  results.fill(0);
  // The pages come last, so a fork that forgot the rest would leave zeroes.
  const slices = Array.from({ length: 2000 + PAGES }, (_, i) =>
    i < 2000 ? [ARENA, 0, OUT] : hashSlice(i - 2000, 1),
  );
  await pools[1]!.run("pageHash_hashRun", slices);
  expect(results).toEqual(alone);
});

test("runs asked for at the same time take turns", async () => {
  results.fill(0);
  const pool = pools[1]!;
  const slices = slicesOf(PAGES, pool.threads, hashSlice);
  await Promise.all([
    pool.run("pageZero_zeroRun", [[ARENA, PAGES, OUT]]),
    pool.run("pageHash_hashRun", slices),
    pool.run("pageHash_hashRun", []),
  ]);
  expect(results).toEqual(alone);
});

test("slicesOf covers each row once", () => {
  expect(slicesOf(0, 2, (from, count) => [from, count])).toEqual([]);
  expect(slicesOf(3, 2, (from, count) => [from, count])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 64 }), (rows, threads) => {
      let next = 0;
      for (const [from, count] of slicesOf(rows, threads, (from, count) => [from, count])) {
        expect(from).toBe(next);
        next += count!;
      }
      expect(next).toBe(rows);
    }),
  );
});

test("rejects: an assert in a worker arrives as CoreAbort with file and line, and the pool goes on", async () => {
  const pool = pools[2]!;
  const beyond = core.memory.buffer.byteLength;
  const failed = pool.run("pageHash_hashRun", [
    [ARENA, 1, OUT],
    [beyond, 1, OUT],
    [ARENA, 1, OUT],
  ]);
  await expect(failed).rejects.toThrow(CoreAbort);
  await expect(failed).rejects.toThrow(/memory\/page-hash\.ts:\d+/);
  results.fill(0);
  await pool.run("pageHash_hashRun", slicesOf(PAGES, pool.threads, hashSlice));
  expect(results).toEqual(alone);
});

test("rejects: a kernel that is not there, too many numbers, options that cannot be", async () => {
  const pool = pools[0]!;
  await expect(pool.run("pageHash_nothing", [[0]])).rejects.toThrow(/got pageHash_nothing/);
  await expect(pool.run("pageHash_hashRun", [Array(9).fill(0)])).rejects.toThrow(/at most 8 numbers, got 9/);
  await expect(createPool({ ...core, threads: 0 })).rejects.toThrow(/threads: expected an integer from 1/);
  const memory = new WebAssembly.Memory({ initial: 1 });
  await expect(createPool({ ...core, memory, threads: 1 })).rejects.toThrow(
    /memory: expected a shared memory/,
  );
});

test("rejects: a run after dispose, and one that dispose interrupts", async () => {
  const pool = await createPool({ ...core, threads: 2 });
  const interrupted = pool.run("pageHash_hashRun", slicesOf(PAGES, 2, hashSlice));
  const outcome = interrupted.then(
    () => "done",
    (fault: Error) => fault.message,
  );
  await pool.dispose();
  expect(["done", "the pool was disposed of"]).toContain(await outcome);
  await expect(pool.run("pageHash_hashRun", [[ARENA, 1, OUT]])).rejects.toThrow(/disposed of/);
  await pool.dispose();
});

test("a process with an idle pool ends by itself, disposed of or not", async () => {
  const script = fileURLToPath(new URL("./idle-pool.ts", import.meta.url));
  const strip = fileURLToPath(new URL("../../scripts/strip.mjs", import.meta.url));
  for (const dispose of ["yes", "no"]) {
    const { stdout } = await promisify(execFile)(process.execPath, [strip, script, dispose], {
      timeout: 20_000,
    });
    expect(stdout).toBe("ran\n");
  }
});

test("threads are available in Node", () => {
  expect(threadsAvailable()).toBe(true);
});
