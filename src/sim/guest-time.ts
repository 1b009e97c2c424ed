/**
 * A guest's ticks as of now. The core accounts them when its first vCPU changes state, which may be long ago; here the time
 * since is added, as assembly/cpu/guest-time.ts will, and nothing is written.
 */
import type { VmCpu } from "../report/result.ts";
import type { World } from "./world.ts";

type GuestTime = NonNullable<VmCpu["time"]>;

const BACKLOG_MAX_NS = 60e9;
const RUN = 1;
const IDLE = 4;
/** vmTimeMode. */
const MODES = ["process", "sponge", "steal"] as const;

/** Of a VM row whose guest keeps time by ticks. */
export function guestTimeOf({ columns, nowNs }: World, row: number): GuestTime {
  const seen: GuestTime = {
    backlogNs: columns.vmBacklogNs.get(row),
    backlogMaxNs: columns.vmBacklogMaxNs.get(row),
    droppedNs: columns.vmDroppedNs.get(row),
    processNs: columns.vmProcessNs.get(row),
    spongeNs: columns.vmSpongeNs.get(row),
    stealNs: columns.vmStealNs.get(row),
  };
  const state = columns.vcpuState.get(columns.vmVcpuFirst.get(row));
  const elapsedNs = nowNs - columns.vmTimeSeenNs.get(row);
  if (state === 0 || elapsedNs <= 0) return seen;
  const mode = MODES[columns.vmTimeMode[row]!]!;
  if (state !== RUN && state !== IDLE) return piled(seen, elapsedNs, mode === "steal");
  const late = Math.min(seen.backlogNs, Math.floor((elapsedNs * columns.vmCatchUpPpm[row]!) / 1e6));
  const isBusy = state === RUN;
  const charged = isBusy && mode === "process" ? late : 0;
  return {
    ...seen,
    backlogNs: seen.backlogNs - late,
    processNs: seen.processNs + (isBusy ? elapsedNs : 0) + charged,
    spongeNs: seen.spongeNs + (mode === "sponge" ? late : 0),
  };
}

/** Ready, co-stopped, or waiting for swap. */
function piled(seen: GuestTime, elapsedNs: number, isSteal: boolean): GuestTime {
  const backlogNs = seen.backlogNs + elapsedNs;
  const isGivenUp = backlogNs > BACKLOG_MAX_NS;
  return {
    ...seen,
    backlogNs: isGivenUp ? 0 : backlogNs,
    backlogMaxNs: Math.max(seen.backlogMaxNs, Math.min(backlogNs, BACKLOG_MAX_NS)),
    droppedNs: seen.droppedNs + (isGivenUp ? backlogNs : 0),
    stealNs: seen.stealNs + (isSteal ? elapsedNs : 0),
  };
}
