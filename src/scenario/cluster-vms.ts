/** VMs of a cluster: those of the trace with what the scenario says of them, and those of its own. */
import { clusterDefaults } from "./cluster-defaults.ts";
import { numbers } from "./cluster-events.ts";
import type { ParsedCluster } from "./cluster-schema.ts";
import type { ClusterVms } from "./cluster-spec.ts";
import type { DemandInput } from "./cluster-types.ts";
import { resolveControls } from "./cpu-resolve.ts";
import type { Finding } from "./fault.ts";
import { expandedNames } from "./names.ts";
import { nearest } from "./nearest.ts";

const PAGES_PER_MIB = 256;

/** A VM before it becomes a row. */
export interface VmDraft {
  readonly name: string;
  readonly vcpus: number;
  readonly mhz: number;
  readonly memoryMib: number;
  readonly trace: number;
  readonly constant: number;
  readonly startStep: number;
  readonly endStep: number;
  activePpm: number;
  /** Entries of the scenario that speak of it. */
  entry: ParsedVm | undefined;
}

type ParsedVm = NonNullable<ParsedCluster["vms"]>[number];

export interface VmContext {
  readonly demand: DemandInput | undefined;
  readonly stepNs: number;
  readonly steps: number;
  readonly mhz: number;
  /** Series of VMs of the scenario's own; rows behind those of the trace. */
  readonly series: number[][];
  readonly tell: (finding: Finding) => void;
}

/** Rows of VMs, those of the trace first. */
export function draftVms(parsed: ParsedCluster, context: VmContext): VmDraft[] {
  const { demand, steps } = context;
  const given = parsed.demand;
  const drafts = (demand?.vms ?? []).map(
    (vm, trace): VmDraft => ({
      name: vm.id,
      vcpus: vm.vcpus > 0 ? vm.vcpus : (given?.vcpus ?? 1),
      mhz: vm.mhz > 0 ? vm.mhz : (given?.mhz ?? context.mhz),
      memoryMib: vm.memoryMib > 0 ? vm.memoryMib : (given?.memory ?? 0) / PAGES_PER_MIB,
      trace,
      constant: 0,
      startStep: vm.startStep,
      endStep: Math.min(steps, vm.endStep),
      activePpm: given?.active ?? clusterDefaults.activePpm,
      entry: undefined,
    }),
  );
  const rowOf = new Map(drafts.map(({ name }, row) => [name, row]));
  for (const [index, entry] of (parsed.vms ?? []).entries()) {
    if (entry.match !== undefined) matchVms(entry, index, drafts, context);
    else ownVms(entry, index, { drafts, rowOf, context });
  }
  return drafts;
}

/** An entry's controls for the VMs of the trace that it matches. */
function matchVms(entry: ParsedVm, index: number, drafts: VmDraft[], { tell }: VmContext): void {
  const pattern = entry.match!;
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`, "s");
  let found = 0;
  for (const [row, draft] of drafts.entries()) {
    if (draft.trace < 0 || !expression.test(draft.name)) continue;
    found += 1;
    drafts[row] = {
      ...draft,
      vcpus: entry.vcpus ?? draft.vcpus,
      mhz: entry.mhz ?? draft.mhz,
      memoryMib: entry.memory === undefined ? draft.memoryMib : entry.memory / PAGES_PER_MIB,
      activePpm: entry.active ?? draft.activePpm,
      entry: { ...draft.entry, ...entry },
    };
  }
  if (found > 0) return;
  const near = nearest(pattern, new Set(drafts.map(({ name }) => name)));
  const hint = near === undefined ? {} : { hint: `did you mean ${near}?` };
  tell({ path: ["vms", index, "match"], expected: "the name of a VM of the trace", ...hint });
}

function ownVms(
  entry: ParsedVm,
  index: number,
  { drafts, rowOf, context }: { drafts: VmDraft[]; rowOf: Map<string, number>; context: VmContext },
): void {
  const { demand: asked } = entry;
  let trace = -1;
  if (Array.isArray(asked)) {
    trace = (context.demand?.vms.length ?? 0) + context.series.length;
    context.series.push(asked.map((ppm) => ppm / 1e6));
  }
  for (const name of expandedNames(entry.name!, entry.count)) {
    if (rowOf.has(name))
      context.tell({
        path: ["vms", index, "name"],
        expected: "a name of its own",
        got: `${name}, which the trace has too`,
      });
    rowOf.set(name, drafts.length);
    drafts.push({
      name,
      vcpus: entry.vcpus ?? 1,
      mhz: entry.mhz ?? context.mhz,
      memoryMib: entry.memory! / PAGES_PER_MIB,
      trace,
      constant: typeof asked === "number" ? asked / 1e6 : 0,
      startStep: Math.ceil((entry.start ?? 0) / context.stepNs),
      endStep: Math.min(context.steps, Math.ceil((entry.stop ?? Infinity) / context.stepNs)),
      activePpm: entry.active ?? clusterDefaults.activePpm,
      entry,
    });
  }
}

/** Rows as columns. */
export function vmColumns(
  drafts: readonly VmDraft[],
  {
    mhz: clock,
    poolOf,
    hostOf,
  }: { mhz: number; poolOf: ReadonlyMap<string, number>; hostOf: ReadonlyMap<string, number> },
): ClusterVms {
  const floats = (read: (draft: VmDraft) => number): Float64Array => Float64Array.from(drafts, read);
  const controls = drafts.map(({ entry, vcpus }) => numbers(resolveControls(entry?.cpu, vcpus, clock)));
  return {
    names: drafts.map(({ name }) => name),
    vcpus: floats(({ vcpus }) => vcpus),
    mhz: floats(({ vcpus, mhz }) => vcpus * mhz),
    memoryMib: floats(({ memoryMib }) => memoryMib),
    host: Int32Array.from(drafts, ({ entry }) => (entry?.host === undefined ? -1 : hostOf.get(entry.host)!)),
    pool: Int32Array.from(drafts, ({ entry }) => (entry?.pool === undefined ? -1 : poolOf.get(entry.pool)!)),
    shares: Float64Array.from(controls, ({ shares }) => shares),
    reservationMhz: Float64Array.from(controls, ({ reservationMhz }) => reservationMhz),
    limitMhz: Float64Array.from(controls, ({ limitMhz }) => limitMhz),
    priority: Uint8Array.from(drafts, ({ entry }) => entry?.priority ?? clusterDefaults.priority),
    startStep: Int32Array.from(drafts, ({ startStep }) => startStep),
    endStep: Int32Array.from(drafts, ({ endStep }) => endStep),
    trace: Int32Array.from(drafts, ({ trace }) => trace),
    constant: Float32Array.from(drafts, ({ constant }) => constant),
    activePart: Float32Array.from(drafts, ({ activePpm }) => activePpm / 1e6),
  };
}
