/**
 * From a scenario to the rows of every space and the bytes that they take: known before anything is allocated.
 */
import { CORE_BYTES_MAX, type CorePlan, planCore } from "../core/boot.ts";
import type { GroupName, SpaceName } from "../core/layout.ts";
import { type MmuRows, NO_MMU, planMmu } from "../core/mmu/plan-mmu.ts";
import type { ScenarioError } from "../scenario/fault.ts";
import { scenarioError, vmPath } from "../scenario/parse.ts";
import type { Scenario } from "../scenario/types.ts";
import { bitsetWords } from "./bitset-words.ts";
import type { ImageSource } from "./image-source.ts";
import { type CpuPlan, type CpuWishes, planCpu, usesCpu } from "./plan-cpu.ts";
import { usesHarvest } from "./plan-harvest.ts";
import { usableFrames, usesLarge } from "./plan-large.ts";
import { planLife } from "./plan-life.ts";
import { type MemoryPlan, planMemory } from "./plan-memory.ts";
import { landingsOf, type MovePlan, type MovingPlan, planMoving } from "./plan-moving.ts";
import { translationOf } from "./plan-translation.ts";
import { type AliasTable, zipfTable } from "./zipf.ts";

export const BLOCK_PAGES = 512;
/** VMs of a world at page resolution. */
const VMS_MAX = 10_000;
/** vCPUs of a world, those that can be hot-added included. */
const VCPUS_MAX = 65_536;
const SPARE_SLOTS = 1024;
const RING_ROWS = 1024;
const STAGE_PAGES = 256;
/** Three rows for each of the 512 candidates of assembly/memory/look-ahead.ts, and of the 64 accesses of assembly/guest/accesses.ts. */
const SCRATCH_ROWS = 1536 + 192;

export interface WorldPlan {
  readonly core: CorePlan;
  readonly content: "bytes" | "ids";
  /** First row and configured pages of every VM's physical memory. */
  readonly vmPpnFirst: readonly number[];
  /** VM rows by host: a host's VMs stand side by side. Entry: index of the scenario's VM. */
  readonly vmOrder: readonly number[];
  readonly zones: readonly ZonePlan[];
  readonly memory: MemoryPlan;
  /** Migrations of the scenario, in its order. */
  readonly moves: readonly MovePlan[];
  /** Absent: no guest computes. */
  readonly cpu?: CpuPlan;
  /** Alias table of every stream, in row order; undefined where it is no zipf stream. */
  readonly aliases: readonly (AliasTable | undefined)[];
}

export interface ZonePlan {
  readonly host: number;
  readonly node: number;
  readonly first: number;
  readonly pages: number;
}

/** What a world shall have room for beyond what its scenario needs. */
export interface WorldWishes extends Partial<CpuWishes> {
  /** Writes of any VM can be logged. */
  readonly dirtyLog?: boolean;
}

/**
 * Plans the world of a scenario.
 *
 * @param images  one per VM of the scenario
 * @param wishes  see there
 * @throws ScenarioError naming what to reduce
 */
export function planWorld(
  scenario: Scenario,
  images: readonly ImageSource[],
  { trace = false, policy = false, dirtyLog: wantsLog = false }: WorldWishes = {},
): WorldPlan {
  if (scenario.vms.length > VMS_MAX) throw tooMany(scenario);
  const vcpus = scenario.vms.reduce((sum, { vcpusMax }) => sum + vcpusMax, 0);
  if (vcpus > VCPUS_MAX) throw tooManyVcpus(scenario, vcpus);
  const vmOrder = orderByHost(scenario);
  const vmPpnFirst: number[] = [];
  let ppns = 0;
  for (const index of vmOrder) {
    vmPpnFirst.push(ppns);
    ppns += Math.ceil(scenario.vms[index]!.memoryPages / BLOCK_PAGES) * BLOCK_PAGES;
  }
  const zones = planZones(scenario, images);
  const last = zones.at(-1);
  const mpns = last === undefined ? 0 : Math.ceil((last.first + last.pages) / BLOCK_PAGES) * BLOCK_PAGES;
  const aliases = planAliases(scenario, vmOrder);
  const moving = planMoving(scenario, vmOrder);
  const dirtyLog = wantsLog || usesHarvest(scenario) || moving.moves.length > 0;
  const memory = planMemory(scenario, vmOrder);
  const life = planLife(scenario);
  const cpu = usesCpu(scenario) ? planCpu(scenario, vmOrder, { trace, policy }) : undefined;
  const translation = translationOf(scenario, vmOrder);
  const mmu = translation === undefined ? undefined : planMmu(translation);
  const extra = { dirtyLog, mmu: mmu?.rows ?? NO_MMU, moving: moving.rows, ledger: life.ledger };
  const all = { ppns, mpns, zones: zones.length, aliases, cpu, memory, ...extra };
  const rows = countRows(scenario, all);
  const content = chooseContent(scenario, images, rows);
  const swaps = memory.groups.map((group) =>
    group === "swap-ids" && content === "bytes" ? "swap-bytes" : group,
  );
  const core = planCore(
    rows,
    new Set([
      ...groupsOf(scenario, images, content),
      ...swaps,
      ...(cpu?.groups ?? []),
      ...(mmu?.groups ?? []),
      ...(dirtyLog ? (["dirty"] as const) : []),
      ...moving.groups,
      ...life.groups,
    ]),
  );
  if (core.bytes > CORE_BYTES_MAX) throw tooLarge(scenario, core, content);
  return {
    core,
    content,
    vmPpnFirst,
    vmOrder,
    zones,
    aliases,
    memory,
    moves: moving.moves,
    ...(cpu === undefined ? {} : { cpu }),
  };
}

function orderByHost(scenario: Scenario): number[] {
  const order = scenario.vms.map((_, index) => index);
  return order.sort((a, b) => scenario.vms[a]!.host - scenario.vms[b]!.host || a - b);
}

/** Frames get rows only as far as the host's VMs can come to use them. */
function planZones(scenario: Scenario, images: readonly ImageSource[]): ZonePlan[] {
  const usable = scenario.hosts.map(() => 0);
  scenario.vms.forEach((vm, index) => {
    // Without a workload nothing is touched beyond the image.
    const pages = vm.workload.length > 0 || vm.os !== undefined ? vm.memoryPages : images[index]!.pages;
    usable[vm.host]! += usableFrames(scenario, Math.min(pages, vm.memoryPages));
  });
  for (const [host, vms] of landingsOf(scenario).entries()) {
    for (const vm of vms) usable[host]! += scenario.vms[vm]!.memoryPages;
  }
  const zones: ZonePlan[] = [];
  let first = 0;
  scenario.hosts.forEach((host, index) => {
    const perNode = Math.floor(host.memoryPages / host.nodes);
    for (let node = 0; node < host.nodes; node += 1) {
      const configured = node === host.nodes - 1 ? host.memoryPages - perNode * (host.nodes - 1) : perNode;
      const pages = Math.min(configured, usable[index]!);
      zones.push({ host: index, node, first, pages });
      first += Math.ceil(pages / BLOCK_PAGES) * BLOCK_PAGES;
      usable[index]! -= pages;
    }
  });
  return zones;
}

function planAliases(scenario: Scenario, vmOrder: readonly number[]): (AliasTable | undefined)[] {
  const made = new Map<string, AliasTable>();
  return vmOrder.flatMap((index) =>
    scenario.vms[index]!.workload.map((stream) => {
      if (stream.pattern !== "zipf") return undefined;
      const key = `${stream.pages} ${stream.exponent}`;
      const table = made.get(key) ?? zipfTable(stream.pages, stream.exponent);
      made.set(key, table);
      return table;
    }),
  );
}

/** Nodes of the queue's tree, as assembly/queue.ts has it: a power of two of leaves of four events, twice. */
export function treeNodes(events: number): number {
  let leaves = 1;
  while (4 * leaves < events) leaves *= 2;
  return 2 * leaves;
}

/** As many as assembly/events.ts numbers. */
function countEvents(
  scenario: Scenario,
  streams: number,
  { cpu, memory }: { readonly cpu: CpuPlan | undefined; readonly memory: MemoryPlan },
): number {
  const [hosts, vms] = [scenario.hosts.length, scenario.vms.length];
  const { region = 0, pageOut = 0, sample = 0 } = memory.rows;
  const some = (rows: number, events: number): number => (rows > 0 ? events : 0);
  const ofVms = some(region, vms) + some(sample, vms);
  const harvests = usesHarvest(scenario) ? vms : 0;
  const ofHosts = 2 * hosts + some(pageOut, hosts) + (usesLarge(scenario) ? hosts : 0);
  const all = 2 + ofHosts + ofVms + harvests + streams;
  if (cpu === undefined) return all;
  const { task = 0, source = 0, client = 0, entitle = 0, irq = 0, vcpu = 0, pcpu = 0 } = cpu.rows;
  return all + task + source + client + entitle + irq + vcpu + pcpu + 3 * hosts;
}

const NO_MEMORY = {
  disk: 0,
  swap: 0,
  swapWord: 0,
  pageOut: 0,
  zip: 0,
  sample: 0,
  region: 0,
  logical: 0,
  reference: 0,
  pool: 0,
  ledger: 0,
};

const NO_CPU = {
  pcpu: 0,
  smt: 0,
  client: 0,
  vacant: 0,
  entitle: 0,
  vcpu: 0,
  seat: 0,
  runBit: 0,
  task: 0,
  op: 0,
  sync: 0,
  source: 0,
  bucket: 0,
  irq: 0,
  curve: 0,
  line: 0,
  service: 0,
  watt: 0,
  trace: 0,
};

function countRows(
  scenario: Scenario,
  counts: {
    ppns: number;
    mpns: number;
    zones: number;
    aliases: readonly (AliasTable | undefined)[];
    cpu: CpuPlan | undefined;
    memory: MemoryPlan;
    dirtyLog: boolean;
    mmu: MmuRows;
    moving: MovingPlan["rows"];
    ledger: number;
  },
): Record<SpaceName, number> {
  const { ppns, mpns, cpu } = counts;
  const events = countEvents(scenario, counts.aliases.length, counts) + counts.moving.move;
  const distinct = new Set(counts.aliases.filter((table) => table !== undefined));
  return {
    world: 1,
    host: scenario.hosts.length,
    zone: counts.zones,
    vm: scenario.vms.length,
    extent: ppns / BLOCK_PAGES,
    large: ppns / BLOCK_PAGES,
    heldWord: ppns / 64,
    harvest: usesHarvest(scenario) ? scenario.vms.length : 0,
    ppn: ppns,
    dirtyWord: counts.dirtyLog ? ppns / 64 : 0,
    mpn: mpns,
    block: mpns / BLOCK_PAGES,
    frameWord: bitsetWords(mpns),
    blockWord: bitsetWords(mpns / BLOCK_PAGES),
    slot: Math.ceil((mpns * 4) / 3) + 64 + SPARE_SLOTS,
    overflow: 2 * Math.floor(ppns / 65_535) + 2,
    stream: counts.aliases.length,
    alias: [...distinct].reduce((sum, table) => sum + table.cut.length, 0),
    event: events,
    tree: treeNodes(events),
    ring: RING_ROWS,
    // Columns of records are hashed there, side by side.
    scratch: Math.max(SCRATCH_ROWS, (cpu?.rows.client ?? 0) + 1),
    stage: STAGE_PAGES,
    ...NO_MEMORY,
    ...counts.memory.rows,
    ledger: counts.ledger,
    ...NO_CPU,
    ...counts.moving,
    ...cpu?.rows,
    ...counts.mmu,
  };
}

function groupsOf(
  scenario: Scenario,
  images: readonly ImageSource[],
  content: "bytes" | "ids",
): Set<GroupName> {
  const groups = new Set<GroupName>([content]);
  const { sharing } = scenario.policies.memory;
  if (sharing.algorithm !== "none") groups.add("sharing");
  if (sharing.algorithm !== "none" && sharing.salting !== "none") groups.add("salting");
  if (usesLarge(scenario)) groups.add("large");
  if (images.some((image) => image.kind === "bytes" || image.kind === "ids")) groups.add("stage");
  if (scenario.vms.some((vm) => vm.workload.some((stream) => stream.pattern === "zipf"))) groups.add("zipf");
  return groups;
}

/** Bytes where the scenario has real ones and they fit; ids stand for synthetic contents as well. */
function chooseContent(
  scenario: Scenario,
  images: readonly ImageSource[],
  rows: Readonly<Record<SpaceName, number>>,
): "bytes" | "ids" {
  const ids = images.findIndex((image) => image.kind === "ids");
  if (scenario.content === "bytes" && ids >= 0) {
    const path = [...vmPath(scenario, ids), "image"];
    throw scenarioError(scenario, [
      { path, expected: "real bytes, for content: bytes", got: "fingerprints" },
    ]);
  }
  if (scenario.content !== "auto") return scenario.content;
  // What guests with an operating system hold are ids.
  if (ids >= 0 || scenario.vms.some(({ os }) => os !== undefined)) return "ids";
  if (!images.some((image) => image.kind === "bytes")) return "ids";
  const core = planCore(rows, groupsOf(scenario, images, "bytes"));
  return core.bytes <= CORE_BYTES_MAX ? "bytes" : "ids";
}

function tooLarge(scenario: Scenario, core: CorePlan, content: "bytes" | "ids"): ScenarioError {
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const perPage = Math.round(core.bytes / Math.max(1, core.rows.ppn));
  const memory = scenario.vms.reduce((sum, vm) => sum + vm.memoryPages, 0) * 4096;
  const hint =
    content === "bytes" && scenario.content === "bytes"
      ? "say content: ids, which takes 27 bytes a page instead of 4 KiB"
      : "reduce their number or their memory, or say policies.memory.reclaim: none, which takes 8 bytes a page less";
  return scenarioError(scenario, [
    {
      path: ["vms"],
      expected: `VMs that fit ${gib(CORE_BYTES_MAX)} of core memory`,
      got: `${scenario.vms.length} with ${gib(memory)}, which take ${gib(core.bytes)} at ${perPage} bytes a page`,
      hint,
    },
  ]);
}

/** Page by page there is a report line and a series for every VM. */
function tooMany(scenario: Scenario): ScenarioError {
  return scenarioError(scenario, [
    {
      path: ["vms"],
      expected: `at most ${VMS_MAX} VMs at page resolution`,
      got: `${scenario.vms.length}`,
      hint: "reduce their count",
    },
  ]);
}

function tooManyVcpus(scenario: Scenario, vcpus: number): ScenarioError {
  const expected = `at most ${VCPUS_MAX} vCPUs in all at page resolution`;
  return scenarioError(scenario, [
    { path: ["vms"], expected, got: `${vcpus}`, hint: "reduce vcpus or count" },
  ]);
}
