/**
 * Question: how near does the core's scan come to C that does the same work with prefetch? Every page of a host is
 * visited once, contents are ids; pmap, counts, free lists, table and counters are brought up to date.
 */
import { faster, parameter, run } from "../harness.ts";
import { loadDuplicates, loadMixes, type SharingArena, scanOnce, sharingArena } from "./sharing-arena.ts";

async function scan(arena: SharingArena, title: string, atLeast?: number): Promise<void> {
  const { native, tableAt, restore, digest, now } = arena;
  const c = native?.control("scan");
  await run(
    title,
    {
      core: {
        run: () => {
          restore();
          scanOnce(arena);
        },
        answer: digest,
      },
      C: c && {
        run: () => {
          restore();
          c(tableAt);
        },
        answer: digest,
      },
    },
    { rounds: 7, threadClock: now, goals: [faster("core", "C", atLeast)] },
  );
}

const pages = parameter("pages", 8192, 1 << 24);
await scan(
  sharingArena(1, pages, "sequential", (core) => loadDuplicates(core, 0.3)),
  "page-sharing scan, 16 M ids, 30 % duplicates",
  0.75,
);
await scan(
  sharingArena(20, Math.floor(pages / 20), "sequential", (core) => loadMixes(core, 400_000, 300_000)),
  "page-sharing scan, 16 M ids of 20 VMs: zero 30 %, common 40 %, unique 30 %",
  0.75,
);
