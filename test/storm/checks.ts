/**
 * What every check of a storm is: it recomputes from scratch what the core keeps by small steps, never trusts the
 * counter it checks, and says the first thing that is wrong.
 */
import type { World } from "../../src/sim/world.ts";
import { FLAG, NO_MPN } from "../support/world.ts";

export type Check = (world: World) => string | undefined;

/** The first fault that any of them finds. */
export function firstFault(checks: readonly Check[], world: World): string | undefined {
  for (const check of checks) {
    const fault = check(world);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export function wrong(what: string, got: unknown, expected: unknown): string | undefined {
  return got === expected ? undefined : `${what}: ${got}, recounted ${expected}`;
}

/** Rows [first, first + count). */
export function rowsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

/** Frame behind each physical page, NO_MPN where there is none. */
export function framesOfPages({ columns: { ppnMpn, ppnFlags } }: World): Uint32Array {
  return ppnMpn.map((mpn, ppn) => (ppnFlags[ppn]! & FLAG.mapped ? mpn : NO_MPN));
}

/** Frames that second ranges of VMs on the move hold: see assembly/migration/landing.ts. */
function framesOfRanges({ columns, plan }: World): number[] {
  const ranges = new Set<number>();
  plan.moves.forEach((_, move) => {
    const phase = columns.movePhase[move]!;
    if (phase >= 1 && phase <= 9) ranges.add(columns.moveRange[move]!);
  });
  const pages = plan.moves.length === 0 ? 0 : columns.worldRangePages[0]!;
  return [...ranges].flatMap((range) =>
    Array.from(columns.landingMpn.subarray(range * pages, (range + 1) * pages)).flatMap((held) =>
      held >= 0x8000_0000 ? [] : [held & 0x3fff_ffff],
    ),
  );
}

/** How often each frame is mapped, or held for a VM that moves. */
export function countMappings(world: World): Uint32Array {
  const seen = new Uint32Array(world.columns.mpnRefcount.length);
  for (const mpn of framesOfPages(world)) if (mpn < seen.length) seen[mpn]! += 1;
  for (const mpn of framesOfRanges(world)) seen[mpn]! += 1;
  return seen;
}

/** Host of each frame, −1 for padding between zones. */
export function hostsOfFrames(world: World): Int32Array {
  const hosts = new Int32Array(world.columns.mpnRefcount.length).fill(-1);
  for (const zone of world.plan.zones) hosts.fill(zone.host, zone.first, zone.first + zone.pages);
  return hosts;
}

/** VM of each physical page, −1 for padding between VMs. */
export function vmsOfPages(world: World): Int32Array {
  const { ppnMpn, vmPpnFirst, vmPpnCount } = world.columns;
  const vms = new Int32Array(ppnMpn.length).fill(-1);
  vmPpnFirst.forEach((first, vm) => {
    vms.fill(vm, first, first + vmPpnCount[vm]!);
  });
  return vms;
}
