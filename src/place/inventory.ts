/**
 * VMs and hosts as tables: which columns are resources, and what every row asks for or has.
 *
 *   vms.csv    name,count,vcpu,memory            hosts.csv    name,count,vcpu,memory
 *              web,3,2,4GiB                                   big,10,64,256GiB
 *
 * The first column is the name unless one is called so; `count` stands for so many rows; `start end duration deadline` of
 * VMs are times. Every other column of the hosts that the VMs have too, and that holds numbers, is a dimension; the rest
 * are labels: failure domains of hosts, whatever rules choose VMs by.
 */
import { nearest } from "../scenario/nearest.ts";
import type { Cell, Table } from "./csv.ts";
import { PlaceError, type PlaceFault, refuseFaults } from "./place-error.ts";
import { makeProblem, type Problem } from "./problem.ts";
import type { Place, RuleNames, TimeRule } from "./rules.ts";
import {
  type Amount,
  amountOf,
  columnOf,
  countColumn,
  isNumeric,
  nameColumn,
  secondsOf,
  TIME_COLUMNS,
} from "./table-columns.ts";

export interface Inventory {
  readonly problem: Problem;
  readonly dimensions: readonly string[];
  /** Per item, per bin. */
  readonly vmNames: readonly string[];
  readonly hostNames: readonly string[];
  /** Per dimension what its numbers are: bare, bytes or MHz. */
  readonly units: readonly Amount["unit"][];
  /** Columns of text of the hosts: failure domains, a label a host. */
  readonly domains: Readonly<Record<string, readonly string[]>>;
  /** Columns of text of the VMs. */
  readonly vmLabels: Readonly<Record<string, readonly string[]>>;
  /** When VMs run, if the table says so. */
  readonly times: readonly TimeRule[] | undefined;
  /** Where each VM and host stands. */
  readonly vmAt: (vm: number) => Place;
  readonly hostAt: (host: number) => Place;
  /** What was assumed or left out, in sentences. */
  readonly notes: readonly string[];
}

export interface InventoryOptions {
  /** `cpu`, or `gpu=num_gpu` where hosts and VMs name it differently; absent: the columns that both have. */
  readonly dimensions?: readonly string[];
}

const ROWS_MAX = 10_000_000;
const FAULTS_MAX = 200;

/**
 * Makes a problem of two tables.
 *
 * @throws PlaceError with all faults
 */
export function readInventory(vms: Table, hosts: Table, options: InventoryOptions = {}): Inventory {
  refuseFaults([...emptyOf(vms, "VM"), ...emptyOf(hosts, "host")]);
  const notes: string[] = [];
  const pairs = dimensionsOf(vms, hosts, options, notes);
  const faults: PlaceFault[] = [];
  const read = (table: Table, side: "vm" | "host") =>
    readRows(
      table,
      pairs.map((pair) => pair[side]),
      faults,
    );
  const have = read(hosts, "host");
  const want = read(vms, "vm");
  for (const [d, { name, host, vm }] of pairs.entries())
    checkUnits(name, have, want, d, { hosts, vms, host, vm }, faults);
  if (have.names.length === 0 && faults.length === 0) {
    faults.push({ file: hosts.file, path: "", expected: "at least one host", got: "none" });
  }
  refuseFaults(faults.slice(0, FAULTS_MAX));
  const times = readTimes(vms, want, faults);
  refuseFaults(faults.slice(0, FAULTS_MAX));
  return {
    units: pairs.map((_, d) => have.units[d]?.unit ?? want.units[d]?.unit ?? "none"),
    domains: labelsOf(
      hosts,
      have,
      pairs.map(({ host }) => host),
    ),
    vmLabels: labelsOf(
      vms,
      want,
      pairs.map(({ vm }) => vm),
    ),
    times,
    vmAt: (vm) => placeOf(vms, want, vm),
    hostAt: (host) => placeOf(hosts, have, host),
    problem: makeProblem(pairs.length, Float64Array.from(want.values), Float64Array.from(have.values), false),
    dimensions: pairs.map(({ name }) => name),
    vmNames: want.names,
    hostNames: have.names,
    notes,
  };
}

/** A table of no rows: what its columns hold cannot be told either. */
function emptyOf({ file, rows }: Table, what: string): PlaceFault[] {
  if (rows.length > 0) return [];
  return [{ file, path: "", expected: `at least one ${what} below the header`, got: "a header only" }];
}

interface Pair {
  readonly name: string;
  readonly host: number;
  readonly vm: number;
}

function dimensionsOf(vms: Table, hosts: Table, options: InventoryOptions, notes: string[]): Pair[] {
  if (options.dimensions !== undefined) return options.dimensions.map((text) => namedPair(text, vms, hosts));
  const pairs: Pair[] = [];
  const own = (table: Table): number[] =>
    table.header.map((_, column) => column).filter((column) => isOwn(table, column));
  for (const host of own(hosts)) {
    const { text } = hosts.header[host]!;
    const vm = columnOf(vms, text);
    if (vm < 0 || !own(vms).includes(vm)) continue;
    if (isNumeric(hosts, host) && isNumeric(vms, vm)) pairs.push({ name: text, host, vm });
  }
  for (const [table, other] of [
    [vms, hosts],
    [hosts, vms],
  ] as const) {
    const rest = own(table)
      .filter((column) => isNumeric(table, column) && columnOf(other, table.header[column]!.text) < 0)
      .map((column) => table.header[column]!.text);
    if (pairs.length > 0 && rest.length > 0) {
      notes.push(
        `no dimension, because ${other.file} has no such column: ${rest.join(", ")} of ${table.file}`,
      );
    }
  }
  if (pairs.length === 0) {
    throw new PlaceError([
      {
        file: hosts.file,
        line: 1,
        column: 1,
        path: "",
        expected: `a column of numbers that ${vms.file} has too`,
        got: `${hosts.header.map(({ text }) => text).join(", ")} beside ${vms.header.map(({ text }) => text).join(", ")}`,
        hint: "where names differ, say --dimensions gpu=num_gpu (host column = VM column)",
      },
    ]);
  }
  return pairs;
}

/** Whether a column says something of its own: no name, no count, no time. */
function isOwn(table: Table, column: number): boolean {
  if (column === nameColumn(table) || column === countColumn(table)) return false;
  return !TIME_COLUMNS.some((name) => columnOf(table, name) === column);
}

/** Columns that are no dimension, a label an expanded row. */
function labelsOf(table: Table, { sources }: Rows, dimensions: readonly number[]): Record<string, string[]> {
  const columns = table.header.map((_, column) => column).filter((column) => isOwn(table, column));
  return Object.fromEntries(
    columns
      .filter((column) => !dimensions.includes(column))
      .map((column) => [table.header[column]!.text, sources.map((row) => row[column]!.text)]),
  );
}

function placeOf({ file }: Table, { sources }: Rows, row: number): Place {
  const { line, column } = sources[row]![0]!;
  return { file, line, column };
}

/** When VMs run; undefined if no column says so. */
function readTimes(table: Table, { sources }: Rows, faults: PlaceFault[]): TimeRule[] | undefined {
  const columns = TIME_COLUMNS.flatMap((key) => {
    const column = columnOf(table, key);
    return column < 0 ? [] : [[key, column] as const];
  });
  if (columns.length === 0) return undefined;
  const read = new Map<readonly Cell[], TimeRule>();
  return sources.map((row) => {
    const known = read.get(row);
    if (known !== undefined) return known;
    const time: Record<string, number> = {};
    for (const [key, column] of columns) {
      const { text, line, column: at } = row[column]!;
      if (text === "") continue;
      const seconds = secondsOf(text);
      if (seconds !== undefined && seconds >= 0) time[key] = seconds;
      else {
        const path = `${row[nameColumn(table)]!.text}.${key}`;
        faults.push({
          file: table.file,
          line,
          column: at,
          path,
          expected: "a time from 0, such as 90s or 2h",
          got: text,
        });
      }
    }
    read.set(row, time);
    return time;
  });
}

function namedPair(text: string, vms: Table, hosts: Table): Pair {
  const [host = "", vm = host] = text.split("=").map((part) => part.trim());
  const find = (table: Table, name: string): number => {
    const column = columnOf(table, name);
    if (column >= 0) return column;
    const names = table.header.map((cell) => cell.text);
    const near = nearest(name, names);
    throw new PlaceError([
      {
        file: table.file,
        line: 1,
        column: 1,
        path: "--dimensions",
        expected: `a column of ${names.join(", ")}`,
        got: name === "" ? "nothing" : name,
        hint: near === undefined ? undefined : `did you mean ${near}?`,
      },
    ]);
  };
  return { name: host, host: find(hosts, host), vm: find(vms, vm) };
}

interface Rows {
  readonly names: string[];
  /** Per name the row of the table. */
  readonly sources: (readonly Cell[])[];
  readonly values: number[];
  /** Per dimension the first cell that is not 0, and its unit. */
  readonly units: ({ readonly cell: Cell; readonly unit: Amount["unit"] } | undefined)[];
}

function readRows(table: Table, columns: readonly number[], faults: PlaceFault[]): Rows {
  const rows: Rows = { names: [], sources: [], values: [], units: columns.map(() => undefined) };
  const nameAt = nameColumn(table);
  const countAt = countColumn(table);
  const seen = new Map<string, number>();
  for (const row of table.rows) {
    const nameCell = row[nameAt]!;
    const name = nameCell.text;
    const fail = (
      cell: Cell,
      path: string,
      expected: string,
      got = cell.text === "" ? "nothing" : cell.text,
    ): void => {
      faults.push({ file: table.file, line: cell.line, column: cell.column, path, expected, got });
    };
    if (name === "") fail(nameCell, table.header[nameAt]!.text, "a name");
    const before = seen.get(name);
    if (before !== undefined) fail(nameCell, name, "a name of its own", `the one that line ${before} has`);
    seen.set(name, nameCell.line);
    const amounts = columns.map((column, d) => {
      const cell = row[column]!;
      const amount = amountOf(cell.text);
      const path = `${name}.${table.header[column]!.text}`;
      if (amount === undefined || !(amount.value >= 0 && amount.value <= 1e15))
        fail(cell, path, "a number from 0 to 1e15");
      else if (amount.value > 0) rows.units[d] = sameUnit(rows.units[d], cell, amount, path, fail);
      return amount?.value ?? 0;
    });
    const count = countAt < 0 ? 1 : countOf(row[countAt]!, name, fail);
    if (rows.names.length + count > ROWS_MAX) {
      fail(row[Math.max(0, countAt)]!, name, `at most ${ROWS_MAX} rows`, String(rows.names.length + count));
      return rows;
    }
    for (let copy = 1; copy <= count; copy += 1) {
      rows.names.push(countAt < 0 || (count === 1 && row[countAt]!.text === "1") ? name : `${name}-${copy}`);
      rows.sources.push(row);
      rows.values.push(...amounts);
    }
  }
  return rows;
}

type Fail = (cell: Cell, path: string, expected: string, got?: string) => void;

function sameUnit(
  first: { cell: Cell; unit: Amount["unit"] } | undefined,
  cell: Cell,
  { unit }: Amount,
  path: string,
  fail: Fail,
): { cell: Cell; unit: Amount["unit"] } {
  if (first === undefined) return { cell, unit };
  if (first.unit !== unit) fail(cell, path, `${WITH_UNIT[first.unit]}, as on line ${first.cell.line}`);
  return first;
}

const WITH_UNIT = {
  none: "a number without a unit",
  size: "a size with a unit",
  frequency: "a frequency",
} as const;

function countOf(cell: Cell, name: string, fail: Fail): number {
  const value = /^\d+$/.test(cell.text) ? Number(cell.text) : Number.NaN;
  if (value <= ROWS_MAX) return value;
  fail(cell, `${name}.count`, "a whole number");
  return 0;
}

/** Hosts in GiB and VMs in bare numbers do not compare. */
function checkUnits(
  name: string,
  have: Rows,
  want: Rows,
  d: number,
  { hosts, vms }: { hosts: Table; vms: Table; host: number; vm: number },
  faults: PlaceFault[],
): void {
  const [host, vm] = [have.units[d], want.units[d]];
  if (host === undefined || vm === undefined || host.unit === vm.unit) return;
  faults.push({
    file: vms.file,
    line: vm.cell.line,
    column: vm.cell.column,
    path: name,
    expected: `${WITH_UNIT[host.unit]}, as in ${hosts.file} line ${host.cell.line}`,
    got: vm.cell.text,
  });
}

/** How VMs and dimensions are called in messages. */
export function namesOf({ vmNames, dimensions, vmAt, hostAt }: Inventory): RuleNames {
  return { item: (item) => vmNames[item]!, dimension: (d) => dimensions[d]!, itemAt: vmAt, binAt: hostAt };
}

/** Where each VM goes, as CSV: `vm,host`, and `start` in seconds where VMs have times; no host where there is none. */
export function placementCsv(
  { vmNames, hostNames }: Inventory,
  { assignment, starts }: { readonly assignment: Int32Array; readonly starts?: Float64Array },
): string {
  const quoted = (text: string): string =>
    /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const rows = vmNames.map((name, vm) => {
    const host = hostNames[assignment[vm]!];
    const start = starts === undefined ? "" : `,${host === undefined ? "" : starts[vm]}`;
    return `${quoted(name)},${quoted(host ?? "")}${start}\n`;
  });
  return `vm,host${starts === undefined ? "" : ",start"}\n${rows.join("")}`;
}
