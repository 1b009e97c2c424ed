/**
 * CloudSim's PlanetLab experiment: what a day of demand costs under a way to consolidate it.
 *
 *   npa    every host draws its full power all day          dvfs   power follows load, nobody moves
 *   DETECTOR-SELECTOR-NUMBER                                thr-mmt-0.8 lr-mc-1.2 iqr-mmt-1.5 mad-mmt-2.5 …
 *
 * Source: Beloglazov & Buyya, CCPE'12; results of CloudSim 3.0.3, facts §10.
 */
import { runDay } from "./day.ts";
import { DETECTORS } from "./detect.ts";
import { Fleet } from "./fleet.ts";
import { placeAtStart } from "./optimise.ts";
import { SELECTORS } from "./select.ts";
import { FIRST_S, HOST_KINDS, HOSTS, INTERVAL_S, wattsAt } from "./setup.ts";
import { orderPlanetlab, PLANETLAB_STEPS, type PlanetlabOrder, type PlanetlabVm } from "./trace.ts";

/** What `ballast reproduce planetlab` prints: fractions 0 … 1. */
export interface PlanetlabResult {
  readonly energyKwh: number;
  readonly migrations: number;
  readonly slav: number;
  readonly pdm: number;
  readonly slatah: number;
  /** Times that a host went from in use to unused; one that is never used counts once. */
  readonly hostShutdowns: number;
  readonly hosts: number;
  readonly vms: number;
  /** Not given / asked for, over all VMs and the whole day. */
  readonly slaOverall: number;
  /** Mean of the part not given, over the times at which something was not. */
  readonly slaAverage: number;
}

export interface PlanetlabOptions {
  /** `npa`, `dvfs`, or names of detector and selector, and a number: `lr-mmt-1.2`. */
  readonly policy: string;
  /** `ntfs` if absent. */
  readonly order?: PlanetlabOrder;
  /** Of the selector `rs`; 1 if absent. */
  readonly seed?: number;
}

/** What may stand in `policy`. */
export const PLANETLAB_POLICIES = `npa, dvfs, or ${Object.keys(DETECTORS).join("|")}-${Object.keys(SELECTORS).join("|")}[-NUMBER]`;

/** Refuses what is no policy, before a trace is read for it. @throws RangeError as `planetlab` does */
export function checkPlanetlabPolicy(policy: string): void {
  consolidationOf(policy, 1);
}

/**
 * Runs the day.
 *
 * @param vms  in any order
 * @throws RangeError for a policy that is none, and for more VMs than the hosts can hold
 */
export function planetlab(vms: readonly PlanetlabVm[], options: PlanetlabOptions): PlanetlabResult {
  const { policy, order = "ntfs", seed = 1 } = options;
  const consolidation = consolidationOf(policy, seed);
  const counts = { hosts: HOSTS, vms: vms.length };
  if (policy === "npa") return { ...unmanaged(), ...counts };
  const fleet = new Fleet(samplesOf(orderPlanetlab(vms, order)), PLANETLAB_STEPS + 1);
  placeAtStart(fleet, consolidation !== undefined);
  const { overall, average, energyKwh, migrations, slav, pdm, slatah, hostShutdowns } = runDay(
    fleet,
    consolidation,
  );
  const rest = { slaOverall: overall, slaAverage: average };
  return { energyKwh, migrations, slav, pdm, slatah, hostShutdowns, ...counts, ...rest };
}

/** Parts of 1; the day's last value stands twice, so that there is something to look at until its end. */
function samplesOf(vms: readonly PlanetlabVm[]): Float64Array {
  const steps = PLANETLAB_STEPS + 1;
  const samples = new Float64Array(vms.length * steps);
  for (const [row, { percent }] of vms.entries()) {
    for (let step = 0; step < steps; step += 1) {
      samples[row * steps + step] = percent[Math.min(step, PLANETLAB_STEPS - 1)]! / 100;
    }
  }
  return samples;
}

function consolidationOf(policy: string, seed: number) {
  if (policy === "npa" || policy === "dvfs") return undefined;
  const [detector = "", selector = "", number, ...rest] = policy.split("-");
  const detect = Object.hasOwn(DETECTORS, detector) ? DETECTORS[detector] : undefined;
  const select = Object.hasOwn(SELECTORS, selector) ? SELECTORS[selector] : undefined;
  const value =
    number === undefined ? detect?.usual : /^\d+(\.\d+)?$/.test(number) ? Number(number) : undefined;
  if (detect === undefined || select === undefined || value === undefined || rest.length > 0)
    throw new RangeError(`policy: expected ${PLANETLAB_POLICIES}, got ${policy || "nothing"}`);
  return { isOver: detect.make(value), select: select(seed) };
}

/** Nobody looks at power: full power of every host from the first look to the last. */
function unmanaged() {
  const watts = HOST_KINDS.reduce((sum, kind) => sum + (wattsAt(kind, 1) * HOSTS) / HOST_KINDS.length, 0);
  const looks = Math.ceil((86_400 - FIRST_S) / INTERVAL_S);
  const energyKwh = (watts * (looks - 1) * INTERVAL_S + watts * FIRST_S) / 3_600_000;
  const none = { slav: 0, pdm: 0, slatah: 0, hostShutdowns: 0, slaOverall: 0, slaAverage: 0 };
  return { energyKwh, migrations: 0, ...none };
}
