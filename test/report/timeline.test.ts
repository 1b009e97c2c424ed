// Goal: a timeline reads as what happened: letters for people, trace events for Perfetto.
// Method: seed 004's rows; then, on timelines by chance, sums recomputed from the entries.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Result, Timeline } from "../../src/report/result.ts";
import { spansOf } from "../../src/report/spans.ts";
import { timelinePerfetto } from "../../src/report/timeline-perfetto.ts";
import { timelineLetters, timelineText } from "../../src/report/timeline-text.ts";
import { resultOf } from "../support/results.ts";
import { anyTimeline, seed004, timelineOf } from "../support/timelines.ts";

const T = 50e6;

const steps = fc.array(
  fc.record({
    waitNs: fc.integer({ min: 0, max: 5000 }),
    vcpu: fc.integer({ min: 0, max: 5 }),
    state: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 120 },
);

/** Time in a state, of each vCPU, straight from the entries. */
function timeIn(timeline: Timeline, wanted: number): number[] {
  return timeline.vcpus.map((_, row) => {
    let total = 0;
    const own = [...timeline.atNs.keys()].filter((entry) => timeline.vcpu[entry] === row);
    own.forEach((entry, i) => {
      const next = own[i + 1];
      const end = next === undefined ? timeline.untilNs : timeline.atNs[next]!;
      if ((timeline.state[entry]! & 15) === wanted) total += end - timeline.atNs[entry]!;
    });
    return total;
  });
}

describe("letters", () => {
  test("seed 004, row by row", () => {
    const rows = timelineLetters(seed004(T, 24), T, 0, 24);
    expect(rows[0]).toBe("URRRRURRRRURRRRUWRRRURRR");
    expect(rows[2]).toBe("RURRRRURRRRURRRRUWRRRURR");
    expect(rows[8]).toBe("RRRRURRRRURRRRURRRRUWRRR");
  });

  test("a window of the timeline begins where it is told to", () => {
    const [row] = timelineLetters(seed004(T, 24), T, 15 * T, 4);
    expect(row).toBe("UWRR");
    expect(timelineLetters(seed004(T, 24), T, 22 * T, 100)[0]).toBe("RR");
    expect(timelineLetters(seed004(T, 24), T, 99 * T, 4)[0]).toBe("");
  });

  test("most of the quantum wins; of equals U, R, C, W; off before the first entry", () => {
    const vcpus = [{ vm: "a", index: 0 }];
    const entries = [
      [100, 2], // off until 100
      [250, 1], // R 100..250, U 250..300: R holds 2 of 3 hundreds in [100, 200), [200, 300) is a tie
      [300, 3],
      [350, 4],
      [400, 5],
      [470, 0],
    ].map(([atNs, state]) => ({ atNs: atNs!, vcpu: 0, pcpu: 0, state: state! }));
    const timeline = timelineOf(560, vcpus, [{ host: "h", index: 0 }], entries);
    expect(timelineLetters(timeline, 100, 0, 99)).toEqual([".RUCW."]);
  });

  test("text: blocks in a narrow terminal, vCPUs numbered where there are several", async () => {
    await expect(timelineText(seed004(T, 24), { quantumNs: T, columns: 80 })).toMatchFileSnapshot(
      "../golden/report/timeline-80.txt",
    );
    const narrow = timelineText(seed004(T, 120), { quantumNs: T, columns: 60 });
    for (const line of narrow.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    expect(narrow).toContain("\n      2.50 s\n");
    expect(timelineText(anyTimeline([{ waitNs: 5, vcpu: 1, state: 1 }]), { quantumNs: 100 })).toContain(
      "a[1]  U",
    );
    expect(timelineText(timelineOf(0, [], [], []), { quantumNs: 1 })).toBe(
      "timeline: nothing was recorded\n",
    );
  });

  test("rejects a quantum of nothing", () => {
    expect(() => timelineText(seed004(T, 1), { quantumNs: 0 })).toThrow("expected above 0, got 0");
  });

  test("property: spans of a vCPU follow each other and cover the timeline", () => {
    fc.assert(
      fc.property(steps, (chosen) => {
        const timeline = anyTimeline(chosen);
        const ends = timeline.vcpus.map(() => 0);
        const ran = timeline.vcpus.map(() => 0);
        for (const span of spansOf(timeline)) {
          expect(span.fromNs).toBe(ends[span.vcpu]);
          expect(span.toNs).toBeGreaterThan(span.fromNs);
          ends[span.vcpu] = span.toNs;
          if (span.state === 1) ran[span.vcpu]! += span.toNs - span.fromNs;
        }
        expect(ends.every((end) => end === timeline.untilNs)).toBe(true);
        expect(ran).toEqual(timeIn(timeline, 1));
      }),
    );
  });
});

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Record<string, number | string>;
}

function resultFor(timeline: Timeline): Result {
  const hosts = [...new Set(timeline.pcpus.map(({ host }) => host))];
  const names = [...new Set(timeline.vcpus.map(({ vm }) => vm))];
  return resultOf({
    scenario: "timeline",
    hosts: hosts.map((name) => ({ name, mib: 64 })),
    vms: names.map((name) => ({ name, host: name === "c" ? hosts[1]! : hosts[0]!, mib: 16 })),
    durationNs: timeline.untilNs,
    samples: 2,
  });
}

function traceOf(timeline: Timeline): TraceEvent[] {
  const text = [...timelinePerfetto(timeline, resultFor(timeline))].join("");
  return (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents;
}

describe("trace events", () => {
  test("tracks are named after hosts and pCPUs", () => {
    const events = traceOf(seed004(T, 24));
    const named = events.filter(({ ph, name }) => ph === "M" && name.endsWith("_name"));
    expect(named.map(({ pid, tid, args }) => [pid, tid, args["name"]])).toEqual([
      [1, undefined, "h1"],
      [1, 1, "pCPU 0"],
      [1, 2, "pCPU 1"],
    ]);
    expect(events.filter(({ ph }) => ph === "X").length).toBe(48);
    expect(events.find(({ ph }) => ph === "X")).toMatchObject({ name: "vm1[0]", ts: 0, dur: 50_000 });
  });

  test("microseconds keep every nanosecond", () => {
    const vcpus = [{ vm: "a", index: 0 }];
    const run = { atNs: 1_000_000_000_001, vcpu: 0, pcpu: 0, state: 1 };
    const timeline = timelineOf(1_000_000_001_021, vcpus, [{ host: "h", index: 0 }], [run]);
    const text = [...timelinePerfetto(timeline, resultFor(timeline))].join("");
    expect(text).toContain('"ts":1000000000.001,"dur":1.020,');
  });

  test("co-stops and migrations are instants on the track where they happen", () => {
    const entries = [
      { atNs: 0, vcpu: 0, pcpu: 0, state: 1 },
      { atNs: 1000, vcpu: 0, pcpu: 0, state: 3 },
      { atNs: 2000, vcpu: 0, pcpu: 1, state: 17 },
    ];
    const pcpus = [0, 1].map((index) => ({ host: "h", index }));
    const events = traceOf(timelineOf(3000, [{ vm: "a", index: 0 }], pcpus, entries));
    expect(
      events.filter(({ ph }) => ph === "i").map(({ name, ts, tid, args }) => [name, ts, tid, args]),
    ).toEqual([
      ["co-stop", 1, 1, { vcpu: "a[0]" }],
      ["migration", 2, 2, { vcpu: "a[0]", from: "pCPU 0" }],
    ]);
    expect(events.filter(({ ph }) => ph === "C").map(({ ts, args }) => [ts, args])).toEqual([
      [1, { ready: 0, "co-stopped": 1 }],
      [2, { ready: 0, "co-stopped": 0 }],
    ]);
  });

  test("property: slices of a track never overlap, and add up to each vCPU's running time", () => {
    fc.assert(
      fc.property(steps, (chosen) => {
        const timeline = anyTimeline(chosen);
        const slices = traceOf(timeline).filter(({ ph }) => ph === "X");
        const ns = (micros: number): number => Math.round(micros * 1000);
        const ends = new Map<string, number>();
        for (const { pid, tid, ts, dur } of [...slices].sort((a, b) => a.ts - b.ts)) {
          const track = `${pid}/${tid}`;
          expect(ns(ts)).toBeGreaterThanOrEqual(ends.get(track) ?? 0);
          ends.set(track, ns(ts) + ns(dur));
        }
        const ran = timeline.vcpus.map(({ vm, index }) =>
          slices.filter(({ name }) => name === `${vm}[${index}]`).reduce((sum, { dur }) => sum + ns(dur), 0),
        );
        expect(ran).toEqual(timeIn(timeline, 1));
      }),
    );
  });

  test("two hundred thousand slices come in pieces, the same bytes each time", () => {
    const timeline = seed004(T, 100_000);
    let slices = 0;
    let longest = 0;
    for (const piece of timelinePerfetto(timeline, resultFor(timeline))) {
      slices += piece.split('"ph":"X"').length - 1;
      longest = Math.max(longest, piece.length);
    }
    expect(slices).toBe(200_000);
    expect(longest).toBeLessThan(70_000);
    const [again, once] = [1, 2].map(() =>
      [...timelinePerfetto(seed004(T, 50), resultFor(timeline))].join(""),
    );
    expect(again).toBe(once);
  });

  test("names are strangers' text", () => {
    const vcpus = [{ vm: '"\\\u001b]<b>', index: 0 }];
    const run = { atNs: 0, vcpu: 0, pcpu: 0, state: 1 };
    const [slice] = traceOf(timelineOf(10, vcpus, [{ host: '"h"', index: 0 }], [run])).filter(
      ({ ph }) => ph === "X",
    );
    expect(slice!.name).toBe('"\\\\x1b]<b>[0]');
  });
});
