/**
 * The epoch loop: advances a world, lets policies decide when it says so, takes samples, and makes the result.
 */
import { inNode } from "../core/module.ts";
import { CPU_POLICIES } from "../policy/cpu/names.ts";
import type { CpuPolicy } from "../policy/cpu/policy.ts";
import { MEMORY_POLICIES } from "../policy/memory/names.ts";
import type { MemoryPolicy } from "../policy/memory/policy.ts";
import { PolicyOptionError, UnknownPolicyError } from "../policy/policy-error.ts";
import type { Decision, EventResult, HostMachine, Result } from "../report/result.ts";
import { nearest } from "../scenario/nearest.ts";
import { scenarioError } from "../scenario/parse.ts";
import type { Scenario } from "../scenario/types.ts";
import { MODEL, VERSION } from "../version.ts";
import { CpuSeam } from "./cpu-seam.ts";
import { decideMemory } from "./memory-seam.ts";
import type { Message } from "./message.ts";
import { observeHost, observeWorld, Sampler } from "./observe.ts";
import { describeMove, observeMoves } from "./observe-moves.ts";
import { TimelineRecorder } from "./timeline.ts";
import { StateWatch } from "./watch-states.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

export interface Progress {
  readonly simulatedNs: number;
  /** Of the scenario's duration, 0 … 1. */
  readonly fraction: number;
  readonly wallMs: number;
  /** Saved by sharing, all hosts. */
  readonly savedPages: number;
}

export interface SimulateOptions extends WorldOptions {
  /** Instead of the policies that the scenario names. */
  readonly policies?: { readonly memory?: MemoryPolicy; readonly cpu?: CpuPolicy };
  readonly onProgress?: (progress: Progress) => void;
  /** Gives up: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Ends early: the result so far, marked `interrupted`. */
  readonly stop?: AbortSignal;
}

/** What a name stands for. */
function known<T>(kind: "memory" | "cpu", all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(all);
  const hint = nearest(name, names);
  throw new UnknownPolicyError(
    `policies.${kind}.name: expected one of ${names.join(", ")}, got "${name}"${hint ? `; did you mean ${hint}?` : ""}`,
  );
}

/** The memory policy that a scenario names. */
export function memoryPolicyOf(name: string): MemoryPolicy {
  return known("memory", MEMORY_POLICIES, name)();
}

/**
 * The CPU policy that a scenario names, with its options.
 *
 * @param scenario  whose options and VMs; absent: no options
 * @throws UnknownPolicyError; ScenarioError for an option
 */
export function cpuPolicyOf(name: string, scenario?: Scenario): CpuPolicy {
  const make = known("cpu", CPU_POLICIES, name);
  if (scenario === undefined) return make();
  const vmNames = scenario.vms.map((vm) => vm.name);
  try {
    return make(scenario.policies.cpu.options, vmNames);
  } catch (fault) {
    if (!(fault instanceof PolicyOptionError)) throw fault;
    const { option, expected, got, hint, isUnknown } = fault;
    const path = ["policies", "cpu", "options", option];
    const finding = { path, at: isUnknown ? ("key" as const) : ("value" as const), expected, got };
    throw scenarioError(scenario, [{ ...finding, ...(hint === undefined ? {} : { hint }) }]);
  }
}

/**
 * Simulates a scenario from beginning to end.
 *
 * @returns the same result for the same scenario and policies, on every machine, but for `hostMachine`
 * @throws ScenarioError, PolicyError, UnknownPolicyError; the signal's reason
 */
export async function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<Result> {
  const { memory, cpu } = options.policies ?? {};
  const policies = {
    memory: memory ?? memoryPolicyOf(scenario.policies.memory.name),
    cpu: cpu ?? cpuPolicyOf(scenario.policies.cpu.name, scenario),
  };
  const begun = performance.now();
  const world = await createWorld(scenario, { ...options, cpuPolicy: cpu !== undefined });
  try {
    const run = new Run(world, policies, options, begun);
    await run.toEnd();
    return run.result();
  } finally {
    world.dispose();
  }
}

/** Wall time between two looks at the outside: signals, progress. */
const BREATH_MS = 40;
const SLICES = 1000;

interface Policies {
  readonly memory: MemoryPolicy;
  readonly cpu: CpuPolicy;
}

class Run {
  readonly #world: World;
  readonly #policies: Policies;
  readonly #cpuSeam: CpuSeam;
  readonly #options: SimulateOptions;
  readonly #begun: number;
  readonly #sampler: Sampler;
  readonly #decisions: Decision[] = [];
  readonly #messages: Message[] = [];
  readonly #timeline: TimelineRecorder | undefined;
  readonly #states: StateWatch;
  #lastEpochNs = 0;
  #lastBreath = performance.now();
  #interrupted = false;
  #advanceMs = 0;

  constructor(world: World, policies: Policies, options: SimulateOptions, begun: number) {
    this.#world = world;
    this.#policies = policies;
    this.#cpuSeam = new CpuSeam(world, policies.cpu);
    this.#options = options;
    this.#begun = begun;
    this.#sampler = new Sampler(world);
    this.#states = new StateWatch(world);
    const keeps = options.timeline === true && world.plan.cpu !== undefined;
    this.#timeline = keeps ? new TimelineRecorder(world) : undefined;
  }

  async toEnd(): Promise<void> {
    const { durationNs } = this.#world.scenario;
    const every = sampleEveryNs(this.#world);
    const most = Math.max(1, Math.ceil(durationNs / SLICES));
    // Grows and shrinks with the wall time that a slice takes, so that signals are heard; no state hangs on it.
    let slice = Math.ceil(most / SLICES);
    this.#advanceTo(0);
    this.#sampler.sample();
    while (this.#world.nowNs < durationNs && !this.#interrupted) {
      const begun = performance.now();
      const nextSample = (Math.floor(this.#world.nowNs / every) + 1) * every;
      this.#advanceTo(Math.min(nextSample, this.#world.nowNs + slice, durationNs));
      if (this.#world.nowNs === nextSample) this.#sampler.sample();
      const tookMs = performance.now() - begun;
      if (tookMs > BREATH_MS) slice = Math.max(1, Math.floor(slice / 4));
      else if (tookMs < BREATH_MS / 4) slice = Math.min(most, slice * 2);
      await this.#breathe();
    }
    this.#sampler.sample();
  }

  #advanceTo(untilNs: number): void {
    const begun = performance.now();
    for (;;) {
      const stop = this.#world.advance(untilNs);
      this.#messages.push(...this.#world.takeMessages());
      this.#timeline?.take();
      if (stop === "until") break;
      if (stop === "attention") this.#messages.push(...this.#states.look());
      if (stop === "epoch" || stop === "attention") this.#decide();
      if (stop === "script") this.#decisions.push(...this.#cpuSeam.decide());
    }
    this.#advanceMs += performance.now() - begun;
  }

  #decide(): void {
    const { sharing } = this.#world.scenario.policies.memory;
    if (sharing.algorithm === "none" && !this.#world.plan.memory.reclaims.includes(true)) return;
    this.#decisions.push(...decideMemory(this.#world, this.#policies.memory, this.#lastEpochNs));
    this.#lastEpochNs = this.#world.nowNs;
  }

  /** Lets the outside in, now and then: signals arrive and progress goes out. */
  async #breathe(): Promise<void> {
    const now = performance.now();
    if (now - this.#lastBreath >= BREATH_MS) {
      this.#options.onProgress?.(this.#progress(now));
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#lastBreath = performance.now();
    }
    this.#options.signal?.throwIfAborted();
    this.#interrupted = this.#options.stop?.aborted ?? false;
  }

  #progress(now: number): Progress {
    const { nowNs, columns, scenario } = this.#world;
    let saved = 0;
    for (let host = 0; host < scenario.hosts.length; host += 1) {
      saved += columns.hostSharedPages[host]! - columns.hostCommonPages[host]!;
    }
    const fraction = nowNs / scenario.durationNs;
    return { simulatedNs: nowNs, fraction, wallMs: now - this.#begun, savedPages: saved };
  }

  result(): Result {
    const world = this.#world;
    const { scenario } = world;
    const { scheduler } = scenario.policies.cpu;
    const { hosts, pools, vms } = observeWorld(world);
    return {
      ballast: VERSION,
      model: MODEL,
      scenario: { name: scenario.name, digest: world.digest },
      seed: scenario.seed,
      resolution: scenario.resolution,
      content: world.plan.content,
      policies: {
        memory: this.#policies.memory.name,
        cpu: this.#policies.cpu.name,
        ...(scheduler === "virtual-time" ? {} : { scheduler }),
      },
      simulatedNs: world.nowNs,
      ...(this.#interrupted ? { interrupted: true } : {}),
      stateHash: world.hash(),
      hosts,
      pools,
      vms,
      migrations: observeMoves(world),
      events: this.#messages.map((message) => describe(world, message)),
      decisions: this.#decisions,
      series: this.#sampler.series(),
      ...(this.#timeline === undefined ? {} : { timeline: this.#timeline.timeline() }),
      hostMachine: this.#machine(),
    };
  }

  #machine(): HostMachine {
    const { scenario, core } = this.#world;
    const scanned = scenario.hosts.reduce(
      (sum, _, host) => sum + observeHost(this.#world, host).scannedPages,
      0,
    );
    return {
      runtime: inNode() ? `node ${process.version}` : (globalThis.navigator?.userAgent ?? "unknown"),
      platform: inNode() ? `${process.platform} ${process.arch}` : "browser",
      threads: this.#options.threads ?? 1,
      wallMs: performance.now() - this.#begun,
      scannedPagesPerSecond: this.#advanceMs > 0 ? Math.round((scanned * 1000) / this.#advanceMs) : 0,
      coreBytes: core.plan.bytes,
    };
  }
}

/** A sample looks at every page, so large worlds get fewer: 120 up to a million pages, never under 12. */
function sampleEveryNs(world: World): number {
  const { durationNs, seriesEveryNs } = world.scenario;
  if (seriesEveryNs !== undefined) return seriesEveryNs;
  const pages = world.core.plan.rows.ppn;
  const samples = Math.max(12, Math.min(120, Math.floor((120 * 2 ** 20) / Math.max(1, pages))));
  return Math.max(1, Math.ceil(durationNs / samples));
}

function describe(world: World, message: Message): EventResult {
  const { scenario, plan } = world;
  const { atNs, kind, row, count } = message;
  if (message.text !== undefined && row < 0) return { atNs, kind, text: message.text };
  if (kind === "scan-complete") {
    const host = scenario.hosts[row]!.name;
    return {
      atNs,
      kind,
      host,
      text: `Every mapped page of ${host} has been scanned, ${count} visits in all.`,
    };
  }
  if (kind === "memory-state")
    return { atNs, kind, host: scenario.hosts[row]!.name, text: message.text ?? "" };
  if (kind === "migrate") return { atNs, kind, ...describeMove(world, row, count) };
  const vm = scenario.vms[plan.vmOrder[row]!]!;
  const host = scenario.hosts[world.columns.vmHost[row]!]!.name;
  if (message.text !== undefined) return { atNs, kind, host, vm: vm.name, text: message.text };
  const text =
    kind === "panic"
      ? `${vm.name} panicked: one of its vCPUs spun longer than the guest bears.`
      : kind === "quarantine"
        ? `${vm.name} slowed down its core mates and runs alone on a core from now on.`
        : kind === "image-cut"
          ? `${host} had no free page for the last ${count} pages of ${vm.name}'s image.`
          : `${host} ran out of pages for ${vm.name}: ${count === 1 ? "an access" : `${count} accesses`} failed at once.`;
  return { atNs, kind, host, vm: vm.name, text };
}
