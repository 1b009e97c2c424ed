/**
 * What is wrong with the input of a placement, and how the user is told:
 *
 *   placement is not valid (2 faults)
 *     vms.csv:3:9   web-2.memory  expected a number from 0, got -4
 *     hosts.csv:7:1 h2            expected a name of its own, got one that line 4 has too
 */
import { printable } from "../scenario/fault.ts";

/** One thing that is wrong. */
export interface PlaceFault {
  /** As the user named it; absent where there is no text to point into. */
  readonly file?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1, in UTF-16 units. */
  readonly column?: number | undefined;
  /** Such as `items[3][1]`, `web-2.memory`; empty: the whole. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
}

/** So many faults are printed; `faults` has them all. */
const PRINTED_MAX = 50;

/** Input that cannot be placed, with all its faults. */
export class PlaceError extends RangeError {
  override readonly name = "PlaceError";
  readonly code = "BALLAST_E_PLACE";
  readonly faults: readonly PlaceFault[];

  constructor(faults: readonly PlaceFault[]) {
    super(format(faults));
    this.faults = faults;
  }
}

/** Throws if there are faults. */
export function refuseFaults(faults: readonly PlaceFault[]): void {
  if (faults.length > 0) throw new PlaceError(faults);
}

function where({ file, line, column }: PlaceFault): string {
  if (file === undefined) return "";
  if (line === undefined) return printable(file, 200);
  return `${printable(file, 200)}:${line}${column === undefined ? "" : `:${column}`}`;
}

function format(faults: readonly PlaceFault[]): string {
  const shown = faults.slice(0, PRINTED_MAX);
  const words = ({ path, expected, got, hint }: PlaceFault): string => {
    const about = path === "" ? "" : `${printable(path, 120)}: `;
    return `${about}expected ${expected}, got ${got}${hint === undefined ? "" : `; ${hint}`}`;
  };
  if (faults.length === 1) {
    const place = where(faults[0]!);
    return `${place === "" ? "" : `${place}: `}${words(faults[0]!)}`;
  }
  const places = shown.map(where);
  const width = Math.max(...places.map((place) => place.length));
  const rows = shown.map((fault, row) => `  ${places[row]!.padEnd(width)}  ${words(fault)}`);
  if (shown.length < faults.length) rows.push(`  and ${faults.length - shown.length} more`);
  return [`placement is not valid (${faults.length} faults)`, ...rows].join("\n");
}
