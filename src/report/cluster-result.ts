/** What a run of a cluster comes to; the shape of `ballast run --json` at fluid resolution. */
import type { HostMachine } from "./result.ts";

export interface ClusterHostResult {
  readonly name: string;
  readonly mhz: number;
  readonly memoryMib: number;
  readonly vms: number;
  readonly energyJ: number;
  /** Time with VMs, or on for another reason; and of that, with less given than asked for. */
  readonly onNs: number;
  readonly shortNs: number;
  readonly downNs: number;
  /** Of the time that it was on: mean and highest part of its processors in use. */
  readonly meanLoad: number;
  readonly peakLoad: number;
  readonly movesIn: number;
  readonly movesOut: number;
}

export interface ClusterVmResult {
  readonly name: string;
  /** At the end; absent: it does not run. */
  readonly host?: string;
  readonly pool?: string;
  /** Means over the time that it was to run. */
  readonly demandMhz: number;
  readonly deliveredMhz: number;
  readonly readyNs: number;
  /** Without a host, or standing still while moving. */
  readonly downNs: number;
  readonly moves: number;
  readonly activeMib: number;
  readonly consumedMib: number;
  readonly balloonMib: number;
  readonly swappedMib: number;
}

export interface ClusterPoolResult {
  readonly name: string;
  readonly demandMhz: number;
  readonly deliveredMhz: number;
}

export interface ClusterMoveResult {
  readonly atNs: number;
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly converged: boolean;
  readonly reason: string;
}

export interface ClusterEventResult {
  readonly atNs: number;
  readonly kind: string;
  readonly host?: string;
  readonly vm?: string;
  readonly text: string;
}

/** Energy and service over the whole run; fractions 0 … 1. */
export interface ClusterTotals {
  readonly energyKwh: number;
  readonly migrations: number;
  /** Σ time short / Σ time on, over hosts; and the mean of each host's own. */
  readonly slatah: number;
  readonly slatahMean: number;
  /** Σ lost while moving / Σ asked for. */
  readonly pdm: number;
  readonly slav: number;
  /** Energy × SLAV, kWh. */
  readonly esv: number;
  /** Time with any host short / time with any host on: OTF of all hosts is `slatah`. */
  readonly slaOverall: number;
  readonly hostShutdowns: number;
  readonly hostsOnMean: number;
  readonly imbalanceMean: number;
  readonly downtimeNs: number;
  readonly activeSwappedMibMean: number;
}

/** Values at the start of each sample; hosts' loads row by row for the heat map. */
export interface ClusterSeries {
  readonly atNs: readonly number[];
  readonly hostsOn: readonly number[];
  readonly watts: readonly number[];
  readonly demandMhz: readonly number[];
  readonly deliveredMhz: readonly number[];
  readonly imbalance: readonly number[];
  readonly migrations: readonly number[];
  readonly shortHosts: readonly number[];
  /** Per row a host, or several in order: mean load in ppm over the sample; −1 where all are off, −2 down. */
  readonly heat: readonly { readonly name: string; readonly loadPpm: readonly number[] }[];
}

export interface ClusterResult {
  readonly ballast: string;
  readonly model: number;
  readonly scenario: { readonly name: string; readonly digest: string };
  readonly seed: number;
  readonly resolution: "fluid";
  readonly policies: { readonly balance: string };
  readonly simulatedNs: number;
  readonly stepNs: number;
  readonly interrupted?: true;
  readonly stateHash: string;
  readonly counts: { readonly hosts: number; readonly vms: number };
  readonly totals: ClusterTotals;
  readonly hosts: readonly ClusterHostResult[];
  readonly pools: readonly ClusterPoolResult[];
  /** Each VM up to 10,000 of them; above only the worst off. */
  readonly vms: readonly ClusterVmResult[];
  /** The first thousand; `totals.migrations` counts all. */
  readonly migrations: readonly ClusterMoveResult[];
  readonly events: readonly ClusterEventResult[];
  readonly series: ClusterSeries;
  readonly hostMachine: HostMachine;
  /** Every VM as CSV, a line each, the header first; a function, so that it is in no JSON. */
  readonly vmLines: () => Iterable<string>;
}
