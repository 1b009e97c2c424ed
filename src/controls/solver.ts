/**
 * Entitlements of large trees: the core's solver over a memory of its own, arranged once, solved as often as needed.
 *
 *   memory = [ 64 KiB of the core | control | first | children | shares | low | high | entitlements ]
 *
 * Cost: 40 bytes a node; a solve looks at every node 5 to 10 times.
 */
import type { CoreExports } from "../core/exports.ts";
import { type CoreSource, instantiateCore, kernelMemory, loadCore } from "../core/module.ts";
import { amountFault, boundFault, sharesFault, shown } from "./numbers.ts";
import { arrangePools, type PoolTree } from "./pool-tree.ts";

const CONTROL_AT = 65_536;
const ROWS_AT = CONTROL_AT + 64;

/** Per node, in the order of the parents given. Amounts in MHz. */
export interface NodeControls {
  /** Above 0; compared with siblings only. */
  readonly shares: Float64Array;
  readonly reservation: Float64Array;
  /** Infinity: none. At least the reservation. What its vCPUs can run at once belongs here too. */
  readonly limit: Float64Array;
  /** Infinity: busy. Pools demand what their children do, so Infinity as a rule. */
  readonly demand: Float64Array;
}

/** One tree whose controls, demand and capacity may change from solve to solve. */
export class EntitlementSolver {
  readonly tree: PoolTree;
  readonly #core: CoreExports;
  readonly #at: { first: number; children: number; shares: number; low: number; high: number; out: number };
  readonly #shares: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #out: Float64Array;

  /**
   * @param module  the core's plain build
   * @param parent  per node the number of its parent, −1: right under the root
   * @throws RangeError if a parent is no node, nodes stand in a circle, or the machine has not so much memory
   */
  constructor(module: WebAssembly.Module, parent: ArrayLike<number>) {
    this.tree = arrangePools(parent);
    const { rows, first, children } = this.tree;
    const even = rows + (rows & 1); // f64 columns start at multiples of 8
    const column = (index: number): number => ROWS_AT + even * 8 * index;
    this.#at = {
      first: ROWS_AT,
      children: ROWS_AT + even * 4,
      shares: column(1),
      low: column(2),
      high: column(3),
      out: column(4),
    };
    const memory = kernelMemory(column(5));
    this.#core = instantiateCore(module, memory);
    const view = (at: number): Float64Array => new Float64Array(memory.buffer, at, rows);
    new Uint32Array(memory.buffer, this.#at.first, rows).set(first);
    new Uint32Array(memory.buffer, this.#at.children, rows).set(children);
    this.#shares = view(this.#at.shares).fill(1);
    this.#low = view(this.#at.low);
    this.#high = view(this.#at.high);
    this.#out = view(this.#at.out);
  }

  /**
   * Solves.
   *
   * @param capacityMhz  what there is to divide, from 0, finite
   * @param controls     per node, in the order of the parents given
   * @param out          per node the entitlement; new if absent
   * @returns            `out`
   * @throws RangeError naming the first value that is none: `shares[3]: expected a number above 0, got 0`
   */
  solve(
    capacityMhz: number,
    controls: NodeControls,
    out: Float64Array = new Float64Array(this.tree.rows - 1),
  ): Float64Array {
    refuse("capacityMhz", amountFault(capacityMhz), capacityMhz);
    this.#place(controls);
    const { first, children, shares, low, high, out: to } = this.#at;
    const { rows, places } = this.tree;
    this.#core.entitlement_solveTree(
      rows,
      first,
      children,
      shares,
      low,
      high,
      to,
      capacityMhz + 0,
      CONTROL_AT,
    );
    for (let node = 0; node < rows - 1; node += 1) out[node] = this.#out[places[node]!]!;
    return out;
  }

  /** Bounds from controls, row by row. */
  #place({ shares, reservation, limit, demand }: NodeControls): void {
    const { rows, places } = this.tree;
    for (let node = 0; node < rows - 1; node += 1) {
      const row = places[node]!;
      const [share, least, most, wanted] = [shares[node]!, reservation[node]!, limit[node]!, demand[node]!];
      if (!(share >= 1e-100 && least >= 0 && most >= least && wanted >= 0 && share + least <= 1e100)) {
        checkNode(node, share, least, most, wanted);
      }
      const high = Math.min(most, wanted);
      this.#shares[row] = share;
      this.#high[row] = high + 0; // no negative zero
      this.#low[row] = Math.min(least, high) + 0;
    }
  }
}

/** A solver with the core loaded for it. */
export async function createEntitlementSolver(
  parent: ArrayLike<number>,
  source?: CoreSource,
): Promise<EntitlementSolver> {
  return new EntitlementSolver(await loadCore("plain", source), parent);
}

function checkNode(node: number, share: number, least: number, most: number, wanted: number): void {
  refuse(`shares[${node}]`, sharesFault(share), share);
  refuse(`reservation[${node}]`, amountFault(least), least);
  refuse(`limit[${node}]`, boundFault(most), most);
  if (most < least) refuse(`limit[${node}]`, `expected at least the reservation (${least})`, most);
  refuse(`demand[${node}]`, boundFault(wanted), wanted);
}

function refuse(path: string, expected: string | undefined, got: unknown): void {
  if (expected !== undefined) throw new RangeError(`${path}: ${expected}, got ${shown(got)}`);
}
