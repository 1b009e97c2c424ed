/**
 * What a running hypervisor says of a guest: QEMU's `info migrate`, `query-migrate`, `info dirty_rate`,
 * `query-dirty-rate`; `virsh domjobinfo`, `virsh domstats --dirtyrate`.
 *
 * A dirty rate says how fast, not where. Two ways to dirty hold what is true between them, where the rate was counted
 * over a period P:
 *
 *   low    D(T) = rate · min(T, P)          the same pages again after P
 *   high   D(T) = min(M − zero, rate · T)   always other pages
 *
 * P is at least 1 s: QEMU counts its `dirty pages rate` over a second or more, `calc-dirty-rate` over its `calc-time`.
 *
 * Cost: O(length).
 */
import { pageBytes } from "../scenario/units.ts";
import { TraceError } from "../trace/index.ts";
import { type Dirtying, idle, patterned } from "./dirtying.ts";
import { MigrationError } from "./fault.ts";
import type { MigrationOptions } from "./migration.ts";
import { resolveMigration } from "./resolve.ts";

/** What was found; absent: not said. */
export interface HypervisorFacts {
  readonly memoryBytes?: number;
  readonly zeroPages?: number;
  readonly dirtyPagesPerS?: number;
  /** Over which the rate was counted. */
  readonly periodS: number;
  readonly bandwidthBitsPerS?: number;
  readonly downtimeLimitNs?: number;
}

type Key = Exclude<keyof HypervisorFacts, "periodS"> | "periodS" | "pageBytes" | "dirtyBytesPerS";
/** Factor to the base unit by the unit behind a number. */
type Scale = Readonly<Record<string, number>>;

const BYTES: Scale = {
  "": 1,
  b: 1,
  bytes: 1,
  kbytes: 1024,
  kib: 1024,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1024,
  mb: 2 ** 20,
  gb: 2 ** 30,
};
const PAGES: Scale = { "": 1, pages: 1, "pages/s": 1 };
const BITS: Scale = {
  mbps: 1e6,
  "kib/s": 8192,
  "mib/s": 8 * 2 ** 20,
  "gib/s": 8 * 2 ** 30,
  "": 8,
  "b/s": 8,
};

/** Lines for people: what stands before the number, what it is. */
const LINES: readonly (readonly [label: RegExp, key: Key, scale: Scale])[] = [
  [/^total ram$|^memory total$/, "memoryBytes", BYTES],
  [/^duplicate$|^constant pages$/, "zeroPages", PAGES],
  [/^dirty pages rate$/, "dirtyPagesPerS", PAGES],
  [/^dirty rate$/, "dirtyPagesPerS", PAGES],
  [/^dirty rate$/, "dirtyBytesPerS", { "(mb/s)": 2 ** 20, "mb/s": 2 ** 20, "mib/s": 2 ** 20 }],
  [/^dirtyrate\.megabytes_per_second$/, "dirtyBytesPerS", { "": 2 ** 20 }],
  [/^dirtyrate\.calc_period$/, "periodS", { "": 1 }],
  [/^period$/, "periodS", { "": 1, "(sec)": 1, s: 1 }],
  [/^throughput$|^memory bandwidth$/, "bandwidthBitsPerS", BITS],
  [/^page size$/, "pageBytes", BYTES],
];

/** JSON of QMP, by name wherever it stands. */
const NAMES: Readonly<Record<string, readonly [key: Key, factor: number]>> = {
  total: ["memoryBytes", 1],
  duplicate: ["zeroPages", 1],
  "dirty-pages-rate": ["dirtyPagesPerS", 1],
  "dirty-rate": ["dirtyBytesPerS", 2 ** 20],
  "calc-time": ["periodS", 1],
  mbps: ["bandwidthBitsPerS", 1e6],
  "page-size": ["pageBytes", 1],
};

/**
 * Reads what a hypervisor said; several outputs may stand one behind the other.
 *
 * Throws TraceError where nothing of use is found.
 *
 * @param name  how faults call it
 */
export function parseHypervisorText(text: string, name: string): HypervisorFacts {
  const found = new Map<Key, number>();
  const json = text.trim();
  if (json.startsWith("{")) readJson(json, name, found);
  else for (const line of text.split(/\r?\n/)) readLine(line, found);
  const size = found.get("pageBytes") ?? pageBytes;
  const bytesPerS = found.get("dirtyBytesPerS");
  const pagesPerS = found.get("dirtyPagesPerS");
  const facts = {
    periodS: Math.max(1, found.get("periodS") ?? 1),
    ...optional("memoryBytes", found.get("memoryBytes")),
    ...optional("zeroPages", scaled(found.get("zeroPages"), size / pageBytes)),
    ...optional("dirtyPagesPerS", scaled(bytesPerS ?? scaled(pagesPerS, size), 1 / pageBytes)),
    ...optional("bandwidthBitsPerS", found.get("bandwidthBitsPerS")),
  };
  if (facts.dirtyPagesPerS === undefined && facts.memoryBytes === undefined) {
    const expected = "output of info migrate, calc-dirty-rate, domjobinfo or domstats --dirtyrate";
    throw new TraceError({ file: name, expected, got: "neither a memory size nor a dirty rate in it" });
  }
  return facts;
}

function readLine(line: string, found: Map<Key, number>): void {
  const match = /^\s*([A-Za-z][\w. ]*?)\s*[:=]\s*([\d.]+)\s*(\S*)/.exec(line);
  if (match === null) return;
  const [, label, digits, unit] = match;
  for (const [pattern, key, scale] of LINES) {
    const factor = scale[unit!.toLowerCase()];
    if (factor !== undefined && pattern.test(label!.toLowerCase())) found.set(key, Number(digits) * factor);
  }
}

function readJson(text: string, name: string, found: Map<Key, number>): void {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new TraceError({
      file: name,
      expected: "one JSON document",
      got: "text that begins { and is none",
    });
  }
  const visit = (value: unknown, key: string, depth: number): void => {
    const known = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
    if (typeof value === "number" && value >= 0 && known !== undefined) found.set(known[0], value * known[1]);
    if (typeof value !== "object" || value === null || depth > 5) return;
    // Disks have a `total` of their own.
    for (const [inner, one] of Object.entries(value)) if (inner !== "disk") visit(one, inner, depth + 1);
  };
  visit(root, "", 0);
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function optional<Name extends string>(name: Name, value: number | undefined): { [key in Name]?: number } {
  return (value === undefined || !(value < Infinity) ? {} : { [name]: value }) as { [key in Name]?: number };
}

/**
 * The two ways to dirty that the facts leave open.
 *
 * @param pages  that can come to be written: memory without what is zero
 */
export function dirtyingBand(
  { dirtyPagesPerS = 0, periodS }: HypervisorFacts,
  pages: number,
): { readonly low: Dirtying; readonly high: Dirtying } {
  if (dirtyPagesPerS === 0) return { low: idle, high: idle };
  return {
    low: patterned("linear", Math.min(pages, dirtyPagesPerS * periodS), dirtyPagesPerS),
    high: patterned("linear", pages, dirtyPagesPerS),
  };
}

/**
 * Options with what a hypervisor said; what is given beside it holds.
 *
 * Throws TraceError where nothing of use is found, MigrationError for options that cannot be.
 *
 * @param text  as `parseHypervisorText` takes it
 * @param name  how faults call it
 */
export function withFacts(options: Partial<MigrationOptions>, text: string, name: string): MigrationOptions {
  const facts = parseHypervisorText(text, name);
  const { memoryBytes, zeroPages, bandwidthBitsPerS, dirtyPagesPerS } = facts;
  const filled = {
    ...(memoryBytes === undefined ? {} : { memory: memoryBytes }),
    // As many as were sent, which may be more than there are: zero pages are sent again and again.
    ...(zeroPages === undefined || memoryBytes === undefined
      ? {}
      : { zero: Math.min(zeroPages * pageBytes, memoryBytes) }),
    ...(bandwidthBitsPerS === undefined ? {} : { bandwidth: bandwidthBitsPerS }),
    ...options,
  } as MigrationOptions;
  if (filled.memory === undefined) {
    throw new MigrationError([
      { path: "memory", expected: `a size, which ${name} does not say`, got: "nothing" },
    ]);
  }
  const isGiven =
    filled.dirtyRate !== undefined || filled.curve !== undefined || filled.dirtying !== undefined;
  if (dirtyPagesPerS === undefined || isGiven) return filled;
  const { memoryPages, zeroPages: zero } = resolveMigration(filled);
  return { ...filled, dirtyingBand: dirtyingBand(facts, memoryPages - zero) };
}
