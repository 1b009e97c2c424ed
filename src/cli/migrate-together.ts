/** `ballast migrate --vms CSV --link RATE`: several migrations on one link. */

import { readFileSync } from "node:fs";
import {
  type LinkOptions,
  linkReport,
  MigrationError,
  migrationFaultText,
  PlaceError,
  planMigrations,
  readTable,
  type Table,
  type TogetherOptions,
} from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";
import { colors } from "./terminal.ts";

/** The flags of `ballast migrate` as they are given, in camel case. */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** Flags that are the link's or the report's; all others hold for every VM that does not say otherwise. */
const OF_THE_LINK = new Set(["vms", "link", "atOnce", "traffic", "json"]);
const REFUSED = [
  ...["page", "dirtyTrace", "program", "traceStart", "wws", "from", "solve", "sweep", "rule", "out"],
];

/** Plans and prints. */
export function migrateTogether(flags: GivenFlags): void {
  for (const name of REFUSED) {
    if (flags[name] !== undefined) throw new UsageError(`${flagOf(name)}: expected none beside --vms`);
  }
  const { vms, link, atOnce, traffic, json } = flags as Readonly<Record<string, string | undefined>>;
  if (link === undefined) throw new UsageError("--link: expected a rate beside --vms");
  const shared = Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => !OF_THE_LINK.has(name) && value !== undefined),
  );
  // What is on unless it is turned off says nothing.
  if (shared["bubbling"] === true) delete shared["bubbling"];
  const table = tableOf(vms!);
  const options: LinkOptions = {
    link,
    ...(traffic === undefined ? {} : { traffic: traffic.split(",").map((rate) => rate.trim()) }),
    ...(atOnce === undefined ? {} : { atOnce: /^[0-9]+$/.test(atOnce) ? Number(atOnce) : Number.NaN }),
    migrations: rowsOf(table, shared),
  };
  try {
    const plan = planMigrations(options);
    process.stdout.write(json ? `${JSON.stringify(plan)}\n` : `${linkReport(plan, colors())}\n`);
  } catch (fault) {
    if (!(fault instanceof MigrationError)) throw fault;
    throw new UsageError(migrationFaultText(fault.faults, (path) => placeOf(path, table)));
  }
}

function tableOf(file: string): Table {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (fault) {
    throw new UsageError(`--vms ${file}: expected a CSV, got ${fileTrouble(fault)}`);
  }
  try {
    return readTable(text, file);
  } catch (fault) {
    if (fault instanceof PlaceError) throw new UsageError(fault.message);
    throw fault;
  }
}

/** `dirty-rate`, `dirty_rate` and `Dirty Rate` are `dirtyRate`. */
function keyOf(heading: string): string {
  const words = heading
    .trim()
    .split(/[\s_-]+/)
    .filter((word) => word !== "");
  if (words.length === 1) return words[0]![0]!.toLowerCase() + words[0]!.slice(1);
  const [first = "", ...rest] = words.map((word) => word.toLowerCase());
  return first + rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

function rowsOf({ header, rows }: Table, shared: GivenFlags): TogetherOptions[] {
  const keys = header.map(({ text }) => keyOf(text));
  return rows.map((cells) => {
    const row: Record<string, unknown> = { ...shared };
    for (const [column, { text }] of cells.entries()) {
      if (text !== "") row[keys[column]!] = SWITCHES.has(keys[column]!) ? text === "yes" : text;
    }
    return row as unknown as TogetherOptions;
  });
}

const SWITCHES = new Set(["swapShared", "bubbling", "autoConverge"]);

/** `vms.csv:3 memory` of `migrations[1].memory`; `--link` of `link`. */
function placeOf(path: string, { file, rows }: Table): string {
  const match = /^migrations\[(\d+)\]\.(.*)$/.exec(path);
  if (match === null) return path === "migrations" ? file : flagOf(path);
  return `${file}:${rows[Number(match[1])]![0]!.line} ${match[2]}`;
}

function flagOf(path: string): string {
  return `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
