/** Question: does the core compare pages as fast as the C library's memcmp, which may use wider vectors than Wasm has? */
import { equalModel } from "../../test/model/memory/page-compare.ts";
import { PAGE } from "../../test/support/raw-core.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { fillRandom, pageArena, xorWords } from "./page-arena.ts";

/** Two runs of `pages` pages; all equal but one, so that every byte is looked at. */
async function compare(pages: number, title: string, rounds: number, atLeast?: number): Promise<void> {
  const arena = pageArena(2 * pages, 1);
  const { wasm, native, bytes, pagesAt: a, outAt } = arena;
  const b = a + pages * PAGE;
  fillRandom(arena, a, pages);
  bytes.copyWithin(b, a, b);
  bytes[b + pages * PAGE - 1]! ^= 1;
  const out = bytes.subarray(outAt, outAt + pages);
  const answer = () => digest(out);
  const c = native && { compare: native.control("compareRun"), read: native.control("readRun") };
  await run(
    title,
    {
      core: { run: () => wasm.pageCompare_compareRun(a, b, pages, outAt), answer },
      "C memcmp": c && { run: () => c.compare(a, b, pages, outAt), answer },
      twin: {
        run: () => {
          for (let page = 0; page < pages; page += 1) {
            const [x, y] = [a + page * PAGE, b + page * PAGE];
            out[page] = Number(equalModel(bytes.subarray(x, x + PAGE), bytes.subarray(y, y + PAGE)));
          }
        },
        answer,
      },
      "C read": c && { run: () => c.read(a, 2 * pages), question: "read" },
      "TypeScript read": { run: () => xorWords(arena, a, 2 * pages), question: "read", timed: false },
    },
    {
      bytes: 2 * pages * PAGE,
      rounds,
      threadClock: native?.now,
      clear: () => out.fill(2),
      goals: [faster("core", "C memcmp", atLeast), faster("core", "twin"), faster("core", "C read")],
    },
  );
}

await compare(parameter("pages", 4, 4), "page-compare, 2 × 16 KiB, in L1", 15);
await compare(parameter("pages", 4, 1024), "page-compare, 2 × 4 MiB, in L3", 15);
await compare(parameter("pages", 4, 131_072), "page-compare, 2 × 512 MiB, out of cache", 5, 0.65);
