// Goal: a file imports from lower floors or its own room, never sideways, never up.
// Method: every import of every file against the plan of docs/HOUSE.md.

import { describe, expect, test } from "vitest";
import { filesIn, type Import, importsOf } from "./files.ts";

/** Rooms of src/ by floor; what lies in src/ itself counts as a room of its own. */
const FLOORS: Readonly<Record<string, number>> = {
  "version.ts": 0,
  generated: 0,
  number: 0,
  core: 2,
  scenario: 2,
  image: 2,
  trace: 2,
  // What is due to whom: policies divide by it.
  controls: 3,
  // Traces and inventories are read with the scenario's units and the unpacking of the rooms below.
  demand: 3,
  policy: 4,
  report: 4,
  pages: 4,
  place: 4,
  inventory: 4,
  migrate: 4,
  cluster: 5,
  sim: 5,
  // Uses what sim does of streams; experiments use it.
  translate: 5.5,
  faults: 6,
  moving: 6,
  sweep: 6,
  reproduce: 6,
  "index.ts": 7,
  "inline.ts": 8,
  cli: 9,
};

const roomOf = (file: string): string => file.split("/")[1]!;
const isLocal = ({ to }: Import): boolean => /^(src|assembly|layout|bench|test|web|examples|dist)\//.test(to);
const imports = filesIn("src", [".ts", ".js", ".mjs"]).flatMap(importsOf).filter(isLocal);

/** Imports that go sideways or up. */
function upward(all: readonly Import[]): string[] {
  return all
    .filter(({ from, to }) => {
      if (to.endsWith(".wasm")) return roomOf(from) !== "core";
      if (!to.startsWith("src/")) return true;
      const [own, other] = [FLOORS[roomOf(from)]!, FLOORS[roomOf(to)]!];
      return roomOf(from) !== roomOf(to) && !(other < own);
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

describe("src", () => {
  test("every room has a floor", () => {
    const rooms = new Set(filesIn("src", [".ts", ".js", ".mjs"]).map(roomOf));
    expect([...rooms].filter((room) => FLOORS[room] === undefined)).toEqual([]);
  });

  test("imports go down", () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(upward(imports)).toEqual([]);
  });

  test("this test sees what it should: up, sideways, and out of the house", () => {
    const bad = ["src/sim/world.ts", "src/report/html.ts", "bench/harness.ts"];
    const made = bad.map((to) => ({ from: "src/policy/memory/policy.ts", to, isType: true }));
    expect(upward(made).length).toBe(3);
  });

  test("the scenario room imports no core, the number room nothing at all", () => {
    const from = (room: string) =>
      imports.filter((one) => roomOf(one.from) === room && roomOf(one.to) !== room);
    expect(from("scenario").filter(({ to }) => to.startsWith("src/core/"))).toEqual([]);
    expect(from("number")).toEqual([]);
  });

  test("the command line, the web page and the examples use the public door only", () => {
    const outside = [
      ...filesIn("src/cli", [".ts", ".js"]),
      ...filesIn("web", [".ts", ".js", ".html"]),
      ...filesIn("examples", [".ts", ".js", ".mjs"]),
    ];
    const wrong = outside
      .flatMap(importsOf)
      .filter(({ to }) => to.startsWith("src/"))
      .filter(({ from, to }) => roomOf(from) !== roomOf(to) || !from.startsWith("src/cli/"))
      .filter(({ to }) => !/^src\/(index\.ts|inline\.ts|generated\/.*|.*\.wasm)(\?.*)?$/.test(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });
});

/** Assembly from the ground up; files of one group may import each other. */
const GROUPS: readonly (readonly string[])[] = [
  ["layout", "prng", "bits", "queue", "queue-hold", "ring"],
  ["events", "migration/phases", "migration/link"],
  [
    "memory/page-run",
    "memory/page-hash",
    "memory/page-zero",
    "memory/page-compare",
    "memory/page-compress",
    "memory/dirty-bitmap",
    "migration/xbzrle",
  ],
  [
    "memory/changes",
    "memory/content",
    "memory/refcount",
    "memory/frames",
    "memory/dirty-log",
    "memory/harvest",
    "memory/held-back",
    "memory/pmap",
    "memory/bill",
    "memory/disk",
  ],
  ["memory/use", "memory/large-page"],
  ["memory/sharing-table", "memory/page-sharing", "memory/look-ahead", "memory/visit-batch"],
  // What the other host of a VM that moves holds, and fetching it.
  [
    "memory/swap",
    "memory/zip",
    "memory/activity",
    "memory/defragment",
    "memory/harvest-look",
    "migration/landing",
    "migration/remote",
  ],
  ["memory/victims"],
  [
    "memory/scan",
    "memory/fault",
    "memory/load",
    "memory/recount",
    "memory/reclaim",
    "memory/large-look",
    "guest/accesses",
    "migration/send",
    "migration/push",
  ],
  // Address translation: formats and caches; tables; who walks them; what the monitor and the guest's kernel do.
  ["mmu/entry", "mmu/cache"],
  ["mmu/words", "mmu/registers", "mmu/guest-memory"],
  ["mmu/guest-walk", "mmu/nested", "mmu/shadow-lists", "mmu/shadow-pool"],
  ["mmu/shadow-walk", "mmu/shadow-fill", "mmu/follow"],
  ["mmu/monitor", "mmu/two-dimensional"],
  ["mmu/translate", "mmu/guest-tables", "mmu/lookups", "mmu/control"],
  ["mmu/direct-map", "mmu/spend"],
  // Guests that manage their memory: where pages are, what is given up, accesses; then what goes on in time.
  ["guest/lists", "guest/replacement", "guest/paging", "guest/pay", "guest/issue"],
  ["guest/batch", "guest/balloon", "guest/os"],
  // Processors: what everybody there knows; the tree; one vCPU's time; one pCPU; many of them.
  [
    "cpu/states",
    "cpu/kick",
    "cpu/idle",
    "cpu/topology",
    "cpu/speed",
    "cpu/clock",
    "guest/draw",
    "guest/latency",
  ],
  [
    "cpu/seats",
    "cpu/run-queue",
    "cpu/pick",
    "cpu/wants",
    "cpu/siblings",
    "cpu/vtime",
    "cpu/compare",
    "cpu/credit",
    "cpu/credit-accounts",
    "cpu/limit",
    "cpu/entitle",
    "cpu/settle",
    "cpu/guest-time",
    "cpu/account",
    "cpu/skew",
  ],
  [
    "guest/ready",
    "guest/waiting",
    "guest/locks",
    "guest/meetings",
    "guest/flow",
    "guest/arrivals",
    "guest/program",
  ],
  ["guest/sync", "guest/threads"],
  ["cpu/dispatch", "cpu/gang", "cpu/core-sharing", "cpu/fill", "cpu/balance", "cpu/wake"],
  [
    "guest/power",
    "cpu/machine",
    "cpu/places",
    "cpu/cache",
    "cpu/housekeeping",
    "cpu/interrupt",
    "cpu/turn",
    "cpu/page-wait",
    "cpu/build",
    "cpu/control",
    "cpu/decide",
    "cpu/suspend",
    "migration/switch",
    "migration/move",
    "migration/failures",
    "migration/door",
  ],
  ["advance", "world"],
  ["index"],
];
/** Mechanisms that stand alone, on the floor of page sharing, and import none of it. */
const ALONE = ["memory/tally", "cpu/entitlement", "place/cosine"];

const nameOf = (path: string): string => path.replace(/^assembly\//, "").replace(/\.ts$/, "");
const assemblyFiles = [...filesIn("assembly", [".ts"]).map(nameOf), "layout"];
const groupOf = (name: string): number =>
  ALONE.includes(name) ? 3 : GROUPS.findIndex((group) => group.includes(name));

describe("assembly", () => {
  const edges = assemblyFiles
    .filter((name) => name !== "layout")
    .flatMap((name) => importsOf(`assembly/${name}.ts`).map(({ to }) => [name, nameOf(to)] as const));

  test("every file has its place in the order", () => {
    expect(assemblyFiles.filter((name) => groupOf(name) < 0)).toEqual([]);
  });

  test("imports go down; mechanisms do not import each other", () => {
    expect(edges.length).toBeGreaterThan(40);
    const wrong = edges.filter(
      ([from, to]) =>
        groupOf(to) > groupOf(from) ||
        (ALONE.includes(from) !== ALONE.includes(to) && groupOf(to) === 3 && groupOf(from) === 3),
    );
    expect(wrong).toEqual([]);
  });

  test("no circles", () => {
    const done = new Set<string>();
    const visit = (name: string, path: readonly string[]): string[] => {
      if (path.includes(name)) return [[...path, name].join(" -> ")];
      if (done.has(name)) return [];
      const found = edges.filter(([from]) => from === name).flatMap(([, to]) => visit(to, [...path, name]));
      done.add(name);
      return found;
    };
    expect(assemblyFiles.flatMap((name) => visit(name, []))).toEqual([]);
  });
});
