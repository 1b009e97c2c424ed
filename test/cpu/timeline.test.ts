// Goal: a run's timeline is what happened in it: in the Perfetto file a track a pCPU, a slice a dispatch, an instant a
// co-stop and a migration, and slices that add up to the account; in the text one letter a vCPU and quantum.
// Method: runs with co-scheduling, moves and hot-plug; counts and sums of their two timelines against the result's counters.

import { describe, expect, test } from "vitest";
import { timelinePerfetto, timelineText } from "../../src/index.ts";
import type { Result, Timeline } from "../../src/report/result.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { type CpuWords, cpuScenario, MS, vmOf } from "../support/cpu.ts";
import { coreModule } from "../support/world.ts";

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Record<string, unknown>;
}

async function run(words: CpuWords): Promise<{ result: Result; timeline: Timeline; events: TraceEvent[] }> {
  const result = await simulate(cpuScenario(words), { core: coreModule(), timeline: true });
  const timeline = result.timeline!;
  const text = [...timelinePerfetto(timeline, result)].join("");
  return { result, timeline, events: (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents };
}

/** Microseconds with three decimals are whole ns. */
const ns = (micros: number): number => Math.round(micros * 1000);
const of = (events: readonly TraceEvent[], ph: string, name?: string) =>
  events.filter((event) => event.ph === ph && (name === undefined || event.name === name));

/** Slices of each pCPU, in order of time. */
function tracksOf(events: readonly TraceEvent[]): TraceEvent[][] {
  const tracks = of(events, "M", "thread_name").map(({ pid, tid }) => ({ pid, tid }));
  return tracks.map(({ pid, tid }) =>
    of(events, "X")
      .filter((slice) => slice.pid === pid && slice.tid === tid)
      .sort((a, b) => a.ts - b.ts),
  );
}

/** Names of vCPUs that were dispatched on another pCPU than before, once a move. */
function movesOf({ vcpu, pcpu, state, vcpus }: Timeline): string[] {
  const places = new Map<number, number>();
  return [...state.keys()].flatMap((entry) => {
    if ((state[entry]! & 15) !== 1) return [];
    const row = vcpu[entry]!;
    const before = places.get(row);
    places.set(row, pcpu[entry]!);
    const { vm, index } = vcpus[row]!;
    return before === undefined || before === pcpu[entry] ? [] : [`${vm}[${index}]`];
  });
}

const hogs = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `hog${i}` }));
const crowds: [what: string, words: CpuWords][] = [
  [
    "co-stops, moves and sleepers on four pCPUs",
    {
      duration: "2s",
      cpu: { cores: 4 },
      vms: [
        { name: "smp", vcpus: 4 },
        { name: "web", vcpus: 2, workload: { run: "7ms", sleep: "5ms" } },
        ...hogs(3),
      ],
      policy: { coscheduling: "relaxed", quantum: "10ms" },
    },
  ],
  [
    "gangs, hot-plug and a VM that comes and goes",
    {
      duration: "2s",
      cpu: { cores: 3 },
      vms: [{ name: "smp", vcpus: 3 }, { name: "late", start: "300ms" }, ...hogs(2)],
      policy: { coscheduling: "strict", quantum: "20ms" },
      events: [
        { at: "500ms", set: { vm: "smp", vcpus: 2 } },
        { at: "900ms", set: { vm: "smp", vcpus: 3 } },
        { at: "1s", stop: { vm: "late" } },
      ],
    },
  ],
  [
    "hardware threads on two sockets",
    {
      duration: "1s",
      cpu: { sockets: 2, cores: 2, threads: 2 },
      vms: Array.from({ length: 11 }, (_, i) => ({
        name: `v${i}`,
        workload: { run: `${3 + i}ms`, sleep: `${1 + (i % 3)}ms` },
      })),
      policy: { quantum: "5ms" },
    },
  ],
];

describe("timeline.perfetto.json", () => {
  test.each(crowds)("%s", async (_, words) => {
    const { result, timeline, events } = await run(words);
    const { perPcpu, busyNs, dispatches, migrations, costops } = result.hosts[0]!.cpu!;
    expect(timeline.cut).toBe(false);
    const names = of(events, "M", "thread_name").map(({ args }) => args["name"]);
    expect(names).toEqual(perPcpu.map((_pcpu, i) => `pCPU ${i}`));
    const tracks = tracksOf(events);
    for (const [pcpu, slices] of tracks.entries()) {
      let end = 0;
      let busy = 0;
      for (const { ts, dur } of slices) {
        expect(ns(ts)).toBeGreaterThanOrEqual(end);
        expect(ns(dur)).toBeGreaterThan(0);
        end = ns(ts) + ns(dur);
        busy += ns(dur);
      }
      expect(end).toBeLessThanOrEqual(result.simulatedNs);
      expect(busy, `pCPU ${pcpu}`).toBe(perPcpu[pcpu]!.busyNs);
    }
    expect(tracks.flat().reduce((sum, { dur }) => sum + ns(dur), 0)).toBe(busyNs);
    // A slice a dispatch, but for those that lasted no time; goes on as it was where the same vCPU is next.
    const slices = tracks.flat().length;
    expect(slices).toBeLessThanOrEqual(dispatches);
    expect(slices).toBeGreaterThan(0.9 * dispatches);
    expect(of(events, "i", "co-stop").length).toBe(costops);
    const moves = movesOf(timeline);
    expect(
      of(events, "i", "migration")
        .map(({ args }) => args["vcpu"])
        .sort(),
    ).toEqual(moves.sort());
    expect(moves.length).toBe(migrations);
    // The counter of who waits is never negative, and ends with those that wait in the end.
    for (const { args } of of(events, "C")) {
      for (const value of Object.values(args)) expect(value).toBeGreaterThanOrEqual(0);
    }
  });

  test("what each vCPU ran adds up to its VM's RUN", async () => {
    const { result, events } = await run(crowds[0]![1]);
    for (const { name, cpu } of result.vms) {
      const own = of(events, "X").filter((slice) => slice.name.startsWith(`${name}[`));
      expect(
        own.reduce((sum, { dur }) => sum + ns(dur), 0),
        name,
      ).toBe(cpu!.runNs);
    }
  });

  test("without co-scheduling and with one pCPU there are no instants: they are not made up", async () => {
    const { events } = await run({
      duration: "1s",
      vms: [{ name: "a", vcpus: 2 }, ...hogs(2)],
      policy: { coscheduling: "none" },
    });
    expect(of(events, "i")).toEqual([]);
    const { result, events: busy } = await run(crowds[0]![1]);
    expect(of(busy, "i", "co-stop").length).toBeGreaterThan(10);
    expect(of(busy, "i", "migration").length).toBeGreaterThan(10);
    // An instant names its vCPU, at a time at which that has stopped or begun.
    const stop = of(busy, "i", "co-stop")[0]!;
    expect(stop.args["vcpu"]).toMatch(/^smp\[\d\]$/);
    const ended = of(busy, "X", String(stop.args["vcpu"])).some(
      ({ ts, dur }) => ns(ts) + ns(dur) === ns(stop.ts),
    );
    expect(ended).toBe(true);
    const own = of(busy, "i", "co-stop").filter(({ args }) => String(args["vcpu"]).startsWith("smp["));
    expect(own.length).toBe(vmOf(result, "smp").cpu!.costops);
  });
});

describe("text", () => {
  test("U, R, W and C: a row a vCPU, a letter a quantum; as many U as pCPUs at most", async () => {
    const { timeline } = await run(crowds[0]![1]);
    const text = timelineText(timeline, { quantumNs: 2 * MS, columns: 2000 });
    const rows = text.split("\n").flatMap((line) => /^ *(\S+) +([URWCS.]+)$/.exec(line)?.slice(1) ?? []);
    const letters = rows.filter((_, i) => i % 2 === 1);
    const names = rows.filter((_, i) => i % 2 === 0);
    expect([...names].sort()).toEqual(
      ["hog0", "hog1", "hog2", "smp[0]", "smp[1]", "smp[2]", "smp[3]", "web[0]", "web[1]"].sort(),
    );
    expect(new Set(letters.map(({ length }) => length))).toEqual(new Set([1000]));
    const count = (name: string, letter: string): number =>
      letters[names.indexOf(name)]!.split(letter).length - 1;
    expect(count("web[0]", "W")).toBeGreaterThan(100);
    expect(
      ["smp[0]", "smp[1]", "smp[2]", "smp[3]"].reduce((sum, name) => sum + count(name, "C"), 0),
    ).toBeGreaterThan(0);
    for (const name of ["hog0", "hog1", "hog2"]) expect(count(name, "U") + count(name, "R")).toBe(1000);
  });
});
