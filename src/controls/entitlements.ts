/**
 * Entitlements of a tree of pools and clients, as a library call: who is due how much of a contended resource.
 *
 *   E = clamp(level · shares, min(reservation, demand), min(limit, demand, vCPUs × one pCPU))
 *
 * From the root down: the children of a pool divide what the pool got. A pool can use what its children can; it must
 * have what they must have, and its own reservation as far as they can use it. An idle client keeps no reservation.
 *
 * Source: seed 000, "1 MHz at a time to the lowest E/S". Cost: O(clients), a few looks at each.
 */
import { amountFault, boundFault, sharesFault, shown } from "./numbers.ts";
import type { PoolTree } from "./pool-tree.ts";
import { type Bounds, fillTree } from "./water-fill.ts";

/** A client, or with `children` a pool. Amounts in any one unit, MHz as a rule. */
export interface EntitlementNode {
  /** Of its own in the whole tree. */
  readonly name: string;
  /** Above 0; compared with siblings only. */
  readonly shares: number;
  /** None if absent. */
  readonly reservation?: number | undefined;
  /** At least the reservation; none if absent, null or infinite. */
  readonly limit?: number | null | undefined;
  /** Busy if absent, null or infinite. */
  readonly demand?: number | null | undefined;
  /** With `vcpuMhz`: gets no more than so many pCPUs. */
  readonly vcpus?: number | undefined;
  /** Of one pCPU; if absent, that of the tree. */
  readonly vcpuMhz?: number | undefined;
  /** Who divides what it gets. An empty list is a pool that nobody is in: it uses nothing, unless its demand is said. */
  readonly children?: readonly EntitlementNode[] | undefined;
}

export interface EntitlementPool {
  /** What there is to divide. */
  readonly capacity: number;
  readonly vcpuMhz?: number | undefined;
  readonly children: readonly EntitlementNode[];
}

/** The tree row by row, breadth first; row 0 is the root. */
interface Rows {
  readonly nodes: (EntitlementNode | undefined)[];
  readonly parent: number[];
  readonly first: number[];
  readonly children: number[];
}

/**
 * Entitlements of all pools and clients.
 *
 * @param pool  what there is, and who is there
 * @returns     per name, in the unit of the capacity; level by level, in the order given
 * @throws RangeError with the path of the first fault: `children[1].shares: expected a number above 0, got 0`
 */
export function entitlements(pool: EntitlementPool): Map<string, number> {
  const given: unknown = pool;
  if (typeof given !== "object" || given === null) refuse("pool", "expected capacity and children", given);
  refuse("capacity", amountFault(pool.capacity), pool.capacity);
  if (pool.vcpuMhz !== undefined) refuse("vcpuMhz", amountFault(pool.vcpuMhz), pool.vcpuMhz);
  const rows = rowsOf(pool);
  const count = rows.nodes.length;
  const bounds = boundsOf(rows, pool.vcpuMhz);
  const tree: PoolTree = {
    rows: count,
    first: Uint32Array.from(rows.first),
    children: Uint32Array.from(rows.children),
    places: new Uint32Array(0),
  };
  const out = new Float64Array(count);
  fillTree(tree, bounds, pool.capacity, out);
  const result = new Map<string, number>();
  for (let row = 1; row < count; row += 1) result.set(rows.nodes[row]!.name, out[row]!);
  return result;
}

function rowsOf(pool: EntitlementPool): Rows {
  const rows: Rows = { nodes: [undefined], parent: [0], first: [0], children: [0] };
  const names = new Set<string>();
  for (let row = 0; row < rows.nodes.length; row += 1) {
    const children = row === 0 ? pool.children : rows.nodes[row]!.children;
    if (row > 0 && children === undefined) continue;
    if (!Array.isArray(children)) {
      throw new RangeError(`${pathOf(rows, row, "children")}: expected a list, got ${shown(children)}`);
    }
    rows.first[row] = rows.nodes.length;
    rows.children[row] = children.length;
    for (const child of children as readonly EntitlementNode[]) {
      const own = rows.nodes.length;
      rows.nodes.push(child);
      rows.parent.push(row);
      rows.first.push(0);
      rows.children.push(0);
      checkName(rows, own, names);
    }
  }
  return rows;
}

/** Names are its own, so a tree that holds itself is found too. */
function checkName(rows: Rows, row: number, names: Set<string>): void {
  const node: unknown = rows.nodes[row];
  if (typeof node !== "object" || node === null) {
    throw new RangeError(`${pathOf(rows, row)}: expected a client or a pool, got ${shown(node)}`);
  }
  const { name } = node as EntitlementNode;
  if (typeof name !== "string") {
    throw new RangeError(`${pathOf(rows, row, "name")}: expected a text, got ${shown(name)}`);
  }
  if (names.has(name)) {
    throw new RangeError(
      `${pathOf(rows, row, "name")}: expected a name of its own, got ${shown(name)} again`,
    );
  }
  names.add(name);
}

function boundsOf(rows: Rows, vcpuMhz: number | undefined): Bounds {
  const count = rows.nodes.length;
  const shares = new Float64Array(count).fill(1);
  const low = new Float64Array(count);
  const high = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  for (let row = 1; row < count; row += 1) {
    const node = rows.nodes[row]!;
    checkNode(rows, row);
    const empty = node.children !== undefined && rows.children[row] === 0;
    const demand = node.demand ?? (empty ? 0 : Number.POSITIVE_INFINITY);
    const most = Math.min(node.limit ?? Number.POSITIVE_INFINITY, demand, vcpusOf(rows, row, vcpuMhz));
    shares[row] = node.shares;
    high[row] = most + 0; // no negative zero
    low[row] = Math.min(node.reservation ?? 0, most) + 0;
  }
  return { shares, low, high };
}

function checkNode(rows: Rows, row: number): void {
  const { shares, reservation = 0, limit, demand } = rows.nodes[row]!;
  const fault = (key: string, expected: string | undefined, got: unknown): void => {
    if (expected !== undefined) refuse(pathOf(rows, row, key), expected, got);
  };
  fault("shares", sharesFault(shares), shares);
  fault("reservation", amountFault(reservation), reservation);
  if (limit != null) {
    fault("limit", boundFault(limit), limit);
    if (limit < reservation) fault("limit", `expected at least the reservation (${reservation})`, limit);
  }
  if (demand != null) fault("demand", boundFault(demand), demand);
}

/** What all its vCPUs can run at once. */
function vcpusOf(rows: Rows, row: number, rootMhz: number | undefined): number {
  const { vcpus, vcpuMhz } = rows.nodes[row]!;
  if (vcpuMhz !== undefined) refuse(pathOf(rows, row, "vcpuMhz"), amountFault(vcpuMhz), vcpuMhz);
  if (vcpus === undefined) return Number.POSITIVE_INFINITY;
  refuse(pathOf(rows, row, "vcpus"), amountFault(vcpus), vcpus);
  const mhz = vcpuMhz ?? rootMhz;
  if (mhz === undefined) {
    throw new RangeError(
      `${pathOf(rows, row, "vcpuMhz")}: expected the MHz of one pCPU with vcpus, got none`,
    );
  }
  return vcpus * mhz;
}

function refuse(path: string, expected: string | undefined, got: unknown): void {
  if (expected !== undefined) throw new RangeError(`${path}: ${expected}, got ${shown(got)}`);
}

/** `children[1].children[0].shares` */
function pathOf({ parent, first }: Rows, row: number, key?: string): string {
  let path = key === undefined ? "" : `.${key}`;
  for (let at = row; at > 0; at = parent[at]!) path = `.children[${at - first[parent[at]!]!}]${path}`;
  return path.slice(1);
}
