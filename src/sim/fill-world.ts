/** Writes a scenario into the columns of a freshly booted core: topology, rates, streams, seeds. */
import type { Core } from "../core/boot.ts";
import type { Scenario, StreamSpec, VmSpec } from "../scenario/types.ts";
import { fillCpu } from "./fill-cpu.ts";
import { fillMemory, nameKey } from "./fill-memory.ts";
import { fillMoving } from "./fill-moving.ts";
import { fillHarvest } from "./plan-harvest.ts";
import { fillLarge } from "./plan-large.ts";
import { fillLife } from "./plan-life.ts";
import type { WorldPlan } from "./plan-world.ts";

/** Subsystems of the random streams, as in assembly/prng.ts. */
const SUBSYSTEM = { scan: 1, stream: 2, image: 3, pool: 4, salt: 5 } as const;
const PATTERNS = { uniform: 0, zipf: 1, sequential: 2, "hot-cold": 3, trace: 4 } as const;
const ORDERS = { random: 0, permuted: 1, sequential: 2 } as const;
/** Batches of a stream are this far apart, unless its accesses are rarer. */
const BATCH_NS = 10_000_000;
const NEVER = (1n << 64n) - 1n;
const NONE = 0xffff_ffff;

export function fillWorld(core: Core, scenario: Scenario, plan: WorldPlan): void {
  fillGlobals(core, scenario, plan);
  fillHosts(core, scenario, plan);
  fillVms(core, scenario, plan);
  fillMemory(core, scenario, plan);
  fillLarge(core, scenario, plan.vmOrder);
  fillHarvest(core, scenario, plan.vmOrder);
  fillMoving(core, scenario, plan);
  fillLife(core, scenario, plan);
  if (plan.cpu !== undefined) fillCpu(core, scenario, plan.cpu, plan.vmOrder);
  core.wasm.build();
  fillStreams(core, scenario, plan);
}

function fillGlobals(core: Core, scenario: Scenario, plan: WorldPlan): void {
  const { columns } = core;
  const { memory } = scenario.policies;
  const { sharing } = memory;
  columns.worldSeed.set(0, scenario.seed);
  columns.worldEpochNs.set(0, memory.everyNs);
  columns.worldHashMask.setBig(0, (1n << BigInt(sharing.hashBits)) - 1n);
  columns.worldBytesForm[0] = plan.content === "bytes" ? 1 : 0;
  columns.worldSalted[0] = plan.core.groups.has("salting") ? 1 : 0;
  columns.worldScanOrder[0] = ORDERS[sharing.order];
  plan.zones.forEach((zone, row) => {
    columns.zoneHost[row] = zone.host;
    columns.zoneNode[row] = zone.node;
    columns.zoneFirst[row] = zone.first;
    columns.zonePages[row] = zone.pages;
  });
}

function fillHosts(core: Core, scenario: Scenario, plan: WorldPlan): void {
  const { columns } = core;
  scenario.hosts.forEach((host, row) => {
    columns.hostPages[row] = host.memoryPages;
    columns.hostZoneCount[row] = host.nodes;
  });
  // Backwards, so that the first row of each host is what stays.
  for (let row = plan.zones.length - 1; row >= 0; row -= 1) {
    columns.hostZoneFirst[plan.zones[row]!.host] = row;
  }
  for (let row = plan.vmOrder.length - 1; row >= 0; row -= 1) {
    const { host } = scenario.vms[plan.vmOrder[row]!]!;
    columns.hostVmFirst[host] = row;
    columns.hostVmCount[host]! += 1;
  }
}

function fillVms(core: Core, scenario: Scenario, plan: WorldPlan): void {
  const { columns, wasm } = core;
  const seed = BigInt(scenario.seed);
  const groups = saltGroups(scenario, plan);
  plan.vmOrder.forEach((index, row) => {
    const vm = scenario.vms[index]!;
    columns.vmHost[row] = vm.host;
    columns.vmPpnFirst[row] = plan.vmPpnFirst[row]!;
    columns.vmPpnCount[row] = vm.memoryPages;
    columns.vmSaltGroup[row] = groups[row]!;
    const tenant = BigInt(vm.host) * 65_536n + BigInt(groups[row]!);
    columns.vmSalt.setBig(row, BigInt.asUintN(64, wasm.prng_seedStream(seed, SUBSYSTEM.salt, tenant)));
    columns.vmStreamFirst[row] = plan.memory.vms[row]!.streamFirst;
    const random = wasm.prng_seedStream(seed, SUBSYSTEM.scan, BigInt(row));
    columns.vmScanRandom.setBig(row, BigInt.asUintN(64, random));
    const common = commonContents(vm);
    if (common !== undefined) {
      const pool = wasm.prng_seedStream(seed, SUBSYSTEM.pool, nameKey(common.name));
      columns.vmPool.setBig(row, BigInt.asUintN(64, pool));
      columns.vmPoolPages[row] = common.pages;
    }
    const extents = Math.ceil(vm.memoryPages / 512);
    columns.extentVm.fill(row, plan.vmPpnFirst[row]! / 512, plan.vmPpnFirst[row]! / 512 + extents);
  });
}

/** Contents that a VM has in common with others: its image's, else those of its operating system's kernel. */
function commonContents({
  image,
  os,
}: VmSpec): { readonly name: string; readonly pages: number } | undefined {
  if (image?.kind === "mix") {
    return { name: image.pool, pages: Math.round((image.pages * image.commonPpm) / 1e6) };
  }
  if (os === undefined) return undefined;
  return { name: `kernel ${os.kind}`, pages: Math.round((os.kernelPages * os.kernelCommonPpm) / 1e6) };
}

/** Number of every VM's tenant: 0 for all where nobody is salted; a VM without a salt is in 0, or alone. */
function saltGroups(scenario: Scenario, plan: WorldPlan): number[] {
  const { salting } = scenario.policies.memory.sharing;
  const known = new Map<string, number>();
  let next = 1;
  return plan.vmOrder.map((index) => {
    const { salt } = scenario.vms[index]!;
    if (salting === "none" || (salt === undefined && salting === "group")) return 0;
    const group = (salt === undefined ? undefined : known.get(salt)) ?? next++;
    if (salt !== undefined) known.set(salt, group);
    return group;
  });
}

function fillStreams(core: Core, scenario: Scenario, plan: WorldPlan): void {
  const aliasRows = fillAliases(core, plan);
  const written = new Map<Uint32Array, number>();
  let row = 0;
  plan.vmOrder.forEach((index, vm) => {
    for (const stream of scenario.vms[index]!.workload) {
      fillStream(core, row, vm, stream, scenario.seed);
      const table = plan.aliases[row];
      if (table !== undefined) {
        core.columns.streamAliasFirst[row] = aliasRows.get(table)!;
        core.columns.streamAliasCount[row] = table.cut.length;
      }
      if (stream.references !== undefined) fillReferences(core, row, stream.references, written);
      // Where VMs are powered on, that starts them; without a rate only threads use it.
      if (plan.cpu === undefined && stream.ratePerKs > 0) {
        core.wasm.startStream(row, stream.startNs + core.columns.streamPeriodNs.get(row));
      }
      row += 1;
    }
  });
}

/** References of a trace; streams whose traces are the same array share its rows. */
function fillReferences(
  { columns }: Core,
  row: number,
  references: Uint32Array,
  written: Map<Uint32Array, number>,
): void {
  let first = written.get(references);
  if (first === undefined) {
    first = [...written.keys()].reduce((sum, { length }) => sum + length, 0);
    written.set(references, first);
    columns.referencePage.set(references, first);
  }
  columns.streamReferenceFirst[row] = first;
  columns.streamReferenceCount[row] = references.length;
}

function fillStream(core: Core, row: number, vm: number, stream: StreamSpec, seed: number): void {
  const { columns, wasm } = core;
  columns.streamVm[row] = vm;
  columns.streamPattern[row] = PATTERNS[stream.pattern];
  const region = stream.region === undefined ? NONE : columns.vmRegionFirst[vm]! + stream.region;
  const base = region === NONE ? columns.vmPpnFirst[vm]! : columns.regionFirst[region]!;
  columns.streamRegion[row] = region;
  columns.streamFirst[row] = base + stream.firstPage;
  columns.streamPages[row] = stream.pages;
  columns.streamHotPages[row] = Math.max(1, Math.round((stream.pages * stream.hotPagesPpm) / 1e6));
  columns.streamHotPpm[row] = stream.hotAccessesPpm;
  columns.streamWritesPpm[row] = stream.writesPpm;
  columns.streamZeroPpm[row] = stream.writesZeroPpm;
  columns.streamCommonPpm[row] = stream.writesCommonPpm;
  columns.streamSamePpm[row] = stream.writesSamePpm;
  columns.streamRatePerKs.set(row, stream.ratePerKs);
  columns.streamStartNs.set(row, stream.startNs);
  columns.streamPeriodNs.set(
    row,
    stream.ratePerKs === 0 ? 0 : Math.max(BATCH_NS, Math.ceil(1e12 / stream.ratePerKs)),
  );
  columns.streamStopNs.setBig(row, stream.stopNs === undefined ? NEVER : BigInt(stream.stopNs));
  const random = wasm.prng_seedStream(BigInt(seed), SUBSYSTEM.stream, BigInt(row));
  columns.streamRandom.setBig(row, BigInt.asUintN(64, random));
}

/** @returns first row of every table */
function fillAliases(core: Core, plan: WorldPlan): Map<object, number> {
  const { columns } = core;
  const rows = new Map<object, number>();
  let next = 0;
  for (const table of plan.aliases) {
    if (table === undefined || rows.has(table)) continue;
    columns.aliasCut.set(table.cut, next);
    columns.aliasOther.set(table.other, next);
    columns.aliasRank.set(table.rank, next);
    columns.aliasRanks.set(table.ranks, next);
    rows.set(table, next);
    next += table.cut.length;
  }
  return rows;
}
