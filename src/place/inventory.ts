/**
 * VMs and hosts as tables: which columns are resources, and what every row asks for or has.
 *
 *   vms.csv    name,count,vcpu,memory            hosts.csv    name,count,vcpu,memory
 *              web,3,2,4GiB                                   big,10,64,256GiB
 *
 * The first column is the name unless one is called so; `count` stands for so many rows. Every other column of the hosts
 * that the VMs have too, and that holds numbers, is a dimension.
 */
import { nearest } from "../scenario/nearest.ts";
import { readBytes, readMhz } from "../scenario/units.ts";
import type { Cell, Table } from "./csv.ts";
import { PlaceError, type PlaceFault, refuseFaults } from "./place-error.ts";
import { makeProblem, type Problem } from "./problem.ts";

export interface Inventory {
  readonly problem: Problem;
  readonly dimensions: readonly string[];
  /** Per item, per bin. */
  readonly vmNames: readonly string[];
  readonly hostNames: readonly string[];
  /** What was assumed or left out, in sentences. */
  readonly notes: readonly string[];
}

export interface InventoryOptions {
  /** `cpu`, or `gpu=num_gpu` where hosts and VMs name it differently; absent: the columns that both have. */
  readonly dimensions?: readonly string[];
}

const NAME_COLUMNS = ["name", "vm", "vm name", "host", "host name", "id", "sn", "instance_type"];
const COUNT_COLUMN = "count";
const ROWS_MAX = 10_000_000;
const FAULTS_MAX = 200;

/**
 * Makes a problem of two tables.
 *
 * @throws PlaceError with all faults
 */
export function readInventory(vms: Table, hosts: Table, options: InventoryOptions = {}): Inventory {
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
  return {
    problem: makeProblem(pairs.length, Float64Array.from(want.values), Float64Array.from(have.values), false),
    dimensions: pairs.map(({ name }) => name),
    vmNames: want.names,
    hostNames: have.names,
    notes,
  };
}

interface Pair {
  readonly name: string;
  readonly host: number;
  readonly vm: number;
}

function dimensionsOf(vms: Table, hosts: Table, options: InventoryOptions, notes: string[]): Pair[] {
  if (options.dimensions !== undefined) return options.dimensions.map((text) => namedPair(text, vms, hosts));
  const pairs: Pair[] = [];
  const taken = [nameColumn(hosts), columnOf(hosts, COUNT_COLUMN)];
  for (const [host, { text }] of hosts.header.entries()) {
    const vm = columnOf(vms, text);
    if (taken.includes(host) || vm < 0) continue;
    if (isNumeric(hosts, host) && isNumeric(vms, vm)) pairs.push({ name: text, host, vm });
  }
  const unused = (table: Table, side: "vm" | "host"): string[] =>
    table.header
      .map(({ text }) => text)
      .filter((_, index) => index !== nameColumn(table) && index !== columnOf(table, COUNT_COLUMN))
      .filter((text) => !pairs.some((pair) => columnOf(table, text) === pair[side]));
  for (const [table, side] of [
    [vms, "vm"],
    [hosts, "host"],
  ] as const) {
    const rest = unused(table, side);
    if (pairs.length > 0 && rest.length > 0)
      notes.push(`${table.file}: no dimension, left out: ${rest.join(", ")}`);
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

function columnOf({ header }: Table, name: string): number {
  return header.findIndex(({ text }) => text.toLowerCase() === name.toLowerCase());
}

function nameColumn(table: Table): number {
  for (const name of NAME_COLUMNS) {
    const column = columnOf(table, name);
    if (column >= 0) return column;
  }
  return 0;
}

/** Whether a column has a number in its first row that has anything there. */
function isNumeric(table: Table, column: number): boolean {
  const first = table.rows.find((row) => row[column]!.text !== "");
  return first !== undefined && amountOf(first[column]!.text) !== undefined;
}

interface Amount {
  readonly value: number;
  readonly unit: "none" | "size" | "frequency";
}

/** `2`, `0.5`, `4GiB`, `2.6GHz`. */
function amountOf(text: string): Amount | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return { value: Number(text), unit: "none" };
  const bytes = readBytes(text);
  if (typeof bytes === "number") return { value: bytes, unit: "size" };
  const mhz = readMhz(text);
  return typeof mhz === "number" ? { value: mhz, unit: "frequency" } : undefined;
}

interface Rows {
  readonly names: string[];
  readonly values: number[];
  /** Per dimension the first cell that is not 0, and its unit. */
  readonly units: ({ readonly cell: Cell; readonly unit: Amount["unit"] } | undefined)[];
}

function readRows(table: Table, columns: readonly number[], faults: PlaceFault[]): Rows {
  const rows: Rows = { names: [], values: [], units: columns.map(() => undefined) };
  const nameAt = nameColumn(table);
  const countAt = columnOf(table, COUNT_COLUMN);
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

/** Where each VM goes, as CSV: `vm,host`, no host where there is none. */
export function placementCsv({ vmNames, hostNames }: Inventory, assignment: Int32Array): string {
  const quoted = (text: string): string =>
    /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const rows = vmNames.map((name, vm) => `${quoted(name)},${quoted(hostNames[assignment[vm]!] ?? "")}\n`);
  return `vm,host\n${rows.join("")}`;
}
