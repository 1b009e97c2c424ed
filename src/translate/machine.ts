/**
 * A small machine for address translation: one host, VMs whose memory is there, guests' kernels with page tables, virtual processors with
 * a TLB. No clock, no scheduler: what happens is what is asked for.
 *
 *   VM memory   [ page 0 | pages for tables … | pages to map … ]
 *
 * Cost: 18 bytes a page and frame, more with nested tables (8 a page) and shadow tables (8 KiB each).
 */
import { bootCore, type Core, planCore } from "../core/boot.ts";
import type { GroupName, SpaceName } from "../core/layout.ts";
import { SPACES } from "../core/layout.ts";
import {
  CONTROL,
  fillMmu,
  type MmuMode,
  type MmuRows,
  type MmuWorldSpec,
  planMmu,
} from "../core/mmu/plan-mmu.ts";
import { TLB_SHAPES, type TlbShape } from "../core/mmu/tlb-shapes.ts";
import { bitsetWords } from "../sim/bitset-words.ts";
import { type AliasTable, zipfTable } from "../sim/zipf.ts";

export type Pattern = "uniform" | "zipf" | "sequential" | "trace";
/** As assembly/guest/accesses.ts numbers them. */
const PATTERNS: Readonly<Record<Pattern, number>> = { uniform: 0, zipf: 1, sequential: 2, trace: 4 };
const STREAM_SUBSYSTEM = 2;
const NONE = 0xffff_ffff;

export interface StreamOptions {
  readonly pattern: Pattern;
  readonly pages: number;
  readonly writesPpm: number;
  readonly exponent: number;
  /** Rows of pages, times two, plus one for a write. */
  readonly references?: Uint32Array;
}

export interface MachineVm {
  readonly pages: number;
  /** Pages for tables, behind page 0. */
  readonly tablePages: number;
}

export interface MachineOptions {
  readonly vms: readonly MachineVm[];
  /** VM, mode and TLB of each virtual processor. */
  readonly mmus: readonly { readonly vm: number; readonly mode: MmuMode; readonly tlb?: number }[];
  readonly levels?: 4 | 5;
  readonly controls?: number;
  readonly tlb?: TlbShape;
  readonly physicalBits?: number;
  readonly nested?: MmuWorldSpec["nested"];
  readonly shadow?: MmuWorldSpec["shadow"];
  /** Pages that can hold words; absent: all for tables, twice. */
  readonly wordPages?: number;
  readonly lookups?: number;
  readonly stream?: StreamOptions;
  readonly virtualPages?: Float64Array;
  readonly content?: "ids" | "bytes";
  /** With a table for page sharing. */
  readonly sharing?: boolean;
  /** Frames of the host; absent: as many as its VMs have pages. */
  readonly frames?: number;
  readonly seed?: number;
  /** Leave the VMs' memory unmapped. */
  readonly empty?: boolean;
}

export interface Machine {
  readonly core: Core;
  readonly vms: readonly MachineVm[];
  readonly spec: MmuWorldSpec;
}

export const LOOKUPS = 4096;
export const DEFAULT_CONTROLS =
  CONTROL.writeProtect | CONTROL.noExecute | CONTROL.global | CONTROL.pcid | CONTROL.gigantic;
/** First page that a guest's kernel takes for tables, and its first root. */
export const TABLES_FIRST = 1;

const blockPages = (pages: number): number => Math.ceil(pages / 512) * 512;

function specOf(options: MachineOptions): MmuWorldSpec {
  const { vms, levels = 4, controls = DEFAULT_CONTROLS } = options;
  const tablePages = vms.reduce((sum, vm) => sum + vm.tablePages, 0);
  const units = 1 + options.mmus.reduce((most, { tlb = 0 }) => Math.max(most, tlb), 0);
  return {
    // The root is the first of them, and taken.
    vms: vms.map((vm) => ({
      pages: vm.pages,
      tables: [TABLES_FIRST + 1, TABLES_FIRST + vm.tablePages],
    })),
    mmus: options.mmus.map(({ vm, mode, tlb = 0 }) => ({
      ...{ vm, mode, tlb, cr3: BigInt(TABLES_FIRST) << 12n },
      controls: levels === 5 ? controls | CONTROL.fiveLevels : controls,
    })),
    tlb: options.tlb ?? TLB_SHAPES["skylake-sp"]!,
    tlbs: units,
    physicalBits: options.physicalBits ?? 46,
    nested: options.nested ?? { levels: 4, largest: 1 },
    shadow: options.shadow ?? { tables: 2 * tablePages + 64, lazy: false },
    wordPages: options.content === "bytes" ? 0 : (options.wordPages ?? 2 * tablePages + 64),
    lookups: options.lookups ?? LOOKUPS,
    ...(options.virtualPages === undefined ? {} : { virtualPages: options.virtualPages }),
  };
}

function rowsOf(options: MachineOptions, mmu: MmuRows, alias: AliasTable | undefined) {
  const ppns = options.vms.reduce((sum, { pages }) => sum + blockPages(pages), 0);
  const frames = blockPages(options.frames ?? ppns);
  const none = Object.fromEntries(SPACES.map((space) => [space, 0])) as Record<SpaceName, number>;
  return {
    ...none,
    ...{ world: 1, host: 1, zone: 1, vm: options.vms.length, extent: ppns / 512, ppn: ppns, mpn: frames },
    ...{ block: frames / 512, frameWord: bitsetWords(frames), blockWord: bitsetWords(frames / 512) },
    ...{
      slot: options.sharing === true ? 2 * frames + 1088 : 0,
      overflow: 2 * Math.floor(ppns / 65_535) + 2,
    },
    ...{ stream: options.stream === undefined ? 0 : 1, alias: alias?.cut.length ?? 0 },
    ...{ reference: options.stream?.references?.length ?? 0, event: 4, tree: 2, ring: 1024, scratch: 1728 },
    ...mmu,
  };
}

/**
 * Boots a machine; every VM's memory is there, zero, frame after frame.
 *
 * @throws RangeError if it does not fit the core's memory, or this machine's
 */
export function createMachine(module: WebAssembly.Module, options: MachineOptions): Machine {
  const spec = specOf(options);
  const { rows: mmuRows, groups: mmuGroups } = planMmu(spec);
  const { stream } = options;
  const alias = stream?.pattern === "zipf" ? zipfTable(stream.pages, stream.exponent) : undefined;
  const groups = new Set<GroupName>([options.content ?? "ids", ...mmuGroups]);
  if (options.sharing === true) groups.add("sharing");
  if (alias !== undefined) groups.add("zipf");
  const rows = rowsOf(options, mmuRows, alias);
  const core = bootCore(module, planCore(rows, groups));
  fillHost(core, options);
  core.wasm.build();
  if (options.empty !== true) {
    options.vms.forEach(({ pages }, vm) => {
      core.wasm.load_mix(vm, pages, 0, 0);
    });
  }
  if (stream !== undefined) fillStream(core, stream, options.seed ?? 1, alias);
  fillMmu(core, spec);
  for (let vm = 0; vm < options.vms.length; vm += 1) {
    if (options.empty !== true && core.plan.groups.has("nested")) core.wasm.mmu_populateNested(vm);
  }
  return { core, vms: options.vms, spec };
}

function fillHost({ columns, plan }: Core, options: MachineOptions): void {
  const { mpn } = plan.rows;
  const frames = options.frames ?? mpn;
  columns.worldSeed.set(0, options.seed ?? 1);
  columns.worldHashMask.setBig(0, (1n << 64n) - 1n);
  columns.worldBytesForm[0] = options.content === "bytes" ? 1 : 0;
  columns.hostPages[0] = frames;
  columns.hostZoneCount[0] = 1;
  columns.hostVmCount[0] = options.vms.length;
  columns.zonePages[0] = frames;
  let first = 0;
  options.vms.forEach(({ pages }, vm) => {
    columns.vmPpnFirst[vm] = first;
    columns.vmPpnCount[vm] = pages;
    columns.extentVm.fill(vm, first / 512, (first + blockPages(pages)) / 512);
    first += blockPages(pages);
  });
}

function fillStream(
  { columns, wasm }: Core,
  stream: StreamOptions,
  seed: number,
  alias: AliasTable | undefined,
): void {
  columns.streamPattern[0] = PATTERNS[stream.pattern];
  columns.streamRegion[0] = NONE;
  columns.streamFirst[0] = 0;
  columns.streamPages[0] = stream.pages;
  columns.streamWritesPpm[0] = stream.writesPpm;
  columns.streamSamePpm[0] = 1_000_000;
  const state = wasm.prng_seedStream(BigInt(seed), STREAM_SUBSYSTEM, 0n);
  columns.streamRandom.setBig(0, BigInt.asUintN(64, state));
  if (alias !== undefined) {
    columns.aliasCut.set(alias.cut);
    columns.aliasOther.set(alias.other);
    columns.aliasRank.set(alias.rank);
    columns.aliasRanks.set(alias.ranks);
    columns.streamAliasCount[0] = alias.cut.length;
  }
  if (stream.references !== undefined) {
    columns.referencePage.set(stream.references);
    columns.streamReferenceCount[0] = stream.references.length;
  }
}
