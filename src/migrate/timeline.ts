/**
 * A plan over time: how fast is sent, how much is left, how much the guest gets done; and as slices for Perfetto.
 *
 *   left   \        each round falls, and jumps by what was dirtied meanwhile
 *           \|\|\_
 */
import type { MigrationMode, MigrationPlan, ModePlan } from "./migration.ts";

/** One stretch, in which nothing changes but what is left. */
export interface TimelineStretch {
  /** A phase, or a round of pre-copy. */
  readonly name: string;
  readonly fromNs: number;
  readonly toNs: number;
  readonly bitsPerS: number;
  /** Pages at its beginning and end. */
  readonly leftPages: readonly [number, number];
  /** The guest's throughput, of the undisturbed one. */
  readonly guestPpm: number;
}

/** The stretches of one mode, one behind the other, from 0 to the total. */
export function timelineOf(
  { memoryPages }: Pick<MigrationPlan, "memoryPages">,
  mode: ModePlan,
): TimelineStretch[] {
  const stretches: TimelineStretch[] = [];
  let [nowNs, left] = [0, memoryPages];
  const add = (name: string, ns: number, bytes: number, pages: number, guestPpm: number): void => {
    if (!(ns > 0)) return;
    const next = Math.max(0, left - pages);
    const bitsPerS = (bytes * 8e9) / ns;
    stretches.push({
      name,
      fromNs: nowNs,
      toNs: nowNs + ns,
      bitsPerS,
      leftPages: [left, next],
      guestPpm,
    });
    left = next;
    nowNs += ns;
  };
  for (const { phase, fromNs, toNs, guest } of mode.phases) {
    const ns = toNs - fromNs;
    if (phase === "pre-copy") {
      mode.rounds.forEach((round, index) => {
        add(`round ${index + 1}`, round.ns, round.bytes, round.pages, round.guestPpm ?? 1e6);
        left += round.dirtiedPages;
      });
    } else if (phase === "stop-and-copy") {
      // Whatever is left then, if anything is sent: behind it nothing comes but what is pushed.
      add(phase, ns, mode.stopCopy.bytes, mode.stopCopy.pages > 0 ? left : 0, 0);
    } else if (phase === "storage") {
      add(phase, ns, mode.storage!.bytes + mode.storage!.mirroredBytes, 0, 1e6);
    } else if (phase === "push") add(phase, ns, pushedBytes(mode), left, mode.guest.whilePushedPpm ?? 1e6);
    else add(phase, ns, 0, 0, guest === "stopped" ? 0 : 1e6);
  }
  return stretches;
}

function pushedBytes({ bytesSent, rounds, stopCopy, storage }: ModePlan): number {
  const before = rounds.reduce((sum, { bytes }) => sum + bytes, 0) + stopCopy.bytes;
  return Math.max(
    0,
    bytesSent - before - (storage === undefined ? 0 : storage.bytes + storage.mirroredBytes),
  );
}

/** A plan as JSON for the Perfetto UI: each mode a track of slices, with counters of rate, remainder and throughput. */
export function planPerfetto(plan: MigrationPlan): string {
  const events: object[] = [];
  const micros = (ns: number): number => ns / 1e3;
  for (const [index, mode] of plan.modes.entries()) {
    const pid = index + 1;
    events.push({ ph: "M", name: "process_name", pid, tid: 0, args: { name: nameOf(mode.mode) } });
    for (const { phase, fromNs, toNs, guest } of mode.phases) {
      const span = { ts: micros(fromNs), dur: micros(toNs - fromNs) };
      events.push({ ph: "X", cat: "phase", name: phase, ...span, pid, tid: 1, args: { guest } });
    }
    for (const { name, fromNs, toNs, bitsPerS, leftPages, guestPpm } of timelineOf(plan, mode)) {
      const span = { ts: micros(fromNs), dur: micros(toNs - fromNs) };
      if (name.startsWith("round")) events.push({ ph: "X", cat: "round", name, ...span, pid, tid: 1 });
      const counter = (what: string, value: number, atNs: number): void => {
        events.push({ ph: "C", name: what, ts: micros(atNs), pid, args: { value } });
      };
      counter("Mbit/s", Math.round(bitsPerS / 1e4) / 100, fromNs);
      counter("pages left", Math.round(leftPages[0]), fromNs);
      counter("pages left", Math.round(leftPages[1]), toNs);
      counter("guest's throughput, %", Math.round(guestPpm / 100) / 100, fromNs);
    }
  }
  return `{"displayTimeUnit":"ms","traceEvents":[\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]}\n`;
}

const nameOf = (mode: MigrationMode): string => `migration, ${mode}`;
