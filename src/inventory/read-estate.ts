/** Reads an inventory of any known form: hosts, VMs, pools, clusters. */
import {
  BadRow,
  bytesOf,
  filesOf,
  type Looked,
  look,
  type Packages,
  type ScanTally,
  scanLines,
  shortened,
  skip,
} from "../demand/index.ts";
import { nameOf, TraceError, type TraceSource } from "../trace/index.ts";
import { type Estate, EstateBuilder } from "./estate.ts";
import type { InventoryFormat, InventoryPart } from "./format.ts";
import { inventoryFormat, sniffInventory } from "./formats.ts";

export interface ReadEstateOptions {
  /** Absent: each file's begin tells. */
  readonly format?: string | undefined;
  /** Leaves bad rows out and counts them, instead of throwing. */
  readonly lenient?: boolean | undefined;
  /** Packages for xlsx and XML, where they cannot be imported by name. */
  readonly packages?: Packages | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads an inventory.
 *
 * @param sources  a file, bytes, a blob, a folder (Node); or several that belong together: RVTools' tabs, nodes and pods
 * @throws         TraceError with file, line and column for what is none; MissingPackageError; the signal's reason
 */
export async function readEstate(
  sources: TraceSource | readonly TraceSource[],
  options: ReadEstateOptions = {},
): Promise<Estate> {
  const list = Array.isArray(sources) ? (sources as readonly TraceSource[]) : [sources as TraceSource];
  const looked: Looked[] = [];
  for (const { source, isFound } of await filesOf(list, "ascii")) {
    options.signal?.throwIfAborted();
    looked.push(await look(source, isFound, options.packages));
  }
  return estateOf(looked, options);
}

interface Known {
  readonly looked: Looked;
  readonly part: InventoryPart;
}

/** The same for files that have been looked at. */
export async function estateOf(looked: readonly Looked[], options: ReadEstateOptions = {}): Promise<Estate> {
  const { format, known } = recognise(looked, options.format);
  const builder = new EstateBuilder();
  const tally: ScanTally = { rows: 0, skippedRows: 0, skipped: [] };
  const ordered = [...known].sort(
    (one, other) => format.parts.indexOf(one.part) - format.parts.indexOf(other.part),
  );
  for (const { looked: one, part } of ordered) {
    options.signal?.throwIfAborted();
    await readFile(format, builder, { looked: one, part }, { options, tally });
  }
  format.finish?.(builder);
  checkHosts(builder);
  const { hosts, vms, pools, clusters, notes } = builder;
  return {
    format: format.name,
    hosts: [...hosts.values()],
    vms: [...vms.values()],
    pools: [...pools.values()],
    clusters: [...clusters.values()],
    files: ordered.map(({ looked: { source }, part }) => ({ file: nameOf(source), part: part.name })),
    ...tally,
    notes,
  };
}

async function readFile(
  format: InventoryFormat,
  builder: EstateBuilder,
  { looked, part }: Known,
  { options, tally }: { options: ReadEstateOptions; tally: ScanTally },
): Promise<void> {
  const file = nameOf(looked.source);
  const { lenient = false, signal, packages } = options;
  const opened = await looked.open();
  if (part.isDocument === true) {
    const bytes = await bytesOf(opened);
    const skipped = (line: number, expected: string, got: string): void =>
      skip(tally, file, line, new BadRow(undefined, expected, got));
    tally.rows += await format.document!(builder, { file, bytes, packages, lenient, skip: skipped });
    return;
  }
  const reader = format.reader!(part.name, builder, { head: looked.head, file });
  await scanLines(opened.chunks, reader, { file, names: part.names, lenient, signal }, tally);
}

function recognise(
  looked: readonly Looked[],
  asked: string | undefined,
): { format: InventoryFormat; known: Known[] } {
  let format = asked === undefined ? undefined : inventoryFormat(asked);
  let of = "";
  const known: Known[] = [];
  for (const one of looked) {
    const file = nameOf(one.source);
    const sniffed = sniffInventory(one.head, format?.name);
    if (sniffed === undefined) {
      if (one.isFound) continue;
      const [first] = one.head.lines;
      const got = one.head.binary ?? (first === undefined ? "an empty file" : `"${shortened(first)}"`);
      const expected = format === undefined ? "an inventory of a known form" : `a file of ${format.name}`;
      const other = sniffInventory(one.head);
      if (other === undefined || asked !== undefined) throw new TraceError({ file, line: 1, expected, got });
      throw new TraceError({
        file,
        expected: `${expected}, as ${of} is`,
        got: `one of ${other.format.name}`,
      });
    }
    format ??= sniffed.format;
    if (of === "") of = file;
    known.push({ looked: one, part: sniffed.part });
  }
  if (format !== undefined && known.length > 0) return { format, known };
  throw new TraceError({
    file: nameOf(looked[0]!.source),
    expected: "an inventory of a known form",
    got: "no file of one",
  });
}

/** VMs on hosts that no list of hosts names are on none, where there is a list. */
function checkHosts(builder: EstateBuilder): void {
  if (builder.hosts.size === 0) return;
  const unknown = [...builder.vms.values()].filter(({ host }) => host !== "" && !builder.hosts.has(host));
  for (const vm of unknown) builder.vms.set(vm.name, { ...vm, host: "" });
  if (unknown.length === 0) return;
  const [{ name, host }] = unknown as [(typeof unknown)[0]];
  const count = unknown.length === 1 ? `VM ${name} is` : `${unknown.length} VMs, such as ${name}, are`;
  builder.notes.push(`${count} on a host that the inventory does not list (${host}), and placed anew`);
}
