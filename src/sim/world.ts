/**
 * A world: one scenario's hosts and VMs in one core memory, advanced step by step, hashed, saved and restored.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import { CoreAbort } from "../core/abort.ts";
import { bootCore, type Core } from "../core/boot.ts";
import type { Columns } from "../core/layout.ts";
import { type CoreSource, loadCore } from "../core/module.ts";
import { hashCore, restoreCore, snapshotCore } from "../core/snapshot.ts";
import { createPool, slicesOf, threadsAvailable } from "../core/threads/pool.ts";
import { scenarioDigest } from "../scenario/digest.ts";
import type { EventInput } from "../scenario/live-event.ts";
import type { Scenario } from "../scenario/types.ts";
import { forgetPlaces } from "./control-tree.ts";
import { fillWorld } from "./fill-world.ts";
import { type GivenImages, openImages } from "./image-source.ts";
import { type KeptImages, loadImages } from "./load-images.ts";
import type { Message } from "./message.ts";
import { fillTranslation } from "./plan-translation.ts";
import { planWorld, type WorldPlan } from "./plan-world.ts";
import { runLive, runMoves, runScript, scheduleScript } from "./script.ts";

/** Why `advance` came back; see assembly/advance.ts. */
export const STOPS = ["until", "epoch", "attention", "ring-full", "script", "move"] as const;
/** `script`: the CPU policy or a governor is due; what the scenario itself wants done then has been done. */
export type Stop = (typeof STOPS)[number];
const KINDS = ["", "scan-complete", "out-of-frames", "panic", "quarantine", "migrate"] as const;

export interface WorldOptions {
  /** Contents for VMs, by name, instead of their images: whole pages of bytes, or one content id a page. */
  readonly images?: GivenImages;
  /** Where the core's module comes from; see `loadCore`. With more than one thread, the threads build. */
  readonly core?: CoreSource;
  /** Workers for per-page work on real bytes, 1 if absent; the world is the same for any number. */
  readonly threads?: number;
  /** True: keeps a record of every change of state of every vCPU; see `World.takeTrace`. */
  readonly timeline?: boolean;
  /**
   * True: a CPU policy of the caller's own decides, whatever the scenario names. Reservations can be set then, and
   * `advance` says `script` when the policy is due.
   */
  readonly cpuPolicy?: boolean;
  /** True: there are dirty bitmaps, so that writes of any VM can be logged. */
  readonly dirtyLog?: boolean;
  /** Called with what is odd but no fault, such as an image whose last page was padded. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Builds the world of a scenario: memory laid out, images loaded, clock at 0.
 *
 * @throws ScenarioError if it needs more than 4 GiB of core memory, or has a bad image
 */
export async function createWorld(scenario: Scenario, options: WorldOptions = {}): Promise<World> {
  const images = await openImages(scenario, options.images, options.onWarning);
  const plan = planWorld(scenario, images, {
    trace: options.timeline ?? false,
    policy: options.cpuPolicy ?? false,
    dirtyLog: options.dirtyLog ?? false,
  });
  const threads = usableThreads(plan, options.threads ?? 1);
  const module = await loadCore(threads > 1 ? "threads" : "plain", options.core);
  const core = bootCore(module, plan.core, threads > 1);
  fillWorld(core, scenario, plan);
  const { messages, kept } = await loadImages(core, plan, images);
  fillTranslation(core, scenario, plan.vmOrder);
  if (threads > 1) await hashAhead(core, module, threads);
  core.wasm.start();
  if (plan.cpu !== undefined) scheduleScript(core, scenario, plan.cpu, 0, -1);
  return new World(scenario, plan, core, { messages, kept }, await scenarioDigest(scenario));
}

/** Only real bytes that will be scanned are work enough for threads. */
function usableThreads(plan: WorldPlan, threads: number): number {
  const work = plan.core.groups.has("bytes") && plan.core.groups.has("sharing");
  return work && threadsAvailable() ? threads : 1;
}

/** Hashes every page that the images brought; one thread does so when the scan first needs the hash. */
async function hashAhead(core: Core, module: WebAssembly.Module, threads: number): Promise<void> {
  const pool = await createPool({ module, memory: core.memory, threads, attach: true });
  try {
    const slices = slicesOf(core.plan.rows.mpn, threads, (first, count) => [first, count]);
    await pool.run("content_hashFrames", slices);
  } finally {
    await pool.dispose();
  }
}

/** A change of state of a vCPU: see `Timeline` in the result. */
export interface TraceRow {
  readonly atNs: number;
  readonly vcpu: number;
  readonly pcpu: number;
  readonly state: number;
}

export class World implements Disposable {
  readonly scenario: Scenario;
  readonly plan: WorldPlan;
  /** 16 hex digits. */
  readonly digest: string;
  /** Row of each VM of the scenario, by its index there. */
  readonly vmRows: readonly number[];
  #core: Core | undefined;
  #nowNs = 0;
  #messages: Message[];
  #trace: TraceRow[] = [];

  /** By row, images of VMs that come later. */
  readonly kept: KeptImages;

  constructor(
    scenario: Scenario,
    plan: WorldPlan,
    core: Core,
    { messages, kept }: { readonly messages: Message[]; readonly kept: KeptImages },
    digest: string,
  ) {
    this.kept = kept;
    this.scenario = scenario;
    this.plan = plan;
    this.digest = digest;
    this.#core = core;
    this.#messages = messages;
    const rows: number[] = [];
    plan.vmOrder.forEach((index, row) => {
      rows[index] = row;
    });
    this.vmRows = rows;
  }

  get core(): Core {
    if (this.#core === undefined) throw new Error("world: used after dispose");
    return this.#core;
  }

  /** Typed views of every column. */
  get columns(): Columns {
    return this.core.columns;
  }

  /** Simulated time that the world has been brought to. */
  get nowNs(): number {
    return this.#nowNs;
  }

  /**
   * Runs on to a time, or to the first reason to stop; call again until it says `until`.
   *
   * @param untilNs  a safe integer, not before `nowNs`
   */
  advance(untilNs: number): Stop {
    for (;;) {
      const stop = this.#advance(untilNs);
      if (stop === "move") {
        runMoves(this, this.#messages);
        continue;
      }
      if (stop !== "script" || runScript(this, this.#messages)) return stop;
    }
  }

  #advance(untilNs: number): Stop {
    if (!Number.isSafeInteger(untilNs) || untilNs < this.#nowNs) {
      throw new RangeError(`advance: expected a safe integer of at least ${this.#nowNs} ns, got ${untilNs}`);
    }
    const stop = STOPS[this.#advanceCore(untilNs)]!;
    this.#nowNs = stop === "until" ? untilNs : this.core.wasm.now();
    this.#drain();
    return stop;
  }

  #advanceCore(untilNs: number): number {
    try {
      return this.core.wasm.advance(untilNs);
    } catch (fault) {
      if (!(fault instanceof CoreAbort)) throw fault;
      throw fault.in({ seed: this.scenario.seed, atNs: this.core.wasm.now() });
    }
  }

  #drain(): void {
    const { columns } = this.core;
    const head = columns.worldRingHead[0]!;
    for (let at = columns.worldRingTail[0]!; at !== head; at = (at + 1) >>> 0) {
      const slot = at % columns.ringKind.length;
      const kind = KINDS[columns.ringKind[slot]!] as Message["kind"];
      const row = columns.ringRow[slot]!;
      this.#messages.push({ atNs: columns.ringAt[slot]!, kind, row, count: columns.ringNumber[slot]! });
    }
    columns.worldRingTail[0] = head;
    if (columns.traceAt.length > 0) this.#drainTrace();
  }

  #drainTrace(): void {
    const { columns } = this.core;
    const head = columns.worldTraceHead[0]!;
    for (let at = columns.worldTraceTail[0]!; at !== head; at = (at + 1) >>> 0) {
      const row = at % columns.traceAt.length;
      this.#trace.push({
        atNs: columns.traceAt[row]!,
        vcpu: columns.traceVcpu[row]!,
        pcpu: columns.tracePcpu[row]!,
        state: columns.traceState[row]!,
      });
    }
    columns.worldTraceTail[0] = head;
  }

  /**
   * Does what an event of the scenario would, now: `world.apply({ set: { vm: "web", "cpu.shares": 4000 } })`. What admission or
   * ownership refuses is a message, as it is there. The rows of a world are laid out once, so that there is room for what
   * its scenario names: no VM or pool that it does not know, no vCPUs beyond the most that it gives, no migration.
   *
   * @param event  as under `events`, without `at`
   * @throws ScenarioError for a bad event, or one that the world has no room for; RangeError if nobody computes
   */
  apply(event: EventInput): void {
    runLive(this, this.#messages, event);
  }

  /** Ends the record of changes of state: the rest of the run is not kept. */
  stopTrace(): void {
    if (this.columns.worldTracing.length > 0) this.columns.worldTracing[0] = 0;
  }

  /** Changes of state since the last call, oldest first; only with the option `timeline`. */
  takeTrace(): TraceRow[] {
    const taken = this.#trace;
    this.#trace = [];
    return taken;
  }

  /** Messages since the last call, oldest first. */
  takeMessages(): Message[] {
    const taken = this.#messages;
    this.#messages = [];
    return taken;
  }

  /** Brings the recount columns (`vmSharedPages`, `vmZeroPages`, `vmSavedFraction`, …) up to date. */
  recount(): void {
    const { wasm, plan } = this.core;
    for (let vm = 0; vm < plan.rows.vm; vm += 1) wasm.recount_vm(vm);
    for (let host = 0; host < plan.rows.host; host += 1) wasm.recount_unvisited(host);
    if (this.plan.cpu !== undefined) wasm.cpu_recount(this.#nowNs);
  }

  /** 16 hex digits over every column that is not volatile, and the contents of the frames in use. */
  hash(): string {
    return hashCore(this.core);
  }

  /** The whole state, to be restored into a world of the same scenario. */
  snapshot(): Uint8Array {
    return snapshotCore(this.core, this.digest, this.#nowNs);
  }

  /**
   * Goes back, or on, to a snapshot.
   *
   * @throws SnapshotError if it is damaged or of another scenario or layout; the world is unchanged then
   */
  restore(snapshot: Uint8Array): void {
    this.#nowNs = restoreCore(this.core, this.digest, snapshot);
    this.#messages = [];
    this.#trace = [];
    forgetPlaces(this);
  }

  dispose(): void {
    this.#core = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
