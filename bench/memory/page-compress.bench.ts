/**
 * Question: how near does the core's LZ4 come to liblz4, over pages that look like those of memories and over those of a
 * real guest?
 */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { compressModel, decompressModel } from "../../test/model/memory/page-compress.ts";
import { compressiblePages } from "../../test/support/compressible.ts";
import { concat, sharedFile } from "../../test/support/images.ts";
import { ARENA, PAGE, type RawCore, rawCore } from "../../test/support/raw-core.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { type NativeModule, nativeModule } from "../native.ts";

/** How much faster than its naive twin the core must be at least, and how near to liblz4 it shall be. */
const TWIN = 3;
const LIBLZ4 = 0.8;

interface Arena extends RawCore {
  readonly pages: number;
  /** Two pages to compress and to decompress into. */
  readonly room: number;
  readonly blocksAt: number;
  readonly sizesAt: number;
  readonly sizes: Uint32Array;
  readonly now: (() => number) | undefined;
  /** Absent where liblz4 is. */
  readonly c: NativeModule | undefined;
}

function arenaOf(content: Uint8Array): Arena {
  const pages = content.length / PAGE;
  const room = ARENA + pages * PAGE;
  const blocksAt = room + 2 * PAGE;
  const sizesAt = blocksAt + pages * PAGE;
  const core = rawCore(sizesAt + 4 * pages - ARENA);
  core.bytes.set(content, ARENA);
  const native = nativeModule("compress", [], core.bytes);
  const c = native?.control("find")() === 1 ? native : undefined;
  if (native !== undefined && c === undefined) console.log("liblz4 left out: no liblz4.so.1 here");
  const sizes = new Uint32Array(core.memory.buffer, sizesAt, pages);
  return { ...core, pages, room, blocksAt, sizesAt, sizes, now: native?.now, c };
}

async function compress(arena: Arena, title: string): Promise<void> {
  const { wasm, bytes, pages, room, sizesAt, sizes } = arena;
  const answer = () => digest(sizes);
  const liblz4 = arena.c?.control("sizeRun");
  const core = (bound: number) => () => wasm.pageCompress_sizeRun(ARENA, pages, bound, sizesAt);
  const twin = (bound: number) => () => {
    for (let row = 0; row < pages; row += 1) {
      const at = ARENA + row * PAGE;
      const size = compressModel(bytes.subarray(at, at + PAGE)).length;
      sizes[row] = size <= bound ? size : PAGE;
    }
  };
  await run(
    `${title}, compress`,
    {
      core: { run: core(PAGE - 1), answer },
      liblz4: liblz4 && { run: () => liblz4(ARENA, pages, room, sizesAt), answer },
      twin: { run: twin(PAGE - 1), answer },
      "core, to a half": { run: core(PAGE / 2), answer, question: "half" },
      "twin, to a half": { run: twin(PAGE / 2), answer, question: "half", timed: false },
    },
    {
      bytes: pages * PAGE,
      threadClock: arena.now,
      clear: () => sizes.fill(0),
      goals: [
        faster("core", "liblz4", LIBLZ4),
        faster("core", "twin", TWIN),
        faster("core, to a half", "core"),
      ],
    },
  );
}

/** Pages whose block is not smaller stay as they are: there is nothing to decompress. */
async function decompress(arena: Arena, title: string): Promise<void> {
  const { wasm, bytes, pages, room, blocksAt, sizesAt, sizes } = arena;
  let kept = 0;
  for (let row = 0; row < pages; row += 1) {
    const size = wasm.pageCompress_compressPage(ARENA + row * PAGE, blocksAt + kept * PAGE, PAGE - 1);
    if (size < PAGE) sizes[kept++] = size;
  }
  const blocks = [...sizes.slice(0, kept)].map((size, row) => ({ size, at: blocksAt + row * PAGE }));
  const liblz4 = arena.c?.control("decompressRun");
  const sum = (bytesOf: (size: number, at: number) => number) => () =>
    blocks.reduce((all, { size, at }) => all + bytesOf(size, at), 0);
  await run(
    `${title}, decompress`,
    {
      core: sum((size, at) => PAGE * wasm.pageCompress_decompressPage(at, size, room)),
      liblz4: liblz4 && (() => liblz4(blocksAt, sizesAt, kept, room)),
      twin: sum((size, at) => decompressModel(bytes.subarray(at, at + size))!.length),
    },
    {
      bytes: kept * PAGE,
      threadClock: arena.now,
      goals: [faster("core", "liblz4"), faster("core", "twin", TWIN)],
    },
  );
}

async function bench(content: Uint8Array, title: string): Promise<void> {
  const arena = arenaOf(content);
  await compress(arena, title);
  await decompress(arena, title);
}

await bench(concat(compressiblePages(parameter("pages", 20, 500))), "page-compress, ten kinds");

const guest = sharedFile("dumps", "guest.vm0.raw.gz");
if (existsSync(guest)) {
  // From the middle: of the first megabytes, most are zero.
  const from = 8192 * PAGE;
  const pages = parameter("pages", 20, 2000);
  const image = gunzipSync(readFileSync(guest)).subarray(from, from + pages * PAGE);
  await bench(image, "page-compress, a real guest");
} else {
  console.log("a real guest left out: ../shared/oracles/pages is not here");
}
