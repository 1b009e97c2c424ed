/** Question: does the core find zero pages as fast as C at the same vector width, and as fast as memory is read? */
import { isZeroModel } from "../../test/model/memory/page-zero.ts";
import { PAGE } from "../../test/support/raw-core.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { fillRandom, pageArena, xorWords } from "./page-arena.ts";

/** @param data  pages in a hundred that hold data; a kernel leaves those at their first bytes */
async function zero(pages: number, data: number, title: string, rounds: number): Promise<void> {
  const arena = pageArena(pages, 1);
  const { wasm, native, bytes, pagesAt, outAt, out } = arena;
  bytes.fill(1, pagesAt, outAt); // written once, or all pages would be the kernel's one frame of zeroes
  bytes.fill(0, pagesAt, outAt);
  for (let page = 0; page < pages; page += 1) {
    if ((page * 37) % 100 < data) fillRandom(arena, pagesAt + page * PAGE, 1);
  }
  const answer = () => digest(out);
  const c = native && { zero: native.control("zeroRun"), read: native.control("readRun") };
  await run(
    title,
    {
      core: { run: () => wasm.pageZero_zeroRun(pagesAt, pages, outAt), answer },
      "C (SSE2)": c && { run: () => c.zero(pagesAt, pages, outAt), answer },
      twin: {
        run: () => {
          for (let page = 0; page < pages; page += 1) {
            const at = pagesAt + page * PAGE;
            out[page] = Number(isZeroModel(bytes.subarray(at, at + PAGE)));
          }
        },
        answer,
      },
      "C read": c && { run: () => c.read(pagesAt, pages), question: "read" },
      "TypeScript read": { run: () => xorWords(arena, pagesAt, pages), question: "read", timed: false },
    },
    {
      bytes: pages * PAGE,
      rounds,
      threadClock: native?.now,
      clear: () => out.fill(2),
      goals: [faster("core", "C (SSE2)", 0.8), faster("core", "twin"), faster("core", "C read")],
    },
  );
}

await zero(parameter("pages", 7, 8), 0, "page-zero, 32 KiB, all zero, in L1", 15);
await zero(parameter("pages", 7, 2048), 0, "page-zero, 8 MiB, all zero, in L3", 15);
await zero(parameter("pages", 50, 2048), 60, "page-zero, 8 MiB, 60 % data", 15);
await zero(parameter("pages", 7, 262_144), 0, "page-zero, 1 GiB, all zero, out of cache", 5);
