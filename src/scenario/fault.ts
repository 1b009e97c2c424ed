/**
 * What is wrong with a scenario, and how the user is told:
 *
 *   scenario overcommit.yaml is not valid (2 faults)
 *     overcommit.yaml:8:12   hosts[0].nodes  expected at least 1, got 0
 *     overcommit.yaml:31:20  vms[3].memory   expected a size with a unit, such as 512MiB, got 8
 */

/** Where in a document: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** One thing that is wrong. */
export interface Fault {
  /** As the user named it, or the option that brought the value in; absent for programmatic scenarios. */
  readonly file?: string;
  /** From 1; absent where there is no text to point into. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  /** Such as `vms[3].memory`; empty: the whole document. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** A fault before its place in the text is known. */
export interface Finding {
  readonly path: Path;
  /** Whether the key is at fault or its value. */
  readonly at?: "key" | "value";
  readonly expected: string;
  /** Absent: what stands at the path. */
  readonly got?: string;
  readonly hint?: string;
  /** An unknown key: the known one that was probably meant. */
  readonly meant?: string;
}

/** So many faults are printed; `faults` has them all. */
const printedMax = 50;

/** A scenario that cannot be simulated, with all its faults. */
export class ScenarioError extends Error {
  readonly faults: readonly Fault[];
  readonly file: string | undefined;

  constructor(file: string | undefined, faults: readonly Fault[]) {
    super(formatFaults(file, faults));
    this.name = "ScenarioError";
    this.file = file;
    this.faults = faults;
  }
}

function place(fault: Fault): string {
  if (fault.file === undefined) return "";
  return [fault.file, fault.line, fault.column].filter((part) => part !== undefined).join(":");
}

/**
 * Prints faults as aligned rows below a header.
 *
 * @param file    as the user named it; undefined for programmatic scenarios
 * @param faults  at least one
 * @returns       several lines, no newline at the end
 */
export function formatFaults(file: string | undefined, faults: readonly Fault[]): string {
  const name = file === undefined ? "scenario" : `scenario ${printable(file, 200)}`;
  const shown = faults.slice(0, printedMax);
  const places = shown.map((fault) => printable(place(fault), 240));
  const paths = shown.map((fault) => (fault.path === "" ? "(document)" : fault.path));
  const placeWidth = places.reduce((width, text) => Math.max(width, text.length), 0);
  const pathWidth = paths.reduce((width, text) => Math.max(width, text.length), 0);
  const rows = shown.map(({ expected, got, hint }, row) => {
    const where = placeWidth === 0 ? "" : `${places[row]!.padEnd(placeWidth)}  `;
    const tail = hint === undefined ? "" : `; ${hint}`;
    return `  ${where}${paths[row]!.padEnd(pathWidth)}  expected ${expected}, got ${got}${tail}`;
  });
  const more = faults.length - shown.length;
  if (more > 0) rows.push(`  and ${more} more`);
  return [
    `${name} is not valid (${faults.length} ${faults.length === 1 ? "fault" : "faults"})`,
    ...rows,
  ].join("\n");
}

/**
 * Writes a path as people do.
 *
 * @returns  such as `vms[3].mem["odd key"]`; empty for the whole document
 */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[$\w-]+$/u.test(step)) text += text === "" ? step : `.${step}`;
    else text += `["${printable(step, 40)}"]`;
  }
  return text;
}

/** One line, without control characters that could steer a terminal. */
export function printable(text: string, lengthMax = 60): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * Shows a value as the user wrote it, in a few words.
 *
 * @param value   anything
 * @param quoted  whether text gets quotes, so that "4" is told from 4
 * @returns       one short line
 */
export function showValue(value: unknown, quoted = false): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "string") return String(value);
  if (value.trim() === "") return "empty text";
  return quoted ? `"${printable(value)}"` : printable(value);
}
