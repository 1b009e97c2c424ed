/**
 * Question: how near does the core's XXH3-64 of 4 KiB pages come to libxxhash at the same vector width, how far ahead of
 * the npm package is it, and does it keep up with memory when pages are not in the cache?
 */
import xxhash from "xxhash-wasm";
import { xxh3Model, xxh64Model } from "../../test/model/memory/page-hash.ts";
import { PAGE } from "../../test/support/raw-core.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { fillRandom, type PageArena, pageArena, xorWords } from "./page-arena.ts";

/** A twin: one page after another through a function of its bytes. */
function each(
  { bytes, memory, pagesAt, outAt }: PageArena,
  pages: number,
  hash: (page: Uint8Array) => bigint,
) {
  const views = Array.from({ length: pages }, (_, page) =>
    bytes.subarray(pagesAt + page * PAGE, pagesAt + (page + 1) * PAGE),
  );
  const results = new BigUint64Array(memory.buffer, outAt, pages);
  return () => {
    for (let page = 0; page < pages; page += 1) results[page] = hash(views[page]!);
  };
}

const { h64Raw } = await xxhash();

/** The npm package, page by page. A caller with a run of pages has to make a view of each: that is part of its price. */
function pageByPage({ bytes, memory, pagesAt, outAt }: PageArena, pages: number) {
  const results = new BigUint64Array(memory.buffer, outAt, pages);
  return () => {
    for (let page = 0; page < pages; page += 1) {
      const at = pagesAt + page * PAGE;
      results[page] = h64Raw(bytes.subarray(at, at + PAGE));
    }
  };
}

async function inCache(pages: number, title: string): Promise<void> {
  const arena = pageArena(pages, 8);
  const { wasm, native, pagesAt, outAt, out } = arena;
  fillRandom(arena, pagesAt, pages);
  const answer = () => digest(out);
  const c = native && { hash: native.control("hashRun"), xxh64: native.control("xxh64Run") };
  await run(
    title,
    {
      core: { run: () => wasm.pageHash_hashRun(pagesAt, pages, outAt), answer },
      "C XXH3 (SSE2)": c && { run: () => c.hash(pagesAt, pages, outAt), answer },
      twin: { run: each(arena, pages, (page) => xxh3Model(page)), answer },
      "core XXH64": { run: () => wasm.pageHash_xxh64Run(pagesAt, pages, outAt), answer, question: "XXH64" },
      "C XXH64": c && { run: () => c.xxh64(pagesAt, pages, outAt), answer, question: "XXH64" },
      "xxhash-wasm h64Raw": { run: pageByPage(arena, pages), answer, question: "XXH64" },
      "h64Raw, views made before": {
        run: each(arena, pages, (page) => h64Raw(page)),
        answer,
        question: "XXH64",
      },
      "twin XXH64": { run: each(arena, pages, (page) => xxh64Model(page)), answer, question: "XXH64" },
    },
    {
      bytes: pages * PAGE,
      threadClock: native?.now,
      clear: () => out.fill(0),
      goals: [
        faster("core", "C XXH3 (SSE2)", 0.8),
        faster("core", "xxhash-wasm h64Raw", 3.3),
        faster("core", "h64Raw, views made before"),
        faster("core", "twin"),
        faster("core XXH64", "C XXH64"),
      ],
    },
  );
}

async function outOfCache(pages: number, title: string): Promise<void> {
  const arena = pageArena(pages, 8);
  const { wasm, native, pagesAt, outAt, out } = arena;
  fillRandom(arena, pagesAt, pages);
  const answer = () => digest(out);
  const c = native && { hash: native.control("hashRun"), read: native.control("readRun") };
  const sample = Math.min(pages, 64);
  const sampled = () => digest(out.subarray(0, 8 * sample));
  await run(
    title,
    {
      core: { run: () => wasm.pageHash_hashRun(pagesAt, pages, outAt), answer },
      "C XXH3 (SSE2)": c && { run: () => c.hash(pagesAt, pages, outAt), answer },
      "core, first pages": {
        run: () => wasm.pageHash_hashRun(pagesAt, sample, outAt),
        answer: sampled,
        question: "first pages",
        timed: false,
      },
      "twin, first pages": {
        run: each(arena, sample, (page) => xxh3Model(page)),
        answer: sampled,
        question: "first pages",
        timed: false,
      },
      "xxhash-wasm h64Raw": { run: pageByPage(arena, pages), answer, question: "XXH64" },
      "core XXH64": { run: () => wasm.pageHash_xxh64Run(pagesAt, pages, outAt), answer, question: "XXH64" },
      "C read": c && { run: () => c.read(pagesAt, pages), question: "read" },
      "TypeScript read": { run: () => xorWords(arena, pagesAt, pages), question: "read", timed: false },
    },
    {
      bytes: pages * PAGE,
      rounds: 9,
      threadClock: native?.now,
      clear: () => out.fill(0),
      goals: [
        faster("core", "C read", 0.65),
        faster("core", "C XXH3 (SSE2)"),
        faster("core", "xxhash-wasm h64Raw", 3.3),
        faster("C XXH3 (SSE2)", "C read"),
      ],
    },
  );
}

await inCache(parameter("pages", 3, 16), "page-hash, 64 KiB, in cache");
await inCache(parameter("pages", 3, 2048), "page-hash, 8 MiB, in L3");
await outOfCache(parameter("pages", 5, 262_144), "page-hash, 1 GiB, out of cache");
