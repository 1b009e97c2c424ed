/**
 * A tree of pools as rows, breadth first: row 0 is the root, children of a row stand side by side.
 *
 *   given     parent  -1  0  -1  0       places  1 3 2 4       (two under the root, two under the first)
 *   arranged  first    1  3   0  0  0    children  2 2 0 0 0   (row 0: the root)
 *
 * Cost: O(rows).
 */

/** Where the rows of a tree stand, breadth first. */
export interface PoolTree {
  /** The root included. */
  readonly rows: number;
  /** Per row its first child; 0 if it has none. */
  readonly first: Uint32Array;
  /** Per row how many children; 0: a client. */
  readonly children: Uint32Array;
  /** Per node as it was given, its row. */
  readonly places: Uint32Array;
}

/**
 * Arranges nodes breadth first; siblings keep their order.
 *
 * @param parent  per node the number of its parent, −1: right under the root
 * @throws RangeError if a parent is no node, or nodes stand in a circle
 */
export function arrangePools(parent: ArrayLike<number>): PoolTree {
  const count = parent.length;
  // Nodes of one parent side by side, by a counting sort; parent −1 is number 0, node n is number n + 1.
  const starts = new Uint32Array(count + 2);
  for (let node = 0; node < count; node += 1) {
    const above = parent[node]!;
    if (!(Number.isInteger(above) && above >= -1 && above < count)) {
      throw new RangeError(`parent[${node}]: expected -1 or the number of a node, got ${above}`);
    }
    starts[above + 2]! += 1;
  }
  for (let at = 1; at < starts.length; at += 1) starts[at]! += starts[at - 1]!;
  const next = starts.slice(0, count + 1);
  const sorted = new Uint32Array(count);
  for (let node = 0; node < count; node += 1) {
    const at = parent[node]! + 1;
    sorted[next[at]!] = node;
    next[at]! += 1;
  }
  return placeRows(starts, sorted);
}

/** Rows in the order in which they are met; the queue is the list of rows itself. */
function placeRows(starts: Uint32Array, sorted: Uint32Array): PoolTree {
  const rows = sorted.length + 1;
  const first = new Uint32Array(rows);
  const children = new Uint32Array(rows);
  const places = new Uint32Array(rows - 1);
  const met = new Uint32Array(rows); // node + 1 of a row
  let last = 1;
  for (let row = 0; row < last; row += 1) {
    const number = met[row]!;
    const [from, to] = [starts[number]!, starts[number + 1]!];
    if (from === to) continue;
    first[row] = last;
    children[row] = to - from;
    for (let at = from; at < to; at += 1) {
      met[last] = sorted[at]! + 1;
      places[sorted[at]!] = last;
      last += 1;
    }
  }
  if (last < rows) {
    const circle = places.indexOf(0);
    throw new RangeError(`parent[${circle}]: expected a way up to the root, got a circle`);
  }
  return { rows, first, children, places };
}
