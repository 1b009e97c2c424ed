/** A guest that manages its memory in base units: kernel, disk, swap space, free pages, regions. */
import { type MemoryAmount, pagesOf } from "./fields.ts";
import { memoryDefaults, osKinds } from "./memory-defaults.ts";
import { resolveDisk } from "./memory-resolve.ts";
import type { ParsedScenario } from "./schema.ts";
import type { ImageSpec, OsSpec, RegionSpec, VmSpec } from "./types.ts";

type ParsedVm = ParsedScenario["vms"][number];
/** An operating system as a map. */
export type ParsedOs = Exclude<NonNullable<ParsedVm["os"]>, string>;

/** The map that a word stands for. */
export function osMapOf(os: NonNullable<ParsedVm["os"]>): ParsedOs {
  return typeof os === "string" ? { kind: os } : os;
}

/** An operating system without the regions of its programs; undefined: the guest has none. */
export function resolveOs({ os, disk, memory }: ParsedVm): Omit<OsSpec, "regions"> | undefined {
  if (os === undefined) return undefined;
  const given = osMapOf(os);
  const absent = osKinds[given.kind];
  const part = (ppm: number): number => Math.round((memory * ppm) / 1e6);
  const amount = (own: MemoryAmount | undefined, fallback: number): number =>
    own === undefined ? fallback : pagesOf(own, memory);
  const { min, low, high } = memoryDefaults.free;
  const free = ({ ppm, leastPages }: { readonly ppm: number; readonly leastPages: number }): number =>
    Math.max(leastPages, part(ppm));
  return {
    kind: given.kind,
    bootNs: given.boot ?? absent.bootNs,
    bootZeroes: given.bootZeroes ?? absent.bootZeroes,
    kernelPages: amount(given.kernel, absent.kernelBasePages + part(absent.kernelPpm)),
    kernelCommonPpm: given.kernelCommon ?? absent.kernelCommonPpm,
    zeroPagesPerSecond: given.zeroThread === "none" ? 0 : (given.zeroThread ?? absent.zeroPagesPerSecond),
    swapPages: given.swap === "none" ? 0 : amount(given.swap, part(absent.swapPpm)),
    disk: resolveDisk(disk),
    freePages: {
      min: amount(given.free?.min, free(min)),
      low: amount(given.free?.low, free(low)),
      high: amount(given.free?.high, free(high)),
    },
  };
}

/** Pages that the kernel leaves to programs and files. */
export function leftPages(memoryPages: number, { kernelPages, freePages }: Omit<OsSpec, "regions">): number {
  return Math.max(1, memoryPages - kernelPages - freePages.high);
}

/** Where the common contents of a guest come from whose text names no image: equal systems have them in common. */
export function osImage(kind: OsSpec["kind"], pages: number): ImageSpec {
  return { kind: "mix", zeroPpm: 0, commonPpm: 1_000_000, uniquePpm: 0, pool: `os.${kind}`, pages };
}

/** Begins the name of a region that no other VM has; no name of a file can be the same by chance. */
const own = "\0";

/** Name of a region of one VM, by the place of its stream. */
export function ownRegion(place: string): string {
  return own + place;
}

/** A VM's own regions named after it: VMs of a group have different ones. */
export function withOwnRegions<Spec extends Pick<VmSpec, "os">>(spec: Spec, vm: string): Spec {
  const { os } = spec;
  if (os === undefined || !os.regions.some(({ name }) => name.startsWith(own))) return spec;
  const regions = os.regions.map(
    (region): RegionSpec =>
      region.name.startsWith(own) ? { ...region, name: `vms.${vm}.${region.name.slice(1)}` } : region,
  );
  return { ...spec, os: { ...os, regions } };
}
