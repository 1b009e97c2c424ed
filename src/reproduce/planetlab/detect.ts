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

/** Whether a host, as its list is now, has too much to do. */
export type Detector = (fleet: Fleet, host: Host) => boolean;

const FALLBACK = 0.7;
const SPREAD_FROM = 12;
const LINE = 10;

const above =
  (threshold: number): Detector =>
  (_, { asked, capacity }) =>
    asked / capacity > threshold;

const fallback = above(FALLBACK);

function bySpread(safety: number, spreadOf: (values: Float64Array) => number): Detector {
  return (fleet, host) => {
    const values = historyOf(fleet, host);
    if (values.length < SPREAD_FROM) return fallback(fleet, host);
    return host.asked / host.capacity > 1 - safety * spreadOf(values.slice());
  };
}

function byLine(safety: number): Detector {
  return (fleet, host) => {
    const values = historyOf(fleet, host);
    if (values.length < LINE) return fallback(fleet, host);
    const ram = host.vms.reduce((most, vm) => Math.max(most, fleet.ram[vm]!), 0);
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

/** A host's load at the recorded looks by the VMs now in its list, the newest first, up to the last that is not 0. */
function historyOf(fleet: Fleet, host: Host): Float64Array {
  const { history, vms, capacity } = host;
  if (!host.isHistoryFresh) {
    history.fill(0);
    for (let back = 0; back < fleet.recorded; back += 1) {
      const row = fleet.pastRow(back);
      let sum = 0;
      for (const vm of vms) sum += (row[vm]! * fleet.mips[vm]!) / capacity;
      history[back] = sum;
    }
    host.isHistoryFresh = true;
  }
  let length = HISTORY;
  while (length > 1 && history[length - 1] === 0) length -= 1;
  return history.subarray(0, length);
}
