/** Writes the programs of guests into the columns: threads, steps, locks, sources of requests, histograms. */
import type { Core } from "../core/boot.ts";
import type { Draw, StepSpec, SyncSpec, VmSpec } from "../scenario/types.ts";
import { BUCKETS } from "./latency.ts";

/** Subsystems of the random streams, as in assembly/prng.ts. */
const SUBSYSTEM = { guest: 6, arrival: 7 } as const;
const DRAWS: Readonly<Record<Draw, number>> = { constant: 0, uniform: 1, exponential: 2, normal: 3 };
const KINDS: Readonly<Record<StepSpec["kind"], number>> = {
  end: 0,
  run: 1,
  sleep: 2,
  timer: 3,
  lock: 4,
  unlock: 5,
  barrier: 6,
  suspend: 7,
  resume: 8,
  take: 9,
  begin: 10,
  finish: 11,
  loop: 12,
  next: 13,
  until: 14,
  stop: 15,
  access: 16,
  online: 17,
};
const SYNCS: Readonly<Record<SyncSpec["kind"], number>> = {
  spin: 0,
  ticket: 1,
  mutex: 2,
  "spin-barrier": 3,
  barrier: 4,
  queue: 5,
};
const NONE = 0xffff_ffff;
const NEVER = (1n << 64n) - 1n;

/** Rows that the guests of a world take. */
export interface GuestRows {
  readonly task: number;
  readonly op: number;
  readonly sync: number;
  readonly source: number;
  readonly bucket: number;
}

type Steps = readonly StepSpec[];
type Guest = Pick<VmSpec, "program">;

/** First op row of every list of steps; threads whose lists are the same object share its rows. */
function placeSteps(vms: readonly Guest[]): {
  readonly first: ReadonlyMap<Steps, number>;
  readonly rows: number;
} {
  const first = new Map<Steps, number>();
  let rows = 0;
  for (const { program } of vms) {
    for (const { steps } of program?.threads ?? []) {
      if (first.has(steps)) continue;
      first.set(steps, rows);
      rows += steps.length;
    }
  }
  return { first, rows };
}

/** Counts the rows of guests that compute. */
export function countGuest(vms: readonly Guest[]): GuestRows {
  const rows = { task: 0, op: placeSteps(vms).rows, sync: 0, source: 0, bucket: 0 };
  for (const { program } of vms) {
    if (program === undefined) continue;
    rows.task += program.threads.length;
    rows.sync += program.syncs.length;
    rows.source += program.sources.length;
    if (program.threads.length > 0) rows.bucket += BUCKETS;
  }
  return rows;
}

/**
 * Fills the rows of all guests, and of what they write to VMs and vCPUs.
 *
 * @param vms   in the order of their rows
 * @param seed  the scenario's
 */
export function fillGuest(core: Core, vms: readonly Guest[], seed: number): void {
  const { columns } = core;
  const next = { task: 0, sync: 0, source: 0, bucket: 0 };
  const ops = placeSteps(vms);
  for (const [steps, first] of ops.first) fillSteps(core, steps, first);
  columns.vcpuTask.fill(NONE);
  for (let vcpu = 0; vcpu < columns.vcpuTask.length; vcpu += 1) columns.vcpuSpinUntilNs.setBig(vcpu, NEVER);
  vms.forEach(({ program }, vm) => {
    const threads = program?.threads ?? [];
    columns.vmTaskFirst[vm] = next.task;
    columns.vmTaskCount[vm] = threads.length;
    columns.vmSyncFirst[vm] = next.sync;
    columns.vmSourceFirst[vm] = next.source;
    columns.vmBucketFirst.set(vm, threads.length > 0 ? next.bucket : NONE);
    columns.vmQueueHead.set(vm, NONE);
    columns.vmQueueTail.set(vm, NONE);
    if (threads.length > 0) next.bucket += BUCKETS;
    for (const { steps, startNs } of threads) {
      columns.taskOpFirst.set(next.task, ops.first.get(steps)!);
      columns.taskOpCount.set(next.task, steps.length);
      columns.taskStartNs.set(next.task, startNs);
      fillTask(core, next.task++, vm, seed);
    }
    for (const sync of program?.syncs ?? []) fillSync(core, next.sync++, vm, sync);
    for (const source of program?.sources ?? []) {
      const row = next.source++;
      columns.sourceVm[row] = vm;
      columns.sourceDraw[row] = DRAWS[source.draw];
      columns.sourceGapNs.set(row, source.gapNs);
      columns.sourceStopNs.setBig(row, source.stopNs === undefined ? NEVER : BigInt(source.stopNs));
      columns.sourceHead[row] = NONE;
      columns.sourceTail[row] = NONE;
      columns.sourceRandom.setBig(row, streamOf(core, seed, SUBSYSTEM.arrival, row));
    }
  });
}

function streamOf(core: Core, seed: number, subsystem: number, row: number): bigint {
  return BigInt.asUintN(64, core.wasm.prng_seedStream(BigInt(seed), subsystem, BigInt(row)));
}

function fillTask(core: Core, row: number, vm: number, seed: number): void {
  const { columns } = core;
  columns.taskVm[row] = vm;
  columns.taskVcpu.set(row, NONE);
  columns.taskTurn.set(row, NONE);
  columns.taskSync[row] = NONE;
  columns.taskNext.set(row, NONE);
  columns.taskRandom.setBig(row, streamOf(core, seed, SUBSYSTEM.guest, row));
}

function fillSync({ columns }: Core, row: number, vm: number, sync: SyncSpec): void {
  columns.syncKind[row] = SYNCS[sync.kind];
  columns.syncVm[row] = vm;
  columns.syncHolder[row] = NONE;
  columns.syncParties[row] = sync.parties;
  columns.syncHead[row] = NONE;
  columns.syncTail[row] = NONE;
}

function fillSteps({ columns }: Core, steps: Steps, first: number): void {
  steps.forEach((step, index) => {
    const row = first + index;
    columns.opKind[row] = KINDS[step.kind];
    if ("draw" in step) {
      columns.opDraw[row] = DRAWS[step.draw];
      columns.opSpreadNs.set(row, step.spreadNs);
    }
    if ("ns" in step) columns.opNs.set(row, step.ns);
    if ("sync" in step) columns.opTarget[row] = step.sync;
    if (step.kind === "online") columns.opTarget[row] = step.first;
    if ("source" in step) columns.opTarget[row] = step.source;
    if ("stream" in step) {
      columns.opTarget[row] = step.stream;
      columns.opNs.set(row, step.accesses);
    }
    if ("partner" in step) {
      columns.opTarget[row] = step.partner;
      columns.opNs.set(row, step.rounds);
      columns.opDepth[row] = step.depth;
    }
  });
}
