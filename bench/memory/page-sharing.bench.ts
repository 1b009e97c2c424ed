/**
 * Question: how near does the core's scan come to C that does the same work with prefetch? Every page of a host is
 * visited once, contents are ids; pmap, counts, free lists, table and counters are brought up to date.
 */
import { faster, parameter, run } from "../harness.ts";
import { scanModel } from "../model/page-sharing.ts";
import { loadDuplicates, loadMixes, type SharingArena, scanOnce, sharingArena } from "./sharing-arena.ts";

/** @param timesTwin  false: the twin only confirms */
async function scan(arena: SharingArena, title: string, timesTwin: boolean, atLeast?: number): Promise<void> {
  const { core, native, tableAt, restore, digest, now } = arena;
  const c = native?.control("scan");
  const restored = (pass: () => unknown) => ({
    run: () => {
      restore();
      pass();
    },
    answer: digest,
  });
  await run(
    title,
    {
      core: restored(() => scanOnce(arena)),
      C: c && restored(() => c(tableAt)),
      twin: { ...restored(() => scanModel(core)), timed: timesTwin },
    },
    { rounds: 7, threadClock: now, goals: [faster("core", "C", atLeast), faster("core", "twin")] },
  );
}

async function both(pages: number, size: string, timesTwin: boolean, atLeast?: number): Promise<void> {
  const duplicates = sharingArena(1, pages, "sequential", (core) => loadDuplicates(core, 0.3));
  await scan(duplicates, `page-sharing scan, ${size} ids, 30 % duplicates`, timesTwin, atLeast);
  const each = Math.floor(pages / 20);
  const mix = sharingArena(20, each, "sequential", (core) => loadMixes(core, 400_000, 300_000));
  const title = `page-sharing scan, ${size} ids of 20 VMs: zero 30 %, common 40 %, unique 30 %`;
  await scan(mix, title, timesTwin, atLeast);
}

await both(parameter("pages", 8192, 1 << 20), "1 M", true);
await both(parameter("pages", 20_000, 1 << 24), "16 M", false, 0.75);
