/**
 * Writes the measured speeds into README.md, between its bench marks, from bench/results/*.json: nobody types a number.
 * `npm run bench:readme`; a house test says when the two differ.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Ratio {
  readonly name: string;
  readonly ratio: number | null;
  readonly rounds: number;
  readonly atLeast?: number;
}

interface Results {
  readonly bench: string;
  readonly commit: string;
  readonly cpu: string;
  readonly processors: number;
  readonly node: string;
  readonly date: string;
  readonly runs: readonly {
    readonly title: string;
    readonly rounds: number;
    readonly ratios: readonly Ratio[];
  }[];
}

interface Scale extends Omit<Results, "runs" | "bench"> {
  readonly rows: readonly {
    readonly about: string;
    readonly wallSeconds: number;
    readonly scannedPagesPerSecond?: number;
    readonly dispatchesPerSecond?: number;
    readonly accessesPerSecond?: number;
    readonly plansPerSecond?: number;
    readonly peakBytes: number;
  }[];
}

const RESULTS = fileURLToPath(new URL("results/", import.meta.url));
const README = fileURLToPath(new URL("../README.md", import.meta.url));
const MARKS = /(<!-- bench:begin -->\n)[\s\S]*?(<!-- bench:end -->)/;

function read<T>(file: string): T {
  return JSON.parse(readFileSync(RESULTS + file, "utf8")) as T;
}

/** The table of ratios that have a goal: a row a run. */
function ratioRows(): string[] {
  const files = readdirSync(RESULTS).filter((file) => file.endsWith(".json") && file !== "scale.json");
  return files.sort().flatMap((file) =>
    read<Results>(file).runs.flatMap(({ title, rounds, ratios }) => {
      const judged = ratios.filter(({ atLeast }) => atLeast !== undefined);
      return judged.length === 0
        ? []
        : [`| ${title} | ${judged.map((one) => told(one, rounds)).join(", ")} |`];
    }),
  );
}

/** A ratio with its goal: `core / C 0.93 (≥ 0.75)`. */
function told({ name, ratio, atLeast, rounds: fit }: Ratio, rounds: number): string {
  const judged = ratio !== null && 2 * fit >= rounds;
  const verdict = judged && ratio < atLeast! ? " **missed**" : "";
  return `${name} ${judged ? ratio.toFixed(2) : "not judged"}${verdict} (≥ ${atLeast})`;
}

/** What a second of wall time comes to: pages scanned, vCPUs dispatched, memory accessed, moves planned. */
function speedOf(row: Scale["rows"][number]): string {
  const speeds = [
    ["pages", row.scannedPagesPerSecond, 1],
    ["dispatches", row.dispatchesPerSecond, 2],
    ["accesses", row.accessesPerSecond, 2],
    ["plans", row.plansPerSecond, 2],
  ] as const;
  const counted = speeds.find(([, perSecond]) => perSecond !== undefined);
  if (counted === undefined) throw new Error(`scale.json: nothing is counted in "${row.about}"`);
  const [what, perSecond, digits] = counted;
  return `${(perSecond! / 1e6).toFixed(digits)} M ${what}`;
}

function scaleRows(): string[] {
  return read<Scale>("scale.json").rows.map(
    (row) =>
      `| ${row.about} | ${row.wallSeconds.toFixed(1)} s | ${speedOf(row)} | ` +
      `${(row.peakBytes / 2 ** 30).toFixed(2)} GiB |`,
  );
}

/** README.md as it should be. */
export function freshReadme(): string {
  const { cpu, processors, node, date } = read<Scale>("scale.json");
  const text = [
    `Whole runs on ${processors} cores of an ${cpu}, Node ${node.slice(1)}, ${date} (\`npm run scale\`):`,
    "",
    "| run | wall time | a second of it | peak memory |",
    "|---|---|---|---|",
    ...scaleRows(),
    "",
    "Kernels against native code, as ratios within one run (`npm run bench`; C is gcc -O3 for SSE2, in the same process):",
    "",
    "| kernel | ratios (goals) |",
    "|---|---|",
    ...ratioRows(),
    "",
  ].join("\n");
  return readFileSync(README, "utf8").replace(
    MARKS,
    (_, begin: string, end: string) => `${begin}${text}${end}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(README, freshReadme());
