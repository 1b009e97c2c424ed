/**
 * Question: do two workers of the pool over one shared memory gain as much as two native threads do, here and now?
 *
 * On a busy machine neither gains anything. Rounds in which two native threads were not at least 1.7 times as fast as one
 * do not count; the table says how many did.
 */
import { createPool, slicesOf } from "../../src/core/threads/pool.ts";
import { PAGE } from "../../test/support/raw-core.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { fillRandom, pageArena } from "../memory/page-arena.ts";

const NATIVE_SCALING_MIN = 1.7;

/** @param passes  times that the pages are hashed in one run, so that fork and join do not count */
async function scale(
  pages: number,
  passes: number,
  title: string,
  rounds: number,
  atLeast?: number,
): Promise<void> {
  const arena = pageArena(pages, 8, true);
  const { wasm, native, pagesAt, outAt, out } = arena;
  fillRandom(arena, pagesAt, pages);
  const slice = (from: number, count: number) => [pagesAt + from * PAGE, count, outAt + 8 * from];
  // A row comes again a whole pass later, and gets the same hash.
  const slices = (threads: number) =>
    Array.from({ length: passes }, () => slicesOf(pages, threads, slice)).flat();
  const alone = () => {
    for (let pass = 0; pass < passes; pass += 1) wasm.pageHash_hashRun(pagesAt, pages, outAt);
  };
  const one = await createPool({ ...arena, threads: 1 });
  const two = await createPool({ ...arena, threads: 2 });
  const [slicesOfOne, slicesOfTwo] = [slices(1), slices(2)];
  const answer = () => digest(out);
  const c = native && { one: native.control("hashPasses"), two: native.control("hashPassesTwo") };
  await run(
    title,
    {
      core: { run: alone, answer },
      "pool of 1": { run: () => one.run("pageHash_hashRun", slicesOfOne), answer },
      "pool of 2": { run: () => two.run("pageHash_hashRun", slicesOfTwo), answer },
      "C, 1 thread": c && { run: () => c.one(pagesAt, pages, outAt, passes), answer },
      "C, 2 threads": c && { run: () => c.two(pagesAt, pages, outAt, passes), answer },
    },
    {
      bytes: passes * pages * PAGE,
      rounds,
      clear: () => out.fill(0),
      goals: [
        {
          name: "scaling of the pool / scaling of C",
          needs: ["C, 1 thread", "C, 2 threads"],
          ratio(time) {
            const native = time["C, 1 thread"]! / time["C, 2 threads"]!;
            // Where two native threads gain little, somebody else had the second processor.
            return native < NATIVE_SCALING_MIN ? Number.NaN : time["core"]! / time["pool of 2"]! / native;
          },
          ...(atLeast === undefined ? {} : { atLeast }),
        },
        faster("pool of 2", "C, 2 threads"),
        faster("pool of 2", "core"),
        faster("C, 2 threads", "C, 1 thread"),
        faster("pool of 1", "core"),
      ],
    },
  );
  await Promise.all([one.dispose(), two.dispose()]);
}

/** What a fork and a join cost: a run that has nothing to do, against a call that has nothing to do. */
async function forkJoin(): Promise<void> {
  const arena = pageArena(1, 8, true);
  const { wasm, pagesAt, outAt, out } = arena;
  const two = await createPool({ ...arena, threads: 2 });
  const empty = [[pagesAt, 0, outAt]];
  const answer = () => digest(out);
  await run(
    "pool of 2, a run of nothing: fork and join",
    {
      call: { run: () => wasm.pageHash_hashRun(pagesAt, 0, outAt), answer },
      "fork and join": { run: () => two.run("pageHash_hashRun", empty), answer },
    },
    { clear: () => out.fill(0) },
  );
  await two.dispose();
}

await scale(parameter("pages", 40, 2048), 16, "two workers, hash of 8 MiB, 16 times", 21, 0.9);
// No goal: one core thread already takes more of the memory's bandwidth than one of C, so it has less to gain.
await scale(parameter("pages", 40, 131_072), 1, "two workers, hash of 512 MiB", 11);
await forkJoin();
