/** Timelines as a run could record them, made without a core: seed 004's schedule, and any by chance. */
import type { Timeline } from "../../src/report/result.ts";

export interface Entry {
  readonly atNs: number;
  readonly vcpu: number;
  readonly pcpu: number;
  readonly state: number;
}

/** A timeline from entries in order of time, on one host unless `hosts` says otherwise. */
export function timelineOf(
  untilNs: number,
  vcpus: Timeline["vcpus"],
  pcpus: Timeline["pcpus"],
  entries: readonly Entry[],
): Timeline {
  return {
    untilNs,
    cut: false,
    vcpus,
    pcpus,
    atNs: Float64Array.from(entries, (entry) => entry.atNs),
    vcpu: Uint32Array.from(entries, (entry) => entry.vcpu),
    pcpu: Uint32Array.from(entries, (entry) => entry.pcpu),
    state: Uint8Array.from(entries, (entry) => entry.state),
  };
}

/**
 * Seed 004: two pCPUs, ten VMs that run four quanta and sleep one, a FIFO queue. At a tick sleepers that wake go to the
 * tail first, then those whose quantum is over.
 */
export function seed004(quantumNs: number, quanta: number): Timeline {
  const names = Array.from({ length: 10 }, (_, i) => ({ vm: `vm${i + 1}`, index: 0 }));
  const pcpus = [0, 1].map((index) => ({ host: "h1", index }));
  const done = new Array<number>(10).fill(0);
  const wakesAt = new Array<number>(10).fill(-1);
  const state = new Array<number>(10).fill(0);
  const entries: Entry[] = [];
  let queue = names.map((_, row) => row);
  let running: number[] = [];
  for (let tick = 0; tick < quanta; ++tick) {
    const say = (vcpu: number, next: number, pcpu = 0): void => {
      if (state[vcpu] === next && next !== 1) return;
      state[vcpu] = next;
      entries.push({ atNs: tick * quantumNs, vcpu, pcpu, state: next });
    };
    if (tick === 0) for (const row of queue) say(row, 2);
    const asleep = running.filter((row) => done[row]! % 4 === 0);
    for (const row of asleep) {
      say(row, 4);
      wakesAt[row] = tick + 1;
    }
    names.forEach((_, row) => {
      if (wakesAt[row] !== tick) return;
      say(row, 2);
      queue.push(row);
    });
    for (const row of running.filter((each) => !asleep.includes(each))) {
      say(row, 2);
      queue.push(row);
    }
    running = queue.slice(0, 2);
    queue = queue.slice(2);
    running.forEach((row, pcpu) => {
      say(row, 1, pcpu);
      done[row]! += 1;
    });
  }
  return timelineOf(quanta * quantumNs, names, pcpus, entries);
}

/** One step of chance: after `waitNs` the vCPU goes to `state`; it runs on the first free pCPU or stays ready. */
export interface Step {
  readonly waitNs: number;
  readonly vcpu: number;
  readonly state: number;
}

/** Two hosts of two pCPUs, six vCPUs of three VMs: what a run could record, whatever the steps. */
export function anyTimeline(steps: readonly Step[]): Timeline {
  const vcpus = ["a", "b", "c"].flatMap((vm) => [0, 1].map((index) => ({ vm, index })));
  const pcpus = ["h1", "h2"].flatMap((host) => [0, 1].map((index) => ({ host, index })));
  const on: (number | undefined)[] = pcpus.map(() => undefined);
  const last = vcpus.map(() => -1);
  const entries: Entry[] = [];
  let now = 0;
  for (const { waitNs, vcpu, state } of steps) {
    now += waitNs;
    const held = on.indexOf(vcpu);
    if (held >= 0) on[held] = undefined;
    // c lives on h2, the others on h1.
    const free = (vcpu >= 4 ? [2, 3] : [0, 1]).find((row) => on[row] === undefined);
    const next = state === 1 && free === undefined ? 2 : state;
    if (next === 1) {
      const moved = last[vcpu]! >= 0 && last[vcpu] !== free ? 16 : 0;
      on[free!] = vcpu;
      last[vcpu] = free!;
      entries.push({ atNs: now, vcpu, pcpu: free!, state: 1 + moved });
    } else entries.push({ atNs: now, vcpu, pcpu: 0, state: next });
  }
  return timelineOf(now + 1000, vcpus, pcpus, entries);
}
