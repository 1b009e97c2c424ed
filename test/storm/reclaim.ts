/** Swap, compression, sampling and states: slots belong to one page or none, every counter is what a recount says. */
import { freeFrames } from "../../src/sim/observe.ts";
import type { World } from "../../src/sim/world.ts";
import { compressModel, modelledSizeModel } from "../model/memory/page-compress.ts";
import { FLAG, NO_MPN } from "../support/world.ts";
import { type Check, rowsFrom, vmsOfPages, wrong } from "./checks.ts";
import { checkBitset } from "./frames.ts";

const RING = 1024;
const PLACES = FLAG.mapped | FLAG.swapped | FLAG.compressed | FLAG.ballooned;
/** What is lost with the frame. */
const OF_FRAME = FLAG.cow | FLAG.zero | FLAG.ineligible | FLAG.visited | FLAG.leaving;

/** A page is in one place at the most; what is said of its frame is said only while it has one. */
export const checkFlags: Check = ({ columns }) => {
  for (const [ppn, flags] of columns.ppnFlags.entries()) {
    const place = flags & PLACES;
    if ((place & (place - 1)) !== 0) return `ppn ${ppn}: in two places, flags ${flags}`;
    if (place !== FLAG.mapped && flags & OF_FRAME) return `ppn ${ppn}: flags ${flags} without a frame`;
    if (flags & FLAG.leaving && !(flags & FLAG.queued)) return `ppn ${ppn}: leaves unwritten, flags ${flags}`;
    const hasSlot = (flags & (FLAG.swapped | FLAG.compressed)) !== 0;
    if (!hasSlot && place !== FLAG.mapped && columns.ppnMpn[ppn] !== NO_MPN) {
      return `ppn ${ppn}: flags ${flags}, mpn ${columns.ppnMpn[ppn]}`;
    }
  }
  return undefined;
};

/** Every slot is free or one page's; the others of its host's run are not lost. */
export const checkSlots: Check = ({ columns }) => {
  const { ppnFlags, ppnMpn, extentVm, vmHost, swapWordBits } = columns;
  const owner = new Map<number, number>();
  for (const [ppn, flags] of ppnFlags.entries()) {
    if (!(flags & (FLAG.swapped | FLAG.compressed))) continue;
    const slot = ppnMpn[ppn]!;
    const host = vmHost[extentVm[ppn >> 9]!]!;
    const first = columns.hostSwapFirst[host]!;
    if (slot < first || slot >= first + columns.hostSlotCount[host]!) {
      return `ppn ${ppn}: slot ${slot}, host ${host} has ${first} and ${columns.hostSlotCount[host]} on`;
    }
    if (owner.has(slot)) return `slot ${slot}: of ppn ${owner.get(slot)} and ppn ${ppn}`;
    owner.set(slot, ppn);
  }
  const slots = new Set(
    Array.from(columns.hostSwapFirst, (first, host) => rowsFrom(first, columns.hostSlotCount[host]!)).flat(),
  );
  const size = columns.swapContent.length || columns.swapBytes.length / 4096;
  if (size === 0) return undefined;
  const fault = checkBitset(swapWordBits.words, size, (slot) => slots.has(slot) && !owner.has(slot));
  return fault === undefined ? undefined : `free slots: ${fault}`;
};

/** Places in the file: pages there, and one for every write under way; the ring holds each page once. */
export const checkPageOuts: Check = ({ columns }) => {
  if (columns.pageOutPpn.length === 0) return undefined;
  const queued = new Set<number>();
  for (const host of columns.hostPages.keys()) {
    const tail = columns.hostPageOutTail[host]!;
    const rows = (columns.hostPageOutHead[host]! - tail) >>> 0;
    let last = 0n;
    for (let at = 0; at < rows; at += 1) {
      const row = columns.hostPageOutFirst[host]! + (((tail + at) >>> 0) % RING);
      const ppn = columns.pageOutPpn[row]!;
      if (queued.has(ppn)) return `ppn ${ppn}: twice on its way`;
      queued.add(ppn);
      if (!(columns.ppnFlags[ppn]! & FLAG.queued)) return `ppn ${ppn}: on its way, not queued`;
      const done = columns.pageOutDoneNs.big(row);
      if (done < last) return `row ${row}: written at ${done}, after one at ${last}`;
      if (done <= columns.worldNow.big(0) && done < columns.worldNow.big(0)) return `row ${row}: overdue`;
      last = done;
    }
    const vms = rowsFrom(columns.hostVmFirst[host]!, columns.hostVmCount[host]!);
    const swapped = vms.reduce((sum, vm) => sum + columns.vmSwappedPages[vm]!, 0);
    const fault = wrong(`host ${host} swap used`, columns.hostSwapUsed[host], swapped + rows);
    if (fault !== undefined) return fault;
    if (columns.hostSwapUsed[host]! > columns.hostSwapCount[host]!) return `host ${host}: swap file overfull`;
  }
  const lost = columns.ppnFlags.findIndex((flags, ppn) => (flags & FLAG.queued) !== 0 && !queued.has(ppn));
  return lost < 0 ? undefined : `ppn ${lost}: queued, on no ring`;
};

const COUNTED = [
  ["vmSwappedPages", FLAG.swapped],
  ["vmCompressedPages", FLAG.compressed],
  ["vmLeavingPages", FLAG.leaving],
  ["vmBalloonPages", FLAG.ballooned],
  ["vmCowPages", FLAG.cow],
] as const;

/** Pages of a VM in every place; copy-on-write pages of a host. */
export const checkPlaces: Check = ({ columns }) => {
  const cow = new Uint32Array(columns.hostPages.length);
  for (const [vm, first] of columns.vmPpnFirst.entries()) {
    const flags = columns.ppnFlags.subarray(first, first + columns.vmPpnCount[vm]!);
    for (const [column, flag] of COUNTED) {
      let count = 0;
      for (const each of flags) count += each & flag ? 1 : 0;
      const fault = wrong(`vm ${vm} ${column}`, columns[column][vm], count);
      if (fault !== undefined) return fault;
      if (flag === FLAG.cow) cow[columns.vmHost[vm]!]! += count;
    }
  }
  const host = cow.findIndex((count, row) => count !== columns.hostCowPages[row]);
  return host < 0 ? undefined : wrong(`host ${host} cow`, columns.hostCowPages[host], cow[host]);
};

/** KiB that what stands in a slot takes compressed; 5: it should not be there. */
function kibIn({ columns, plan }: World): (slot: number) => number {
  const quarter = columns.worldZipQuarterPpm[0]!;
  const half = columns.worldZipHalfPpm[0]!;
  const kibOf = (size: number): number => (size > 2048 ? 5 : Math.ceil(size / 1024));
  if (plan.content === "ids") {
    return (slot) => kibOf(modelledSizeModel(columns.swapContent.big(slot), quarter, half, 1_000_000));
  }
  const known = new Map<bigint, number>();
  return (slot) => {
    const bytes = columns.swapBytes.subarray(4096 * slot, 4096 * (slot + 1));
    // Contents of storms differ in their first word; compressing all of every page would take minutes.
    const first = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (!known.has(first)) known.set(first, kibOf(compressModel(bytes).length));
    return known.get(first)!;
  };
}

/** KiB and frames of every compression cache, its limit, an entry for every page; frames of hosts. */
export const checkZip: Check = (world) => {
  const { columns } = world;
  const kib = kibIn(world);
  const frames = new Uint32Array(columns.hostPages.length);
  const vms = vmsOfPages(world);
  const units = new Uint32Array(columns.vmPpnFirst.length);
  for (const [ppn, flags] of columns.ppnFlags.entries()) {
    if (!(flags & FLAG.compressed)) continue;
    units[vms[ppn]!]! += kib(columns.ppnMpn[ppn]!);
  }
  for (const vm of units.keys()) {
    const most = columns.vmZipRows[vm]!;
    const taken = columns.vmZipUnits[vm]!;
    const fault =
      wrong(`vm ${vm} zip KiB`, taken, units[vm]) ??
      wrong(`vm ${vm} zip frames`, columns.vmZipFrames[vm], Math.ceil(taken / 4));
    if (fault !== undefined) return fault;
    if (taken > most) return `vm ${vm}: ${taken} KiB compressed, at most ${most}`;
    const entries = new Set<number>();
    const tail = columns.vmZipTail[vm]!;
    for (let at = tail; at !== columns.vmZipHead[vm]!; at = (at + 1) >>> 0) {
      entries.add(columns.zipPpn[columns.vmZipFirst[vm]! + (at % (2 * most))]!);
    }
    const first = columns.vmPpnFirst[vm]!;
    for (let ppn = first; ppn < first + columns.vmPpnCount[vm]!; ppn += 1) {
      if (columns.ppnFlags[ppn]! & FLAG.compressed && !entries.has(ppn))
        return `ppn ${ppn}: compressed, no entry`;
    }
    frames[columns.vmHost[vm]!]! += columns.vmZipFrames[vm]!;
  }
  const host = frames.findIndex((count, row) => count !== columns.hostZipFrames[row]);
  return host < 0 ? undefined : wrong(`host ${host} zip frames`, columns.hostZipFrames[host], frames[host]);
};

/** free + used + hypervisor + overhead + compression = size, overhead being that of the VMs that are on. */
export const checkMemorySize: Check = (world) => {
  const { columns, plan } = world;
  for (const host of columns.hostPages.keys()) {
    const vms = rowsFrom(columns.hostVmFirst[host]!, columns.hostVmCount[host]!);
    const isOn = (vm: number): boolean => plan.cpu === undefined || columns.vmPower[vm] !== 0;
    const overhead = vms.reduce((sum, vm) => sum + (isOn(vm) ? columns.vmOverheadPages[vm]! : 0), 0);
    const taken =
      columns.hostUsedPages[host]! +
      columns.hostSystemPages[host]! +
      columns.hostOverheadPages[host]! +
      columns.hostZipFrames[host]!;
    // Whoever is powered on where nothing is free and nothing can be taken leaves the host in debt.
    const owed = Math.max(0, taken - columns.hostPages[host]!);
    const fault =
      wrong(`host ${host} overhead`, columns.hostOverheadPages[host], overhead) ??
      (owed > overhead ? `host ${host}: owes ${owed} frames, for overhead ${overhead}` : undefined) ??
      wrong(`host ${host} size`, taken - owed + freeFrames(columns, host), columns.hostPages[host]);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** As many different pages are watched as were drawn, and as many of them touched as were counted. */
export const checkSamples: Check = ({ columns }) => {
  if (columns.samplePpn.length === 0) return undefined;
  for (const [vm, first] of columns.vmPpnFirst.entries()) {
    const flags = columns.ppnFlags.subarray(first, first + columns.vmPpnCount[vm]!);
    const watched = [...flags].filter((flag) => flag & FLAG.watched);
    const touched = watched.filter((flag) => flag & FLAG.recent).length;
    const samples = rowsFrom(columns.vmSampleFirst[vm]!, columns.vmSampleCount[vm]!);
    const fault =
      wrong(`vm ${vm} watched`, columns.vmSampleCount[vm], watched.length) ??
      wrong(`vm ${vm} touched samples`, columns.vmSampleTouched[vm], touched);
    if (fault !== undefined) return fault;
    const stray = samples.find((row) => !(columns.ppnFlags[columns.samplePpn[row]!]! & FLAG.watched));
    if (stray !== undefined) return `sample ${stray}: of a page that is not watched`;
  }
  return undefined;
};

/** Time in the states is the time there was; the state is never better than free memory was at the last look. */
export const checkStates: Check = (world) => {
  const { columns } = world;
  const now = Number(columns.worldNow.big(0));
  for (const host of columns.hostPages.keys()) {
    const spent = [
      columns.hostHighNs,
      columns.hostClearNs,
      columns.hostSoftNs,
      columns.hostHardNs,
      columns.hostLowNs,
    ].reduce((sum, column) => sum + column.get(host), 0);
    const since = columns.hostStateSinceNs.get(host);
    if (spent !== since) return wrong(`host ${host} time in states`, spent, since);
    if (since > now) return `host ${host}: in its state since ${since}, after ${now}`;
    const below = [
      0,
      columns.hostClearBelow[host]!,
      columns.hostSoftBelow[host]!,
      columns.hostHardBelow[host]!,
      columns.hostLowBelow[host]!,
    ];
    const state = columns.hostState[host]!;
    const next = below.find((pages, level) => level > state && pages > 0) ?? 0;
    const fault = wrong(
      `host ${host} alarm`,
      columns.hostAlarmBelow[host],
      world.plan.memory.reclaims[host] ? next : 0,
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
};
