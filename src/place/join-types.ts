/**
 * VMs that name an instance type get what the type has:
 *
 *   vms.csv    name,count,instance_type          types.csv    cloud,instance_type,vcpu,memory_mb,gpu,arch
 *              web,3,m5.large                                 aws,m5.large,2,8192,0,amd64
 *
 * The column that both tables have joins them; a column that the VMs have themselves stays theirs.
 */
import { printable } from "../scenario/fault.ts";
import { nearest } from "../scenario/nearest.ts";
import type { Cell, Table } from "./csv.ts";
import { PlaceError, type PlaceFault } from "./place-error.ts";
import { columnOf } from "./table-columns.ts";

/** Columns that may hold a type, the likeliest first. */
const TYPE_COLUMNS = ["instance_type", "instance type", "type", "flavour", "flavor", "size"];
const FAULTS_MAX = 200;

/**
 * The VMs' table with the columns of their types behind its own. A type that stands twice counts as it stands first.
 *
 * @throws PlaceError if no column joins the tables, or a VM's type is unknown
 */
export function joinTypes(vms: Table, types: Table): Table {
  const name = TYPE_COLUMNS.find((column) => columnOf(vms, column) >= 0 && columnOf(types, column) >= 0);
  if (name === undefined) {
    const got = vms.header.map(({ text }) => text).join(", ");
    const expected = `a column that ${types.file} has too: ${TYPE_COLUMNS.join(", ")}`;
    throw new PlaceError([{ file: vms.file, line: 1, column: 1, path: "", expected, got }]);
  }
  const [own, key] = [columnOf(vms, name), columnOf(types, name)];
  const rows = new Map<string, readonly Cell[]>();
  for (const row of types.rows) if (!rows.has(row[key]!.text)) rows.set(row[key]!.text, row);
  const added = types.header
    .map((_, column) => column)
    .filter((column) => columnOf(vms, types.header[column]!.text) < 0);
  const faults: PlaceFault[] = [];
  const joined = vms.rows.map((row) => {
    const at = row[own]!;
    const type = rows.get(at.text);
    if (type === undefined && faults.length < FAULTS_MAX)
      faults.push(unknownType(vms.file, types.file, at, rows.keys()));
    // What the type says is placed where the VM names it.
    return [...row, ...added.map((column) => ({ ...at, text: type?.[column]?.text ?? "" }))];
  });
  if (faults.length > 0) throw new PlaceError(faults);
  return { ...vms, header: [...vms.header, ...added.map((column) => types.header[column]!)], rows: joined };
}

function unknownType(
  file: string,
  types: string,
  { text, line, column }: Cell,
  known: Iterable<string>,
): PlaceFault {
  const near = nearest(text, known);
  return {
    file,
    line,
    column,
    path: "",
    expected: `a type of ${types}`,
    got: text === "" ? "nothing" : printable(text),
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  };
}
