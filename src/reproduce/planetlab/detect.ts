/**
 * When a host counts as overloaded, by what its VMs ask for or have asked for.
 *
 *   thr  asked > threshold × capacity
 *   iqr  asked > (1 − s · IQR) × capacity         mad likewise        both from 12 values of history on
 *   lr   s · (line through the last 10 values, one migration ahead) ≥ 1
 *
 * With too little history a threshold of 0.7 decides. `lrr` is `lr`: the weights that would tell them apart are never
 * applied in the published code.
 *
 * Source: facts §10, "Detectors"; peers §5. Cost: O(VMs × history) where the history is looked at, else O(1).
 */
import { interquartileRange, lineAt, medianDeviation } from "../../policy/balance/spread.ts";
import type { Fleet, Host } from "./fleet.ts";
import { HISTORY, INTERVAL_S, MOVE_MB_PER_S } from "./setup.ts";

/** Whether a host, as its list is now, or with one VM more at the end, has too much to do. */
export type Detector = (fleet: Fleet, host: Host, more?: number) => boolean;

const FALLBACK = 0.7;
const SPREAD_FROM = 12;
const LINE = 10;

function askedPart(fleet: Fleet, { id, capacity }: Host, more: number | undefined): number {
  const asked = fleet.hostAsked[id]!;
  return (more === undefined ? asked : asked + fleet.asked[more]!) / capacity;
}

const above =
  (threshold: number): Detector =>
  (fleet, host, more) =>
    askedPart(fleet, host, more) > threshold;

const fallback = above(FALLBACK);

function bySpread(safety: number, spreadOf: (values: Float64Array) => number): Detector {
  return (fleet, host, more) => {
    const values = historyOf(fleet, host, more, HISTORY);
    if (values.length < SPREAD_FROM) return fallback(fleet, host, more);
    return askedPart(fleet, host, more) > 1 - safety * spreadOf(values.slice());
  };
}

function byLine(safety: number): Detector {
  return (fleet, host, more) => {
    const values = historyOf(fleet, host, more, LINE);
    if (values.length < LINE) return fallback(fleet, host, more);
    let ram = more === undefined ? 0 : fleet.ram[more]!;
    for (const vm of host.vms) ram = Math.max(ram, fleet.ram[vm]!);
    const ahead = Math.ceil(ram / MOVE_MB_PER_S / INTERVAL_S);
    return lineAt(values, LINE, LINE + ahead) * safety >= 1;
  };
}

/** Detectors by name: what each makes of the number behind it, and that number where none is given. */
export const DETECTORS: Readonly<
  Record<string, { readonly make: (number: number) => Detector; readonly usual: number }>
> = {
  thr: { make: above, usual: 0.8 },
  iqr: { make: (safety) => bySpread(safety, interquartileRange), usual: 1.5 },
  mad: { make: (safety) => bySpread(safety, medianDeviation), usual: 2.5 },
  lr: { make: byLine, usual: 1.2 },
  lrr: { make: byLine, usual: 1.2 },
};

/** With one VM more; `historyOf` writes it anew every time. */
const scratch = new Float64Array(HISTORY);

/**
 * A host's load at the recorded looks by the VMs now in its list, the newest first, up to the last that is not 0.
 *
 * @param enough  no more are made if so many are there for sure
 */
function historyOf(fleet: Fleet, host: Host, more: number | undefined, enough: number): Float64Array {
  if (!host.isHistoryFresh) sumHistory(fleet, host);
  const { history, capacity } = host;
  if (more === undefined) return trimmed(history);
  const mips = fleet.mips[more]!;
  for (let back = 0; back < HISTORY; back += 1) {
    if (back === enough && scratch[back - 1] !== 0) return scratch.subarray(0, back);
    scratch[back] =
      back < fleet.recorded ? history[back]! + (fleet.pastRow(back)[more]! * mips) / capacity : 0;
  }
  return trimmed(scratch);
}

function sumHistory(fleet: Fleet, host: Host): void {
  const { history, vms, capacity } = host;
  history.fill(0);
  for (let back = 0; back < fleet.recorded; back += 1) {
    const row = fleet.pastRow(back);
    let sum = 0;
    for (let i = 0; i < vms.length; i += 1) sum += (row[vms[i]!]! * fleet.mips[vms[i]!]!) / capacity;
    history[back] = sum;
  }
  host.isHistoryFresh = true;
}

function trimmed(values: Float64Array): Float64Array {
  let length = HISTORY;
  while (length > 1 && values[length - 1] === 0) length -= 1;
  return values.subarray(0, length);
}
