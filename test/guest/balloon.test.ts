// Goal: the balloon takes what it is told to, at its rate, and no more than the guest can give; what stood in a ballooned
// page can be read by nobody.
// Method: small guests whose target is set by hand; every page in one place (checkGuests) and no frame behind any that is
// ballooned.

import { describe, expect, test } from "vitest";
import type { World } from "../../src/sim/world.ts";
import { checkGuests } from "../storm/guests.ts";
import {
  BUILDS,
  FLAG,
  NO_MPN,
  osOf,
  runTo,
  SECOND,
  type SmallScenario,
  type SmallVm,
  streamOf,
  worldOf,
} from "../support/world.ts";

const MILLION = 1_000_000;
const KERNEL = 8;

/** A guest of 1024 pages with a program of 500 that it writes all the time, and a driver of 1000 pages a second. */
function guest(given: Partial<SmallVm> = {}, os: object = {}): SmallVm {
  const write = { region: 0, writesPpm: MILLION, ratePerKs: 1e8 };
  return {
    pages: 1024,
    os: osOf({ regions: [{ kind: "anonymous", pages: 500, name: "a" }], ...os }),
    workload: [streamOf(write, 500)],
    balloon: { maxPages: 800, pagesPerSecond: 1000 },
    ...given,
  };
}

/** Ballooned pages of a VM, each without a frame; and whatever else must hold. */
function ballooned(world: World, vm = 0): number[] {
  const { columns } = world;
  expect(checkGuests(world)).toBeUndefined();
  const first = columns.vmPpnFirst[vm]!;
  const pages = Array.from({ length: columns.vmPpnCount[vm]! }, (_, at) => first + at);
  const held = pages.filter((ppn) => (columns.ppnFlags[ppn]! & FLAG.ballooned) !== 0);
  expect(held.filter((ppn) => columns.ppnMpn[ppn] !== NO_MPN)).toEqual([]);
  expect(columns.vmBalloonPages[vm]).toBe(held.length);
  return held;
}

describe.each(BUILDS)("balloon, %s core", (build) => {
  const world = (small: SmallScenario): Promise<World> => worldOf(small, { build });

  test("walks to its target at its rate, up and down", async () => {
    const one = await world({ vms: [guest()] });
    const { columns } = one;
    runTo(one, SECOND);
    columns.vmBalloonTarget[0] = 450;
    runTo(one, 1.25 * SECOND);
    expect(ballooned(one).length).toBe(200);
    runTo(one, 2 * SECOND);
    expect(ballooned(one).length).toBe(450);
    // Free pages went first: nothing had to be evicted.
    expect([columns.vmFreePages[0], columns.vmGuestSwapOuts.get(0)]).toEqual([1024 - KERNEL - 500 - 450, 0]);
    columns.vmBalloonTarget[0] = 0;
    runTo(one, 2.35 * SECOND);
    expect(ballooned(one).length).toBe(150);
    runTo(one, 3 * SECOND);
    expect(ballooned(one)).toEqual([]);
  });

  test("the guest pages out what it needs least, and faults for what it needs", async () => {
    const one = await world({ vms: [guest({}, { disk: { ...osOf().disk, readNs: 0, writeNs: 0 } })] });
    const { columns } = one;
    runTo(one, SECOND);
    columns.vmBalloonTarget[0] = 700;
    runTo(one, 4 * SECOND);
    expect(ballooned(one).length).toBe(700);
    expect(columns.vmGuestSwapOuts.get(0)).toBeGreaterThan(184);
    expect(columns.vmGuestSwapIns.get(0)).toBeGreaterThan(1000);
    expect(columns.vmGrantedPages[0]).toBeLessThanOrEqual(324);
  });

  test("never more than its share, and only what the guest can give", async () => {
    const one = await world({ vms: [guest(), guest({}, { swapPages: 0 })] });
    const { columns } = one;
    runTo(one, SECOND);
    columns.vmBalloonTarget.fill(1024);
    runTo(one, 20 * SECOND);
    expect(ballooned(one, 0).length).toBe(800);
    // Without swap space the program's 500 pages stay, and so does the guest's reserve of 2.
    expect(ballooned(one, 1).length).toBe(1024 - KERNEL - 500 - 2);
    expect(columns.vmGuestOom.get(1)).toBe(0);
  });

  test("no driver while the guest boots", async () => {
    const one = await world({ vms: [guest({}, { bootNs: 3 * SECOND })] });
    one.columns.vmBalloonTarget[0] = 300;
    runTo(one, 2.9 * SECOND);
    expect([one.columns.vmBalloonReady[0], ballooned(one).length]).toEqual([0, 0]);
    runTo(one, 4 * SECOND);
    expect([one.columns.vmBalloonReady[0], ballooned(one).length]).toEqual([1, 300]);
  });

  test("what stood in a ballooned page is read by nobody: not by its guest, not by others", async () => {
    const secret = 0x5ec2e7n;
    const small = { vms: [guest({ workload: [] }), { pages: 600 }], hosts: [1024] };
    const one = await world(small);
    const { columns, core } = one;
    runTo(one, SECOND);
    const first = columns.vmPpnFirst[0]!;
    for (let at = KERNEL; at < 1024; at += 1) core.wasm.fault_writePage(first + at, secret);
    columns.vmBalloonTarget[0] = 400;
    runTo(one, 3 * SECOND);
    const held = ballooned(one);
    expect(held.length).toBe(400);
    // Another VM takes all frames that came free.
    const other = columns.vmPpnFirst[1]!;
    for (let at = 0; at < 390; at += 1) {
      expect(core.wasm.fault_readPage(other + at)).toBe(1);
      expect(columns.mpnContent.big(columns.ppnMpn[other + at]!)).toBe(0n);
    }
    // The guest itself reads them behind its driver's back: each is popped, and zero.
    for (const ppn of held.slice(0, 10)) {
      expect(core.wasm.fault_readPage(ppn)).toBe(1);
      expect(columns.mpnContent.big(columns.ppnMpn[ppn]!)).toBe(0n);
    }
    expect([columns.vmPops.get(0), columns.vmBalloonPages[0]]).toEqual([10, 390]);
    // And after they have come back.
    columns.vmBalloonTarget[0] = 0;
    runTo(one, 4 * SECOND);
    expect(ballooned(one)).toEqual([]);
    for (let at = 0; at < 390; at += 1) core.wasm.fault_dropPage(other + at);
    for (const ppn of held) {
      expect(core.wasm.fault_readPage(ppn)).toBe(1);
      expect(columns.mpnContent.big(columns.ppnMpn[ppn]!)).toBe(0n);
    }
  });

  test("a reset: the host keeps its frames, the balloon is popped page by page, a new driver begins with nothing", async () => {
    const events = [{ atNs: 2 * SECOND, kind: "reset", vm: 0, path: "events[0]" }] as const;
    // The balloon is filled first, so that the program's pages of the second life are those of the balloon of the first.
    const write = { region: 0, writesPpm: MILLION, ratePerKs: 1e8, startNs: 1.5 * SECOND };
    const vm = guest({ workload: [streamOf(write, 400)] }, { bootNs: SECOND });
    const one = await world({ vms: [vm], events });
    const { columns } = one;
    columns.vmBalloonTarget[0] = 450;
    runTo(one, 2 * SECOND - 1);
    const before = columns.vmGrantedPages[0]!;
    expect(ballooned(one).length).toBe(450);
    runTo(one, 2 * SECOND + 1);
    expect([columns.vmOsPhase[0], columns.vmBalloonReady[0], columns.vmBalloonPages[0]]).toEqual([1, 0, 450]);
    expect([columns.vmGrantedPages[0], columns.vmFreePages[0]]).toEqual([before, 1024 - KERNEL]);
    runTo(one, 3 * SECOND + 1);
    columns.vmBalloonTarget[0] = 0;
    runTo(one, 5 * SECOND);
    // What the program touches is popped; the rest nobody can give back, nor does the host get it twice.
    expect([columns.vmPops.get(0), columns.vmBalloonPages[0]]).toEqual([400, 50]);
    expect(columns.vmBalloonHead[0]).toBe(NO_MPN);
    columns.vmBalloonTarget[0] = 500;
    runTo(one, 8 * SECOND);
    expect(ballooned(one).length).toBe(500);
  });
});
