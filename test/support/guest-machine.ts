/**
 * A guest on vCPUs that run as the test says, with no scheduler beneath: time passes here, the guest's part is the
 * core's. Every vCPU with a thread runs at nominal speed unless it is `preempted`.
 */
import { bootCore, type Core, planCore, type Rows } from "../../src/core/boot.ts";
import { SPACES } from "../../src/core/layout.ts";
import type { ProgramSpec } from "../../src/scenario/types.ts";
import { countGuest, fillGuest } from "../../src/sim/fill-guest.ts";
import { type Build, coreModule } from "./world.ts";

export const NONE = 0xffff_ffff;
export const NEVER = (1n << 64n) - 1n;
const STATE = { off: 0, run: 1, ready: 2, idle: 4 } as const;
/** taskState by number. */
export const THREAD_STATES = ["blocked", "queued", "on", "spins", "ended"] as const;

/** Exports of the core that the scheduler calls from within. */
export interface GuestExports {
  queue_build(): void;
  events_number(): void;
  events_task(task: number): number;
  events_source(source: number): number;
  kick_take(): number;
  guest_start(vm: number, at: bigint): void;
  guest_stop(vm: number, at: bigint): void;
  guest_workDone(vcpu: number, at: bigint): void;
  guest_sliceDone(vcpu: number, at: bigint): void;
  guest_taskTimer(task: number, at: bigint): void;
  guest_sourceDue(source: number, at: bigint): void;
  guest_retrySpin(vcpu: number, at: bigint): void;
  guest_plugVcpus(vm: number, online: number, at: bigint): void;
  draw_length(kind: number, mean: bigint, spread: bigint, state: bigint): bigint;
  draw_stateAfter(kind: number, state: bigint): bigint;
  draw_minusLogarithm(draw: bigint): bigint;
  latency_bucketOf(ns: bigint): number;
}

export interface GuestOptions {
  /** One VM each. */
  readonly programs: readonly ProgramSpec[];
  /** vCPUs of each VM. */
  readonly vcpus: number;
  readonly sliceNs?: number;
  readonly panicNs?: number;
  readonly seed?: number;
  readonly build?: Build;
}

/** A core with the rows of some guests, nothing started. */
function bootGuests({ programs, vcpus, build = "debug", ...options }: GuestOptions): Core {
  const guests = programs.map((program) => ({ program }));
  const counts = countGuest(guests);
  const cpus = programs.length * vcpus;
  const event = 2 + counts.task + counts.source + 2 * cpus + 5;
  const none = Object.fromEntries(SPACES.map((space) => [space, 0]));
  const rows = {
    ...none,
    ...{ world: 1, host: 1, vm: programs.length, vcpu: cpus, pcpu: cpus, ring: 16, scratch: 16 },
    ...counts,
    event,
    tree: 2 ** Math.ceil(Math.log2(event)),
  } as unknown as Rows;
  const core = bootCore(coreModule(build), planCore(rows, new Set(["ids", "cpu"])));
  const { columns } = core;
  columns.worldGuestSliceNs.set(0, options.sliceNs ?? 10_000_000);
  columns.worldKickHead[0] = NONE;
  columns.worldKickTail[0] = NONE;
  columns.vcpuKickNext.fill(NONE);
  columns.pcpuVcpu.fill(NONE);
  for (let vm = 0; vm < programs.length; vm += 1) {
    columns.vmVcpuFirst.set(vm, vm * vcpus);
    columns.vmVcpuCount[vm] = vcpus;
    columns.vmVcpuOnline.set(vm, vcpus);
    columns.vmPanicNs.setBig(vm, options.panicNs === undefined ? NEVER : BigInt(options.panicNs));
    for (let vcpu = vm * vcpus; vcpu < (vm + 1) * vcpus; vcpu += 1) columns.vcpuVm.set(vcpu, vm);
  }
  for (let vcpu = 0; vcpu < columns.vcpuPcpu.length; vcpu += 1) {
    columns.vcpuPcpu.set(vcpu, vcpu);
    columns.vcpuState.set(vcpu, STATE.idle);
  }
  fillGuest(core, guests, options.seed ?? 1);
  return core;
}

export class GuestMachine {
  readonly core: Core;
  readonly wasm: Core["wasm"] & GuestExports;
  now = 0;
  readonly #preempted = new Set<number>();

  constructor(options: GuestOptions) {
    this.core = bootGuests(options);
    this.wasm = this.core.wasm as Core["wasm"] & GuestExports;
    this.wasm.events_number();
    // All that a guest needs of the world is the queue; there are no run queues to build.
    this.wasm.queue_build();
  }

  get columns(): Core["columns"] {
    return this.core.columns;
  }

  /** Powers a VM on. */
  start(vm = 0): this {
    this.columns.vmPower[vm] = 1;
    this.columns.vmPowerNs.set(vm, this.now);
    this.wasm.guest_start(vm, BigInt(this.now));
    this.#drain();
    return this;
  }

  stop(vm = 0): void {
    this.columns.vmPower[vm] = 0;
    this.wasm.guest_stop(vm, BigInt(this.now));
    for (const [vcpu, of] of this.columns.vcpuVm.entries()) {
      if (of === vm) this.columns.vcpuState.set(vcpu, STATE.idle);
    }
    this.#drain();
  }

  /** Keeps a vCPU from running until it is dispatched. */
  preempt(vcpu: number): void {
    this.#preempted.add(vcpu);
    if (this.columns.vcpuState.get(vcpu) === STATE.run) this.columns.vcpuState.set(vcpu, STATE.ready);
  }

  dispatch(vcpu: number): void {
    this.#preempted.delete(vcpu);
    this.#look(vcpu);
    this.#drain();
  }

  plug(online: number, vm = 0): void {
    this.wasm.guest_plugVcpus(vm, online, BigInt(this.now));
    this.#drain();
  }

  /** Lets time pass, inclusive of all that is due then. */
  runTo(untilNs: number): this {
    for (;;) {
      const event = this.wasm.queue_earliest();
      const due = this.columns.eventAt.get(event);
      const [vcpu, at] = this.#firstVcpu();
      if (Math.min(due, at) > untilNs) break;
      this.#pass(Math.min(due, at));
      if (due <= at) this.#happen(event);
      else this.#end(vcpu);
      this.#drain();
    }
    this.#pass(untilNs);
    return this;
  }

  #running(vcpu: number): boolean {
    return this.columns.vcpuState.get(vcpu) === STATE.run;
  }

  /** The running vCPU that has to be looked at first, and when. */
  #firstVcpu(): [vcpu: number, at: number] {
    const { vcpuTask, taskState, taskWorkNs, vcpuSliceNs, vmQueueHead, vcpuVm } = this.columns;
    let [first, at] = [0, Infinity];
    for (const [vcpu, task] of vcpuTask.entries()) {
      if (!this.#running(vcpu)) continue;
      const work = taskState.get(task) === 2 ? taskWorkNs.get(task) : Infinity;
      const slice = vmQueueHead.get(vcpuVm.get(vcpu)) === NONE ? Infinity : vcpuSliceNs.get(vcpu);
      const end = this.now + Math.min(work, slice);
      if (end < at) [first, at] = [vcpu, end];
    }
    return [first, at];
  }

  /** Accounts time up to `at`, so that the core finds nothing left to account. */
  #pass(at: number): void {
    const { vcpuTask, taskState, taskWorkNs, vcpuSliceNs, vcpuSinceNs, pcpuSettledNs } = this.columns;
    const elapsed = at - this.now;
    this.now = at;
    for (const [vcpu, task] of vcpuTask.entries()) {
      vcpuSinceNs.set(vcpu, at);
      pcpuSettledNs.set(vcpu, at);
      if (!this.#running(vcpu)) continue;
      if (taskState.get(task) === 2) taskWorkNs.set(task, taskWorkNs.get(task) - elapsed);
      vcpuSliceNs.set(vcpu, Math.max(0, vcpuSliceNs.get(vcpu) - elapsed));
    }
  }

  #happen(event: number): void {
    const tasks = this.columns.taskVm.length;
    const task = event - this.wasm.events_task(0);
    if (task < tasks) this.wasm.guest_taskTimer(task, BigInt(this.now));
    else this.wasm.guest_sourceDue(event - this.wasm.events_source(0), BigInt(this.now));
  }

  #end(vcpu: number): void {
    const task = this.columns.vcpuTask.get(vcpu);
    const worked = this.columns.taskState.get(task) === 2 && this.columns.taskWorkNs.get(task) === 0;
    if (worked) this.wasm.guest_workDone(vcpu, BigInt(this.now));
    else this.wasm.guest_sliceDone(vcpu, BigInt(this.now));
    this.#look(vcpu);
  }

  #drain(): void {
    for (;;) {
      const vcpu = this.wasm.kick_take() >>> 0;
      if (vcpu === NONE) return;
      this.#look(vcpu);
    }
  }

  /** What the scheduler does about a vCPU: idle, ready, dispatched; one without work takes its steps. */
  #look(vcpu: number): void {
    const { vcpuTask, vcpuState, taskState, taskWorkNs } = this.columns;
    const before = vcpuState.get(vcpu);
    const task = vcpuTask.get(vcpu);
    if (task === NONE) vcpuState.set(vcpu, STATE.idle);
    else vcpuState.set(vcpu, this.#preempted.has(vcpu) ? STATE.ready : STATE.run);
    if (!this.#running(vcpu)) return;
    if (taskState.get(task) === 3 && before !== STATE.run) this.wasm.guest_retrySpin(vcpu, BigInt(this.now));
    else if (taskState.get(task) === 2 && taskWorkNs.get(task) === 0) {
      this.wasm.guest_workDone(vcpu, BigInt(this.now));
    }
    if (vcpuTask.get(vcpu) === NONE) vcpuState.set(vcpu, STATE.idle);
  }

  /** Where a thread is: its state, vCPU, next step and work. */
  thread(task: number): readonly [state: string, vcpu: number, op: number, workNs: number] {
    const { taskState, taskVcpu, taskOp, taskWorkNs } = this.columns;
    return [THREAD_STATES[taskState.get(task)]!, taskVcpu.get(task), taskOp.get(task), taskWorkNs.get(task)];
  }

  states(): string[] {
    return Array.from(this.columns.taskState, (state) => THREAD_STATES[state]!);
  }
}
