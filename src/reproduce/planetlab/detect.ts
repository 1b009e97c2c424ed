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
    const values = historyOf(fleet, host, more);
    const length = lengthOf(values);
    if (length < SPREAD_FROM) return fallback(fleet, host, more);
    return askedPart(fleet, host, more) > 1 - safety * spreadOf(values.slice(0, length));
  };
}

function byLine(safety: number): Detector {
  return (fleet, host, more) => {
    const values = historyOf(fleet, host, more, LINE);
    if (values[LINE - 1] === 0 && lengthOf(historyOf(fleet, host, more)) < LINE)
      return fallback(fleet, host, more);
    const ram = more === undefined ? host.ramMost : Math.max(host.ramMost, fleet.ram[more]!);
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
 * A host's load at the recorded looks by the VMs now in its list, the newest first.
 *
 * @param enough  so many values are made for sure, no more are needed
 */
function historyOf(fleet: Fleet, host: Host, more: number | undefined, enough = HISTORY): Float64Array {
  if (!host.isHistoryFresh) sumHistory(fleet, host);
  const { history } = host;
  if (more === undefined) return history;
  const loads = fleet.loadsOf(more, host.kind);
  for (let back = 0; back < enough; back += 1) scratch[back] = history[back]! + loads[back]!;
  return scratch;
}

function sumHistory(fleet: Fleet, host: Host): void {
  const { history, vms, capacity } = host;
  const { mips, ram } = fleet;
  history.fill(0);
  for (let back = 0; back < fleet.recorded; back += 1) {
    const row = fleet.pastRow(back);
    let sum = 0;
    for (let i = 0; i < vms.length; i += 1) {
      const vm = vms[i]!;
      sum += (row[vm]! * mips[vm]!) / capacity;
    }
    history[back] = sum;
  }
  let ramMost = 0;
  for (let i = 0; i < vms.length; i += 1) ramMost = Math.max(ramMost, ram[vms[i]!]!);
  host.ramMost = ramMost;
  host.isHistoryFresh = true;
}

/** Up to the last that is not 0. */
function lengthOf(values: Float64Array): number {
  let length = HISTORY;
  while (length > 1 && values[length - 1] === 0) length -= 1;
  return length;
}
