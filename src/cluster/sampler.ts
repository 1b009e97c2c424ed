/**
 * What a report draws over time: sums interval by interval, folded to at most 288 samples, and hosts' loads for the heat map,
 * folded to at most 64 rows.
 *
 * Cost: O(hosts) an interval.
 */
import type { ClusterSeries } from "../report/cluster-result.ts";
import type { Accounts } from "./accounts.ts";
import type { ClusterState } from "./state.ts";

const SAMPLES_MAX = 288;
const ROWS_MAX = 64;
const OFF = -1;
const DOWN = -2;

export class Sampler {
  readonly #state: ClusterState;
  readonly #every: number;
  readonly #rows: number;
  readonly #hostsPerRow: number;
  readonly #columns = new Map<string, number[]>();
  readonly #heat: number[][];
  readonly #loads: Float64Array;
  readonly #counts: Float64Array;
  readonly #downs: Float64Array;
  #steps = 0;
  readonly #open = {
    hostsOn: 0,
    watts: 0,
    demandMhz: 0,
    deliveredMhz: 0,
    imbalance: 0,
    shortHosts: 0,
    migrations: 0,
  };

  constructor(state: ClusterState) {
    this.#state = state;
    this.#every = Math.max(1, Math.ceil(state.spec.steps / SAMPLES_MAX));
    this.#hostsPerRow = Math.max(1, Math.ceil(state.hosts / ROWS_MAX));
    this.#rows = Math.ceil(state.hosts / this.#hostsPerRow);
    this.#heat = Array.from({ length: this.#rows }, () => []);
    this.#loads = new Float64Array(this.#rows);
    this.#counts = new Float64Array(this.#rows);
    this.#downs = new Float64Array(this.#rows);
    for (const name of ["atNs", ...Object.keys(this.#open)]) this.#columns.set(name, []);
  }

  /** Adds an interval that has been accounted. */
  add({ sums, load }: Accounts, migrations: number): void {
    const { step, spec } = this.#state;
    if (this.#steps === 0) this.#columns.get("atNs")!.push(step * spec.stepNs);
    const open = this.#open;
    open.hostsOn += sums.hostsOn;
    open.watts += sums.watts;
    open.demandMhz += sums.demandMhz;
    open.deliveredMhz += sums.deliveredMhz;
    open.imbalance += sums.imbalance;
    open.shortHosts += sums.shortHosts;
    open.migrations += migrations;
    for (let row = 0, host = 0; row < this.#rows; row += 1) {
      const end = Math.min(load.length, host + this.#hostsPerRow);
      let [sum, count] = [0, 0];
      for (; host < end; host += 1) {
        if (load[host]! >= 0) {
          sum += load[host]!;
          count += 1;
        } else if (load[host] === DOWN) this.#downs[row]! += 1;
      }
      this.#loads[row]! += sum;
      this.#counts[row]! += count;
    }
    this.#steps += 1;
    if (this.#steps === this.#every) this.close();
  }

  /** Ends a sample that has begun. */
  close(): void {
    if (this.#steps === 0) return;
    const open = this.#open as Record<string, number>;
    for (const name of Object.keys(open)) {
      this.#columns.get(name)!.push(name === "migrations" ? open[name]! : open[name]! / this.#steps);
      open[name] = 0;
    }
    for (let row = 0; row < this.#rows; row += 1) {
      const count = this.#counts[row]!;
      const empty = this.#downs[row]! > 0 ? DOWN : OFF;
      this.#heat[row]!.push(count > 0 ? Math.round((this.#loads[row]! / count) * 1e6) : empty);
    }
    this.#loads.fill(0);
    this.#counts.fill(0);
    this.#downs.fill(0);
    this.#steps = 0;
  }

  series(): ClusterSeries {
    this.close();
    const { names } = this.#state.spec.hosts;
    const column = (name: string): readonly number[] => this.#columns.get(name)!;
    const heat = this.#heat.map((loadPpm, row) => {
      const first = row * this.#hostsPerRow;
      const last = Math.min(names.length, first + this.#hostsPerRow) - 1;
      return { name: first === last ? names[first]! : `${names[first]!} … ${names[last]!}`, loadPpm };
    });
    return {
      atNs: column("atNs"),
      hostsOn: column("hostsOn"),
      watts: column("watts"),
      demandMhz: column("demandMhz"),
      deliveredMhz: column("deliveredMhz"),
      imbalance: column("imbalance"),
      migrations: column("migrations"),
      shortHosts: column("shortHosts"),
      heat,
    };
  }
}
