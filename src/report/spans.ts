/**
 * A timeline read as spans: how long each vCPU was in which state, and on which pCPU it ran.
 *
 *   entries   0 run   50 ready        80 run  …        changes of one vCPU
 *   spans     [0, 50) run  [50, 80) ready  [80, …)     what holds between them
 *
 * Before its first entry a vCPU is off. Cost: O(entries + vCPUs).
 */
import type { Timeline } from "./result.ts";

/** States of a timeline; the bit above them says that the vCPU came from another pCPU. */
export const OFF = 0;
export const RUN = 1;
export const READY = 2;
export const COSTOPPED = 3;
export const IDLE = 4;
export const SWAP_WAIT = 5;
export const STATE_BITS = 15;
export const MOVED = 16;

export interface Span {
  /** Row of the timeline's `vcpus`. */
  readonly vcpu: number;
  readonly state: number;
  /** Row of the timeline's `pcpus`; means nothing unless the state is run. */
  readonly pcpu: number;
  readonly fromNs: number;
  /** After `fromNs`: spans of no length are left out. */
  readonly toNs: number;
}

/**
 * Every span of every vCPU, in the order in which they end; the last ones end with the timeline, lowest vCPU first.
 *
 * @param timeline  entries in order of time
 */
export function* spansOf(timeline: Timeline): Generator<Span> {
  const { atNs, vcpu, pcpu, state, vcpus, untilNs } = timeline;
  const states = new Uint8Array(vcpus.length);
  const places = new Uint32Array(vcpus.length);
  const since = new Float64Array(vcpus.length);
  const span = (row: number, toNs: number): Span => ({
    vcpu: row,
    state: states[row]!,
    pcpu: places[row]!,
    fromNs: since[row]!,
    toNs,
  });
  for (let entry = 0; entry < atNs.length; ++entry) {
    const row = vcpu[entry]!;
    const at = Math.min(atNs[entry]!, untilNs);
    if (at > since[row]!) yield span(row, at);
    states[row] = state[entry]! & STATE_BITS;
    places[row] = pcpu[entry]!;
    since[row] = at;
  }
  for (let row = 0; row < vcpus.length; ++row) if (untilNs > since[row]!) yield span(row, untilNs);
}

/** Vcpus of a timeline by name: the VM's, with the number of the vCPU where the VM has several. */
export function vcpuNames(timeline: Timeline): readonly string[] {
  const several = new Set(timeline.vcpus.filter(({ index }) => index > 0).map(({ vm }) => vm));
  return timeline.vcpus.map(({ vm, index }) => (several.has(vm) ? `${vm}[${index}]` : vm));
}
