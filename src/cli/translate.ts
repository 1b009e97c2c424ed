/** `ballast translate`: address translation of a stream under native, shadow and nested paging. */
import { type Command, Option } from "commander";
import {
  readPageTrace,
  TLB_NAMES,
  TRACE_FORMATS,
  TRANSLATE_COSTS,
  TRANSLATE_PATTERNS,
  type TraceFormat,
  type TranslateOptions,
  type TranslatePattern,
  type TranslateResult,
  translate,
  translateReport,
} from "../index.ts";
import { UsageError } from "./fail.ts";
import { watchInterrupt } from "./interrupt.ts";
import { colors, statusLine } from "./terminal.ts";

interface TranslateFlags {
  readonly pattern?: TranslatePattern;
  readonly pages?: string;
  readonly accesses?: string;
  readonly writes?: string;
  readonly exponent?: string;
  readonly mode?: string;
  readonly guest?: string;
  readonly host?: string;
  readonly guestLevels?: string;
  readonly hostLevels?: string;
  readonly tlb?: string;
  readonly walkCaches: boolean;
  readonly edits?: string;
  readonly forks?: string;
  readonly processes?: string;
  readonly switches?: string;
  readonly shadowTables?: string;
  readonly lazy?: boolean;
  readonly warm?: string;
  readonly touched?: boolean;
  readonly fresh?: boolean;
  readonly seed?: string;
  readonly cost?: string;
  readonly referenceCycles?: string;
  readonly format: TraceFormat | "auto";
  readonly lenient?: boolean;
  readonly explain?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const COST_NAMES = Object.keys(TRANSLATE_COSTS).filter(
  (name) => name !== "references" && name !== "cacheBytes",
);
/** What fits the help's 80 columns. */
const COSTS_A_LINE = 6;

const HELP = `
TRACE holds one reference a line, as for ballast faults; - is standard input.
--guest 4 are 4 KiB pages, 3 are 2 MiB, 2 are 1 GiB, 5 are 4 KiB in five levels;
--guest 4,3 has both sizes, by turns of 2 MiB. --host likewise.
TLBs: ${TLB_NAMES.join(" ")}.
Costs (--cost exit=2000,hiddenFault=900):
  ${COST_NAMES.slice(0, COSTS_A_LINE).join(" ")}
  ${COST_NAMES.slice(COSTS_A_LINE).join(" ")}

Examples:
  $ ballast translate --pattern uniform --pages 262144
  $ ballast translate --pattern uniform --mode nested --tlb none --guest 4
  $ ballast translate program.trace.gz --tlb zen3 --explain
  $ ballast translate --pattern zipf --edits 1% --guest 3 --host 3`;

/** The verb's arguments and options. */
export function registerTranslate(command: Command): void {
  command
    .argument("[TRACE]", "a page reference trace, or - for standard input")
    .addOption(
      new Option("--pattern <pattern>", "instead of a trace (default: uniform)").choices(TRANSLATE_PATTERNS),
    )
    .option("--pages <n>", "pages of 4 KiB that the pattern goes over (default: 65536)")
    .option("--accesses <n>", "how many (default: the trace once, or a million)")
    .option("--writes <part>", "part of the accesses that write, such as 20% (default: 0%)")
    .option("--exponent <s>", "of zipf (default: 0.99)")
    .option("--mode <list>", "native, shadow, nested, several by commas (default: all)")
    .option("--guest <list>", "levels walked in the guest's tables (default: 4)")
    .option("--host <n>", "levels walked in nested tables (default: 4)")
    .option("--guest-levels <n>", "depth of the guest's tables, 4 or 5")
    .option("--host-levels <n>", "depth of nested tables, 4 or 5")
    .option("--tlb <name>", "a processor's TLB (default: skylake-sp)")
    .option("--no-walk-caches", "no caches of paging structures and nested translations")
    .option("--edits <part>", "edits of page tables an access, such as 1%")
    .option("--forks <n>", "forks, spread over the accesses")
    .option("--processes <n>", "address spaces that map the pages (default: 1)")
    .option("--switches <part>", "switches between them an access, such as 0.1%")
    .option("--shadow-tables <n>", "tables of the shadow pool (default: as many as it takes)")
    .option("--lazy", "shadow paging: lowest tables are synchronised at invalidations only")
    .option("--warm <n>", "accesses before counting begins")
    .option("--touched", "every page has been written to once before that")
    .option("--fresh", "accessed and dirty bits are clear at the start")
    .option("--seed <n>", "of the pattern (default: 1)")
    .option("--cost <list>", "costs in cycles, such as exit=2000,traceFault=3000")
    .option("--reference-cycles <n>", "cycles an entry that a walk reads, whatever its table's size")
    .addOption(
      new Option("--format <format>", "what a line of the trace is")
        .choices(["auto", ...TRACE_FORMATS])
        .default("auto"),
    )
    .option("--lenient", "leave bad lines of the trace out")
    .option("--explain", "what each count costs")
    .option("--json", "print one JSON document on stdout and nothing else")
    .option("--quiet", "no progress")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(path: string | undefined, flags: TranslateFlags): Promise<void> {
  const options = optionsOf(flags);
  const isInput = path === "-";
  const interrupt = watchInterrupt(() => isInput && process.stdin.destroy());
  const { signal } = interrupt;
  const { show, clear } = statusLine(flags.quiet !== true);
  try {
    const trace = path === undefined ? undefined : await readTrace(path, flags, signal);
    const result = await translate({
      ...options,
      trace,
      signal,
      onProgress: ({ fraction, doing }) => show(`${Math.floor(100 * fraction)} %  ${doing}`),
    });
    clear();
    const text = flags.json === true ? JSON.stringify(jsonOf(result)) : reportOf(result, flags, options);
    process.stdout.write(`${text}\n`);
  } finally {
    clear();
    if (isInput) process.stdin.destroy();
    interrupt.done();
  }
}

function readTrace(path: string, { format, lenient = false }: TranslateFlags, signal: AbortSignal) {
  const source = path === "-" ? { name: "standard input", chunks: process.stdin } : { path };
  return readPageTrace(source, { format: format === "auto" ? undefined : format, lenient, signal });
}

function reportOf(result: TranslateResult, { explain }: TranslateFlags, options: TranslateOptions): string {
  const { costs, referenceCycles: each } = options;
  return translateReport(result, {
    ...{ paint: colors(), explain: explain ?? false },
    costs: {
      ...TRANSLATE_COSTS,
      ...costs,
      ...(each === undefined ? {} : { references: [each, each, each, each] }),
    },
  });
}

/** The counts of the first mode stand at the top; where there are several, all of them under `modes`. */
function jsonOf({ modes, ...rest }: TranslateResult): object {
  return { ...rest, ...modes[0], ...(modes.length === 1 ? {} : { modes }) };
}

function optionsOf(flags: TranslateFlags): TranslateOptions {
  return {
    pattern: flags.pattern,
    pages: number("--pages", flags.pages),
    accesses: number("--accesses", flags.accesses),
    writes: part("--writes", flags.writes),
    exponent: number("--exponent", flags.exponent),
    // What is no mode is told by `translate`.
    modes: flags.mode?.split(",").map((mode) => mode.trim().toLowerCase()) as TranslateOptions["modes"],
    guest: flags.guest?.split(",").map((levels) => number("--guest", levels)!),
    host: number("--host", flags.host),
    guestLevels: number("--guest-levels", flags.guestLevels),
    hostLevels: number("--host-levels", flags.hostLevels),
    tlb: flags.tlb,
    walkCaches: flags.walkCaches,
    edits: part("--edits", flags.edits),
    forks: number("--forks", flags.forks),
    processes: number("--processes", flags.processes),
    switches: part("--switches", flags.switches),
    shadowTables: number("--shadow-tables", flags.shadowTables),
    lazy: flags.lazy,
    warm: number("--warm", flags.warm),
    touched: flags.touched,
    fresh: flags.fresh,
    seed: number("--seed", flags.seed),
    costs: flags.cost === undefined ? undefined : costsOf(flags.cost),
    referenceCycles: number("--reference-cycles", flags.referenceCycles),
  };
}

function number(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\s*\d+(?:\.\d+)?(?:e\d+)?\s*$/i.test(text) && Number.isFinite(value)) return value;
  throw new UsageError(`${flag}: expected a number of 0 or more, got ${text.trim() || "nothing"}`);
}

/** `1%`, or 0.01. */
function part(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = text.trim().endsWith("%");
  const value = number(flag, percent ? text.trim().slice(0, -1) : text)! / (percent ? 100 : 1);
  if (value <= 1) return value;
  throw new UsageError(`${flag}: expected a part from 0 to 1, or 0% to 100%, got ${text.trim()}`);
}

function costsOf(text: string): TranslateOptions["costs"] {
  const pairs = text.split(",").map((pair) => {
    const [name = "", value] = pair.split("=");
    if (value === undefined)
      throw new UsageError(`--cost: expected name=cycles, got ${pair.trim() || "nothing"}`);
    return [name.trim(), number(`--cost ${name.trim()}`, value)];
  });
  return Object.fromEntries(pairs) as TranslateOptions["costs"];
}
