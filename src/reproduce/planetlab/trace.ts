/**
 * The demand of a PlanetLab day: the packed CSV (`vm_index,file,t0,t300 …`), or one file a VM with a whole percentage a line.
 *
 * Which VM gets which size hangs on the order of the files, so that order is part of the experiment: `ntfs` sorts by the
 * names in capitals ('_' after letters, as the published results had it), `ascii` by their bytes.
 *
 * Source: facts §9, §10. Cost: O(bytes).
 */
import { TraceError } from "../../trace/trace-error.ts";

export const PLANETLAB_STEPS = 288;

/** One VM's day. */
export interface PlanetlabVm {
  /** Name of its file. */
  readonly file: string;
  /** Percent of the VM's processor, 288 of them. */
  readonly percent: readonly number[];
}

export type PlanetlabOrder = "ntfs" | "ascii";

/**
 * Reads the packed CSV.
 *
 * @param file  as the user named it
 * @throws TraceError for the first line that is none
 */
export function parsePlanetlabCsv(text: string, file: string): PlanetlabVm[] {
  const lines = text.split(/\r?\n/);
  if (!/^vm_index,file,t0(,t\d+)+$/.test(lines[0] ?? "")) {
    const got = lines[0] === "" ? "an empty line" : short(lines[0] ?? "nothing");
    throw new TraceError({ file, line: 1, expected: "a header vm_index,file,t0,t300 …", got });
  }
  const width = lines[0]!.split(",").length;
  const seen = new Map<string, number>();
  const vms: PlanetlabVm[] = [];
  for (let at = 1; at < lines.length; at += 1) {
    if (lines[at] === "") continue;
    const line = at + 1;
    const vm = plainRow(lines[at]!, width) ?? row(lines[at]!, width, file, line);
    const name = vm.file;
    const before = seen.get(name);
    if (before !== undefined)
      throw new TraceError({
        file,
        line,
        expected: "each VM once",
        got: `${short(name)}, as in line ${before}`,
      });
    seen.set(name, line);
    vms.push(vm);
    checkLength(vm, file, line);
  }
  if (vms.length === 0) throw new TraceError({ file, expected: "at least one VM", got: "a header only" });
  return vms;
}

const COMMA = 44;
const ZERO = 48;

/** A row of nothing but digits and commas behind its name, as nearly all are; undefined: look at it closely. */
function plainRow(text: string, width: number): PlanetlabVm | undefined {
  const start = text.indexOf(",") + 1;
  const end = text.indexOf(",", start);
  if (start === 0 || end < 0) return undefined;
  const percent: number[] = [];
  let value = -1;
  for (let at = end + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COMMA) {
      if (value < 0) return undefined;
      percent.push(value);
      value = -1;
      continue;
    }
    const digit = code - ZERO;
    // No zero leads a number of two digits or more.
    if (digit < 0 || digit > 9 || value === 0) return undefined;
    value = value < 0 ? digit : value * 10 + digit;
    if (value > 100) return undefined;
  }
  if (value < 0) return undefined;
  percent.push(value);
  return percent.length === width - 2 ? { file: text.slice(start, end), percent } : undefined;
}

function row(text: string, width: number, file: string, line: number): PlanetlabVm {
  const cells = text.split(",");
  if (cells.length !== width) {
    const expected = `${width} cells, as in the header`;
    throw new TraceError({ file, line, expected, got: `${cells.length}` });
  }
  return { file: cells[1]!, percent: cells.slice(2).map((cell) => percentOf(cell, file, line)) };
}

/**
 * Reads one VM's own file.
 *
 * @param name  of the file, by which VMs are ordered
 * @param file  as the user named it
 */
export function parsePlanetlabFile(text: string, name: string, file: string): PlanetlabVm {
  const lines = text.trimEnd().split(/\r?\n/);
  const vm = { file: name, percent: lines.map((cell, at) => percentOf(cell, file, at + 1)) };
  checkLength(vm, file, lines.length);
  return vm;
}

/** What a cell may say, as people and programs write it. */
const PERCENTS = new Map(Array.from({ length: 101 }, (_, value) => [String(value), value]));

function percentOf(cell: string, file: string, line: number): number {
  const text = cell.trim();
  const value = PERCENTS.get(text);
  if (value !== undefined) return value;
  throw new TraceError({
    file,
    line,
    expected: "a whole percentage from 0 to 100",
    got: short(text) || "nothing",
  });
}

function checkLength({ percent }: PlanetlabVm, file: string, line: number): void {
  if (percent.length === PLANETLAB_STEPS) return;
  const expected = `${PLANETLAB_STEPS} values, one for every 300 s of a day`;
  throw new TraceError({ file, line, expected, got: `${percent.length}` });
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** VMs in the order in which a file system would have listed their files. */
export function orderPlanetlab(vms: readonly PlanetlabVm[], order: PlanetlabOrder): PlanetlabVm[] {
  const keyed = vms.map((vm) => ({ vm, key: order === "ntfs" ? vm.file.toUpperCase() : vm.file }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ vm }) => vm);
}
