/** Rows of `--explain` for memory: what hosts, VMs and pools left to the defaults, and all of the policy's reclaiming. */
import { absentRows } from "./cpu-explain.ts";
import type { ExplainRow } from "./explain.ts";
import { formatNs, formatPages, formatPpm, formatRate } from "./format.ts";
import { osMapOf } from "./guest-resolve.ts";
import { harvestDefaults } from "./harvest.ts";
import { type GivenLargePages, largePageDefaults, largeSettings } from "./large-pages.ts";
import { memoryDefaults as defaults, memoryProfiles, osOrigin } from "./memory-defaults.ts";
import { mmuDefaults } from "./mmu.ts";
import type { ParsedScenario } from "./schema.ts";
import type { DiskSpec, LargePageSpec, MemoryPolicySpec, OsSpec, Profile } from "./types.ts";

type ParsedHost = ParsedScenario["hosts"][number];
type ParsedVm = ParsedScenario["vms"][number];
type ParsedPool = NonNullable<ParsedScenario["pools"]>[number];
type ParsedPolicy = Exclude<NonNullable<NonNullable<ParsedScenario["policies"]>["memory"]>, string>;

const ours = "ballast";

/** Times and bandwidth of a device, by its kind. */
function deviceRows(
  base: string,
  given: object,
  { kind, readNs, writeNs, bytesPerSecond }: DiskSpec,
): ExplainRow[] {
  const origin = `${kind}: a round number of ${ours}`;
  return absentRows(base, given, [
    ["read", { value: readNs, origin }, formatNs],
    ["write", { value: writeNs, origin }, formatNs],
    ["bandwidth", { value: `${bytesPerSecond / 1e6} MB/s`, origin }],
  ]);
}

/** What a host keeps for itself, and where it pages out to. */
export function hostMemoryRows(
  host: ParsedHost,
  path: string,
  resolved: { readonly disk: DiskSpec; readonly pages: number } | undefined,
): ExplainRow[] {
  const rows = absentRows(path, host, [["system", defaults.systemPages, formatPages]]);
  if (resolved === undefined) return rows;
  const given = typeof host.swap === "object" ? host.swap : { kind: host.swap };
  return [
    ...rows,
    ...absentRows(`${path}swap.`, given, [
      ["kind", defaults.swapKind],
      ["size", { value: resolved.pages, origin: "as large as its VMs' memory: ballast" }, formatPages],
    ]),
    ...deviceRows(`${path}swap.`, given, resolved.disk),
  ];
}

/** Controls, of a VM or of a pool. */
function controlRows(path: string, given: object, limit: string): ExplainRow[] {
  return absentRows(`${path}mem.`, given, [
    ["shares", defaults.shares],
    ["reservation", { value: "none", origin: defaults.controlOrigin }],
    ["limit", { value: limit, origin: defaults.controlOrigin }],
  ]);
}

/** Memory controls of a pool. */
export function poolMemoryRows(pool: ParsedPool, path: string): ExplainRow[] {
  return controlRows(path, pool.mem ?? pool.memory ?? {}, "none");
}

/** Controls of a VM, and its guest. */
export function vmMemoryRows(vm: ParsedVm, path: string, os: OsSpec | undefined): ExplainRow[] {
  const rows = [
    ...controlRows(path, vm.mem ?? {}, formatPages(vm.memory)),
    ...absentRows(path, vm, [["overhead", defaults.overheadPages, formatPages]]),
    ...followRows(vm, path),
  ];
  if (os === undefined) return rows;
  const balloon = vm.balloon === "none" ? { max: 0, rate: 0 } : (vm.balloon ?? {});
  const disk = typeof vm.disk === "object" ? vm.disk : { kind: vm.disk };
  return [
    ...rows,
    ...absentRows(`${path}balloon.`, balloon, [
      ["max", defaults.balloonPpm, formatPpm],
      [
        "rate",
        { ...defaults.balloonPagesPerSecond, value: formatRate(defaults.balloonPagesPerSecond.value) },
      ],
    ]),
    ...guestRows(vm, `${path}os.`, os),
    ...absentRows(`${path}disk.`, disk, [["kind", defaults.diskKind]]),
    ...deviceRows(`${path}disk.`, disk, os.disk),
  ];
}

/** Translation and harvests, where the VM asks for them. */
function followRows({ mmu, harvest }: ParsedVm, path: string): ExplainRow[] {
  const ofMmu = typeof mmu === "string" ? { mode: mmu } : mmu;
  const ofHarvest = typeof harvest === "string" ? { method: harvest } : harvest;
  return [
    ...(ofMmu === undefined
      ? []
      : absentRows(`${path}mmu.`, ofMmu, [
          ["tlb", mmuDefaults.tlb],
          ["guestPages", mmuDefaults.guestPages],
        ])),
    ...(ofHarvest === undefined
      ? []
      : absentRows(`${path}harvest.`, ofHarvest, [
          ["method", harvestDefaults.method],
          ["every", harvestDefaults.everyNs, formatNs],
          ["ring", harvestDefaults.ring],
          ["accessed", { ...harvestDefaults.accessed, value: String(harvestDefaults.accessed.value) }],
        ])),
  ];
}

function guestRows({ os: given }: ParsedVm, path: string, os: OsSpec): ExplainRow[] {
  const map = osMapOf(given!);
  const of = (value: string | boolean) => ({ value, origin: osOrigin[os.kind] });
  const { min, low, high } = os.freePages;
  const own = (value: number) => ({ value, origin: ours });
  return [
    ...absentRows(path, map, [
      ["boot", of(formatNs(os.bootNs))],
      ["bootZeroes", of(os.bootZeroes)],
      ["kernel", of(formatPages(os.kernelPages))],
      ["kernelCommon", of(formatPpm(os.kernelCommonPpm))],
      ["zeroThread", of(formatRate(os.zeroPagesPerSecond === 0 ? undefined : os.zeroPagesPerSecond))],
      ["swap", of(formatPages(os.swapPages))],
    ]),
    ...absentRows(`${path}free.`, map.free ?? {}, [
      ["min", own(min), formatPages],
      ["low", own(low), formatPages],
      ["high", own(high), formatPages],
    ]),
  ];
}

/** The whole of reclaiming, sampling and costs, given or not. */
export function reclaimRows(
  { idleTaxPpm, reclaim, activity, costs, largePages }: MemoryPolicySpec,
  given: Partial<ParsedPolicy> | undefined,
  profile: Profile,
): ExplainRow[] {
  const row = (path: string, value: string, own: unknown, origin: string): ExplainRow => ({
    path: `policies.memory.${path}`,
    value,
    origin: own !== undefined || given === undefined ? "scenario" : origin,
  });
  const generation = memoryProfiles[profile];
  const tax = row("idleTax", formatPpm(idleTaxPpm), given?.idleTax, defaults.idleTaxPpm.origin);
  return [
    tax,
    ...(reclaim.enabled
      ? walkRows(reclaim, given?.reclaim, generation.origin, row)
      : [row("reclaim", "none", true, ours)]),
    ...(activity.everyNs > 0
      ? samplingRows(activity, given?.sampling, generation.origin, row)
      : [row("sampling", "none", true, ours)]),
    ...Object.entries(costs).map(([key, ns]: [string, number]) => {
      const name = key.replace(/Ns$/, "") as keyof NonNullable<ParsedPolicy["costs"]>;
      return row(`costs.${name}`, formatNs(ns), given?.costs?.[name], defaults.costs.origin);
    }),
    ...(given === undefined ? [] : largePageRows(given.largePages, largePages, profile)),
  ];
}

type Row = (path: string, value: string, own: unknown, origin: string) => ExplainRow;

function walkRows(
  spec: MemoryPolicySpec["reclaim"],
  written: ParsedPolicy["reclaim"],
  generation: string,
  row: Row,
): ExplainRow[] {
  const given = typeof written === "object" ? written : {};
  const zip = typeof given.compression === "object" ? given.compression : {};
  const absent = defaults.reclaim;
  const isZipping = spec.zipPpm > 0;
  return [
    row("reclaim.every", formatNs(spec.everyNs), given.every, absent.everyNs.origin),
    row("reclaim.balloon", String(spec.balloon), given.balloon, absent.balloon.origin),
    row("reclaim.shareFirst", String(spec.shareFirst), given.shareFirst, absent.shareFirst.origin),
    row("reclaim.cluster", String(spec.clusterPages), given.cluster, absent.clusterPages.origin),
    row("reclaim.states", spec.states, given.states, generation),
    row("reclaim.hysteresis", formatPpm(spec.hysteresisPpm), given.hysteresis, absent.hysteresisPpm.origin),
    ...(isZipping
      ? [
          row("reclaim.compression.cache", formatPpm(spec.zipPpm), zip.cache, absent.zipPpm.origin),
          row(
            "reclaim.compression.quarter",
            formatPpm(spec.zipQuarterPpm),
            zip.quarter,
            absent.zipQuarterPpm.origin,
          ),
          row("reclaim.compression.half", formatPpm(spec.zipHalfPpm), zip.half, absent.zipHalfPpm.origin),
        ]
      : [row("reclaim.compression", "none", given.compression, generation)]),
  ];
}

function samplingRows(
  spec: MemoryPolicySpec["activity"],
  written: ParsedPolicy["sampling"],
  generation: string,
  row: Row,
): ExplainRow[] {
  const given = typeof written === "object" ? written : {};
  const absent = defaults.activity;
  return [
    row("sampling.every", formatNs(spec.everyNs), given.every, generation),
    row("sampling.pages", String(spec.pages), given.pages, absent.pages.origin),
    row("sampling.slow", formatPpm(spec.slowKeepPpm), given.slow, absent.slowKeepPpm.origin),
    row("sampling.fast", formatPpm(spec.fastKeepPpm), given.fast, absent.fastKeepPpm.origin),
    row("sampling.min", formatPpm(spec.minPpm), given.min, absent.minPpm.origin),
  ];
}

/** Large pages: what the policy left to the defaults. */
export function largePageRows(
  given: GivenLargePages,
  spec: LargePageSpec | undefined,
  profile: Profile,
): ExplainRow[] {
  if (spec === undefined) return [];
  const { backing: absent, breakAt, defragment } = largePageDefaults;
  return absentRows("policies.memory.largePages.", largeSettings(given), [
    ["backing", given === undefined ? { value: "never", origin: "ballast" } : absent],
    ["breakAt", breakAt[profile]],
    ["defragment", { value: formatRate(defragment.value), origin: defragment.origin }],
  ]);
}
