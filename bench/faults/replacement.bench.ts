/**
 * Question: is one pass of LRU for all numbers of frames worth its tree, against a replay for each number? And what do the
 * reader and OPT gain over what one would write first?
 */
import { lruCurve, replacementFaults } from "../../src/faults/index.ts";
import { type PageTrace, pageTraceOf } from "../../src/trace/index.ts";
import { TraceParser } from "../../src/trace/parse.ts";
import { faster, parameter, run } from "../harness.ts";
import { xorshift32 } from "../random.ts";

const references = parameter("references", 3000, 1_000_000);
const distinct = parameter("distinct pages", 60, 4000);
const counts = [8, 16, 32, 64, 128, 256, 512, 1024];

/** Mostly near where the program was, now and then elsewhere. */
function pagesOf(): { pages: Uint32Array; writes: Uint8Array } {
  const draw = xorshift32(7);
  const pages = new Uint32Array(references);
  const writes = new Uint8Array(references);
  let home = 0;
  for (let at = 0; at < references; at += 1) {
    const word = draw();
    if (word % 64 === 0) home = (word >>> 6) % distinct;
    const span = word % 5 === 0 ? 200 : 8;
    pages[at] = (home + ((word >>> 8) % span)) % distinct;
    writes[at] = word % 9 === 0 ? 1 : 0;
  }
  return { pages, writes };
}

const { pages, writes } = pagesOf();
const trace = pageTraceOf(pages, writes);
const text = new TextEncoder().encode(
  Array.from(pages, (page, at) => `${page.toString(16).padStart(5, "0")}${writes[at] ? "W" : "R"}\n`).join(
    "",
  ),
);

await run(
  `lru, ${references} references to ${distinct} pages, ${counts.length} numbers of frames`,
  {
    "one pass": () => {
      const curve = lruCurve(trace);
      return counts
        .map((frames) => Math.min(frames, trace.pageNumbers.length))
        .map((at) => [curve.faults[at], curve.writeBacks[at]])
        .join();
    },
    "a Map for each": () => counts.map((frames) => mapLru(trace, frames)).join(),
  },
  { goals: [faster("one pass", "a Map for each", 5)] },
);

await run(
  `opt, ${references} references, 64 frames`,
  {
    heap: () => replacementFaults(trace, { frames: [64], policies: ["opt"] })[0]!.faults,
    "search of the frames": () => searchOpt(trace, 64),
  },
  { goals: [faster("heap", "search of the frames", 2)] },
);

await run(
  `reading ${references} lines`,
  {
    parser: () => {
      const parser = new TraceParser("bench");
      parser.push(text);
      parser.finish();
      return summary(parser.builder.finish());
    },
    "split and match": () => summary(splitAndMatch()),
  },
  { bytes: text.length, goals: [faster("parser", "split and match", 3)] },
);

function summary({ references: all, pageNumbers, writes: written }: PageTrace): string {
  return [all.length, pageNumbers.length, written, all.at(-1)].join();
}

function mapLru({ references: all }: PageTrace, frames: number): [number, number] {
  const held = new Map<number, number>();
  let [faults, writeBacks] = [0, 0];
  for (const word of all) {
    const row = word >>> 1;
    const dirty = held.get(row);
    if (dirty !== undefined) held.delete(row);
    else {
      faults += 1;
      if (held.size === frames) {
        const [victim, wasDirty] = held.entries().next().value!;
        writeBacks += wasDirty;
        held.delete(victim);
      }
    }
    held.set(row, (dirty ?? 0) | (word & 1));
  }
  return [faults, writeBacks];
}

/** Belady's policy with a look at every frame where one has to go. */
function searchOpt({ references: all, pageNumbers }: PageTrace, frames: number): number {
  const next = new Float64Array(all.length);
  const later = new Float64Array(pageNumbers.length).fill(Infinity);
  for (let at = all.length - 1; at >= 0; at -= 1) {
    next[at] = later[all[at]! >>> 1]!;
    later[all[at]! >>> 1] = at;
  }
  const held = new Map<number, number>();
  let faults = 0;
  for (let at = 0; at < all.length; at += 1) {
    const row = all[at]! >>> 1;
    if (!held.has(row)) {
      faults += 1;
      if (held.size === frames) {
        let [victim, farthest] = [-1, -1];
        for (const [one, use] of held) if (use > farthest) [victim, farthest] = [one, use];
        held.delete(victim);
      }
    }
    held.set(row, next[at]!);
  }
  return faults;
}

function splitAndMatch(): PageTrace {
  const found: [number, boolean][] = [];
  for (const line of new TextDecoder().decode(text).split("\n")) {
    if (line === "") continue;
    const match = /^([0-9a-f]{5})([RW])$/i.exec(line)!;
    found.push([Number.parseInt(match[1]!, 16), match[2] === "W"]);
  }
  return pageTraceOf(
    found.map(([page]) => page),
    found.map(([, write]) => write),
  );
}
