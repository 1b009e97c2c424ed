/**
 * Memory divided among VMs and pools, in whole pages, by shares and the idle memory tax.
 *
 *   sum of maxima fits    everybody has the maximum, whatever the tax
 *   sum of minima is more everybody has the minimum; what is missing for it is said
 *   between               the closed form of idle-tax.ts, level by level of the tree
 *
 * From the leaves up: a pool can use what its members can, within its limit; it must have what they must have, or its
 * reservation if that is more (so a pool that expanded counts with what its members reserve, as for CPU time); it is
 * active where they are. From the root down: a pool's members divide what the pool got.
 *
 * Source: Waldspurger OSDI'02 §5; vSphere Resource Management for pools. Cost: O(n log n).
 */
import { fillTaxed, type TaxedClients } from "./idle-tax.ts";
import { amountFault, sharesFault, shown } from "./numbers.ts";
import { arrangePools, type PoolTree } from "./pool-tree.ts";

/** Highest tax that is one: at 100 % idle pages would be free to take. */
export const TAX_PPM_MAX = 990_000;

/** Pools first, then VMs; all in pages. */
export interface MemoryNodes {
  /** Per node the number of its pool, −1: right under the root. If absent all are right under the root. */
  readonly parent?: ArrayLike<number>;
  /** So many nodes at the front are pools; 0 if absent. A pool that nobody is in gets nothing. */
  readonly pools?: number;
  /** Above 0; compared with siblings only. */
  readonly shares: ArrayLike<number>;
  /** Guaranteed, whole: a VM's min or reservation, a pool's reservation. */
  readonly minPages: ArrayLike<number>;
  /** At least the minimum, whole. Of a pool its limit, Infinity: none. */
  readonly maxPages: ArrayLike<number>;
  /** In active use, as estimated; above the maximum it counts no more than that. Not read of pools. */
  readonly activePages: ArrayLike<number>;
  /** Tax of single VMs and pools, 0 … 990_000 ppm; where it is absent or undefined, the tax of all holds. */
  readonly taxPpm?: ArrayLike<number | undefined>;
}

export interface Division {
  /** Whole pages per node, in the order given; they add up to what there is to divide, or to what all can use. */
  readonly pages: Float64Array;
  /** Missing for the minima, 0 as a rule: then somebody has less, or all together more than there is. */
  readonly shortPages: number;
}

/** Rows of the tree, breadth first; row 0 is the root. */
interface Rows extends TaxedClients {
  readonly tree: PoolTree;
}

/**
 * Divides memory among VMs and pools: where min-funding revocation with the idle memory tax comes to rest.
 *
 * @param totalPages  to divide; a part of a page is left over
 * @param taxPpm      0 … 990_000: up to so much of what a VM leaves idle may be taken from it
 * @returns           pages per node. Parts of pages go to the largest of them, the first of siblings where they are
 *                    equal. Where minima do not fit everybody has the minimum, and `shortPages` is what is missing.
 * @throws RangeError naming the first value that is none: `taxPpm: expected 0 to 990000, got 1000000`
 */
export function divideMemory(totalPages: number, nodes: MemoryNodes, taxPpm: number): Division {
  refuse("totalPages", amountFault(totalPages), totalPages);
  refuse("taxPpm", taxFault(taxPpm), taxPpm);
  const rows = rowsOf(nodes, taxPpm);
  const { first, children, places } = rows.tree;
  const given = new Float64Array(rows.tree.rows);
  given[0] = Math.floor(totalPages);
  let shortPages = 0;
  for (let row = 0; row < given.length; row += 1) {
    const start = first[row]!;
    const end = start + children[row]!;
    if (start === end) continue;
    shortPages += divideWhole(clientsOf(rows, start, end), given[row]!, given.subarray(start, end));
  }
  return { pages: Float64Array.from(places, (row) => given[row]!), shortPages };
}

function rowsOf(nodes: MemoryNodes, taxPpm: number): Rows {
  const count = nodes.shares.length;
  const tree = arrangePools(nodes.parent ?? new Int32Array(count).fill(-1));
  const column = (): Float64Array => new Float64Array(count + 1);
  const rows = { tree, shares: column(), tax: column(), low: column(), high: column(), active: column() };
  const pools = nodes.pools ?? 0;
  for (let node = 0; node < count; node += 1) {
    checkNode(nodes, node, pools);
    const row = tree.places[node]!;
    const isPool = node < pools;
    rows.shares[row] = nodes.shares[node]!;
    rows.tax[row] = (nodes.taxPpm?.[node] ?? taxPpm) / 1e6;
    rows.low[row] = nodes.minPages[node]!;
    rows.high[row] = nodes.maxPages[node]!;
    rows.active[row] = isPool ? 0 : Math.min(nodes.activePages[node]!, rows.high[row]!);
    if (isPool && tree.children[row] === 0) rows.high[row] = 0;
  }
  boundPools(rows);
  return rows;
}

/** From the leaves up: what pools can use, must have, and use. */
function boundPools({ tree: { rows, first, children }, low, high, active }: Rows): void {
  for (let row = rows - 1; row > 0; row -= 1) {
    let [least, most, used] = [0, 0, 0];
    const start = first[row]!;
    const end = start + children[row]!;
    for (let child = start; child < end; child += 1) {
      least += low[child]!;
      most += high[child]!;
      used += active[child]!;
    }
    if (start !== end) {
      high[row] = Math.min(high[row]!, most);
      low[row] = Math.max(low[row]!, least);
      active[row] = Math.min(used, high[row]!);
    }
    low[row] = Math.min(low[row]!, high[row]!);
  }
}

function clientsOf({ shares, tax, low, high, active }: Rows, start: number, end: number): TaxedClients {
  return {
    shares: shares.subarray(start, end),
    tax: tax.subarray(start, end),
    low: low.subarray(start, end),
    high: high.subarray(start, end),
    active: active.subarray(start, end),
  };
}

/**
 * Divides whole pages among siblings.
 *
 * @returns pages missing for their minima
 */
function divideWhole(clients: TaxedClients, capacity: number, out: Float64Array): number {
  const { low, high } = clients;
  const lowest = total(low);
  if (total(high) <= capacity) {
    out.set(high);
    return 0;
  }
  if (lowest >= capacity) {
    out.set(low);
    return lowest - capacity;
  }
  fillTaxed(clients, capacity, out);
  wholePages(capacity, high, out);
  return 0;
}

/** Rounds down, and gives what is left over to the largest parts of pages; of equal ones the first. */
function wholePages(capacity: number, high: Float64Array, pages: Float64Array): void {
  const parts = new Float64Array(pages.length);
  let left = capacity;
  for (let i = 0; i < pages.length; i += 1) {
    const whole = Math.floor(pages[i]!);
    parts[i] = pages[i]! - whole;
    pages[i] = whole;
    left -= whole;
  }
  if (left === 0) return;
  const order = [...parts.keys()].sort((a, b) => parts[b]! - parts[a]! || a - b);
  // Once round is enough, but where rounding of f64 has swallowed more than a page.
  for (let at = 0; left > 0; at = (at + 1) % order.length) {
    const i = order[at]!;
    if (pages[i]! >= high[i]!) continue;
    pages[i]! += 1;
    left -= 1;
  }
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function checkNode(nodes: MemoryNodes, node: number, pools: number): void {
  const [share, least, most] = [nodes.shares[node]!, nodes.minPages[node]!, nodes.maxPages[node]!];
  refuse(`shares[${node}]`, sharesFault(share), share);
  refuse(`minPages[${node}]`, amountFault(least) ?? wholeFault(least), least);
  const endless = node < pools && most === Number.POSITIVE_INFINITY;
  refuse(`maxPages[${node}]`, endless ? undefined : (amountFault(most) ?? wholeFault(most)), most);
  if (most < least) refuse(`maxPages[${node}]`, `expected at least the minimum (${least})`, most);
  if (node >= pools) {
    refuse(`activePages[${node}]`, amountFault(nodes.activePages[node]), nodes.activePages[node]);
  }
  const tax = nodes.taxPpm?.[node];
  if (tax !== undefined) refuse(`taxPpm[${node}]`, taxFault(tax), tax);
  const parent = nodes.parent?.[node] ?? -1;
  if (parent >= pools) refuse(`parent[${node}]`, "expected -1 or the number of a pool", parent);
}

function wholeFault(value: number): string | undefined {
  return Number.isSafeInteger(value) ? undefined : "expected a whole number of pages";
}

function taxFault(value: number): string | undefined {
  return value >= 0 && value <= TAX_PPM_MAX ? undefined : `expected 0 to ${TAX_PPM_MAX}`;
}

function refuse(path: string, expected: string | undefined, got: unknown): void {
  if (expected !== undefined) throw new RangeError(`${path}: ${expected}, got ${shown(got)}`);
}
