/**
 * The fleet of CloudSim's PlanetLab experiment: 800 hosts of two kinds by turns, VMs in four blocks of one size each.
 *
 * Source: facts §10 (constants as CloudSim 3.0.3 has them).
 */
import { powerTables } from "../../scenario/cpu-defaults.ts";

/** Seconds between two looks at the demand. */
export const INTERVAL_S = 300;
/** The first look comes a tenth of a second late: the smallest gap between events, while VMs and tasks are set up. */
export const FIRST_S = 300.1;
/** Events from here on do not happen. */
export const END_S = 86_400;
/** MB a second that a move gets: half of a 1 Gbit/s link. */
export const MOVE_MB_PER_S = 1_000_000 / (2 * 8000);
/** Values of demand that a VM's history holds. */
export const HISTORY = 30;

/** Watts at 0, 10 … 100 % of a host, and how many more a percent costs from each of them on. */
export interface Power {
  readonly watts: readonly number[];
  readonly slopes: readonly number[];
}

export interface HostKind extends Power {
  readonly name: string;
  /** Of one processor. */
  readonly mips: number;
  readonly processors: number;
  readonly ram: number;
}

/** What a host of so many watts at 0, 10 … 100 % draws in between. */
export function powerOf(watts: readonly number[]): Power {
  // Beyond the last there is nothing to draw a line to.
  return { watts, slopes: watts.map((low, at) => ((watts[at + 1] ?? low) - low) / 10) };
}

export const HOSTS = 800;
export const HOST_KINDS: readonly HostKind[] = [
  { name: "HP ML110 G4", mips: 1860, processors: 2, ram: 4096, ...powerOf(powerTables["hp-ml110-g4"]) },
  { name: "HP ML110 G5", mips: 2660, processors: 2, ram: 4096, ...powerOf(powerTables["hp-ml110-g5"]) },
];

export interface VmKind {
  readonly mips: number;
  readonly ram: number;
}

const VM_KINDS: readonly VmKind[] = [
  { mips: 2500, ram: 870 },
  { mips: 2000, ram: 1740 },
  { mips: 1000, ram: 1740 },
  { mips: 500, ram: 613 },
];

/** Size of the VM in a row of so many. */
export function vmKind(row: number, vms: number): VmKind {
  return VM_KINDS[Math.floor(row / Math.ceil(vms / VM_KINDS.length))]!;
}

/** 0, 0.1 … 1. */
const TENTHS = Array.from({ length: 11 }, (_, tenth) => tenth / 10);

/**
 * Watts of a host at a part of its capacity.
 *
 * @param part  0 … 1
 */
export function wattsAt({ watts, slopes }: Power, part: number): number {
  const place = part * 10;
  const below = Math.floor(place);
  const low = watts[below]!;
  const above = place - below;
  if (above === 0) return low;
  // The remainder costs more than all the rest, and can be nothing near whole tenths only.
  if ((above < NEAR || above > 1 - NEAR) && part % 0.1 === 0) return low;
  return low + slopes[below]! * (part - TENTHS[below]!) * 100;
}

const NEAR = 1e-9;
