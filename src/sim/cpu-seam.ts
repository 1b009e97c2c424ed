/**
 * The seam between the core and a CPU policy: lets governors and the policy look at every host, checks what they ask
 * for, writes the controls and clocks, and keeps the record of decisions.
 */
import type { CpuPolicy, CpuTargets, CpuView } from "../policy/cpu/policy.ts";
import { PolicyError } from "../policy/policy-error.ts";
import type { Decision } from "../report/result.ts";
import { nodeOfVm, rootOf, treeOfHost } from "./control-tree.ts";
import { checkTargets, type HostTree, reserver } from "./cpu-targets.ts";
import { CpuObserver, type GivenControls } from "./cpu-view.ts";
import { limitQuotaNs } from "./fill-cpu.ts";
import { governedPpm, reservedOfTree, stateFor } from "./governor.ts";
import { rowsOfHost } from "./host-rows.ts";
import { callPolicy, type Reason, type Reasons, reasonsOf, UNSAID } from "./policy-seam.ts";
import type { World } from "./world.ts";

const NEVER = (1n << 64n) - 1n;

/** Controls of a VM in the units of the core's columns; quota −1: no limit. */
interface Units {
  readonly shares: number;
  readonly reservePpm: number;
  readonly quotaNs: number;
}

interface Verdict {
  readonly decisions: readonly Decision[];
  /** Writes controls and clock, once every host's have passed. */
  apply(): void;
}

/** One for a run: it remembers the counters of its last look, and what it wrote itself. */
export class CpuSeam {
  readonly #world: World;
  readonly #policy: CpuPolicy;
  readonly #observer: CpuObserver;
  /** By VM row: what was written last, and what the scenario and its events want. */
  readonly #written: (Units | undefined)[] = [];
  readonly #given: Units[] = [];

  constructor(world: World, policy: CpuPolicy) {
    this.#world = world;
    this.#policy = policy;
    this.#observer = new CpuObserver(world);
  }

  /**
   * Lets governors and the policy decide for every host.
   *
   * @returns a decision for every VM and host of which something changed
   * @throws PolicyError; all controls and clocks, of every host, are then as they were
   */
  decide(): Decision[] {
    const { core, nowNs, scenario } = this.#world;
    core.wasm.cpu_recount(nowNs);
    const verdicts = scenario.hosts.map((_, host) => this.#decideHost(host));
    for (const { apply } of verdicts) apply();
    return verdicts.flatMap(({ decisions }) => decisions);
  }

  #decideHost(host: number): Verdict {
    const world = this.#world;
    const policy = this.#policy;
    const rows = rowsOfHost(world, host);
    const before = rows.map((row) => unitsOf(world, row));
    const view = this.#observer.view(host, this.#givenOf(host, rows, before));
    const hostTree = treeFor(world, host, rows);
    const inForce = controlsOf(world, host, before);
    const arrays = {
      vmShares: inForce.shares,
      vmReservationMhz: inForce.reservationMhz,
      vmLimitMhz: inForce.limitMhz,
    };
    const { reasons, because } = reasonsOf(policy, view);
    const governed = governedPpm(world, host, view.elapsedNs === 0 ? undefined : view.busyPpm);
    const reserve = reserver(hostTree, arrays, view.pcpuMhz);
    const targets: CpuTargets = { ...arrays, frequencyPpm: governed, reserve, because };
    callPolicy(policy, view, () => policy.decide(view, targets));
    const tree = checkTargets(policy.name, view, targets, arrays, hostTree);
    const needed = reservedOfTree(world, host, tree, view.capacityMhz);
    const clock = this.#clock(host, view, targets.frequencyPpm, governed, needed);
    const after = rows.map((_, vm) => unitsFor(world, host, arrays, vm));
    const decisions = [
      ...this.#clockDecision(host, view, clock, targets.frequencyPpm === governed, needed, reasons),
      ...rows.flatMap((_, vm) =>
        decisionOf(policy.name, view, vm, changesOf(before[vm]!, after[vm]!, arrays, vm), reasons),
      ),
    ];
    return { decisions, apply: () => this.#apply(host, rows, before, after, clock) };
  }

  /** What stands in the columns and was not written here comes from the scenario or an event. */
  #givenOf(host: number, rows: readonly number[], current: readonly Units[]): GivenControls {
    rows.forEach((row, vm) => {
      const [now, own] = [current[vm]!, this.#written[row]];
      const before = this.#given[row] ?? now;
      this.#given[row] = {
        shares: now.shares === own?.shares ? before.shares : now.shares,
        reservePpm: now.reservePpm === own?.reservePpm ? before.reservePpm : now.reservePpm,
        quotaNs: now.quotaNs === own?.quotaNs ? before.quotaNs : now.quotaNs,
      };
    });
    return controlsOf(
      this.#world,
      host,
      rows.map((row) => this.#given[row]!),
    );
  }

  /** A clock that the policy left alone rises to what its reservations need; one that it chose must be enough. */
  #clock(host: number, view: CpuView, asked: number, governed: number, neededPpm: number): number {
    const enough = stateFor(this.#world.scenario.hosts[host]!, neededPpm);
    if (asked >= enough) return asked;
    if (asked === governed) return enough;
    const rule = `frequencyPpm: expected at least ${enough}, which the reservations of what is on need, got ${asked}`;
    throw new PolicyError(this.#policy.name, view.atNs, `host ${view.hostName}`, rule);
  }

  #clockDecision(
    host: number,
    view: CpuView,
    clock: number,
    isGoverned: boolean,
    neededPpm: number,
    reasons: Reasons,
  ): Decision[] {
    if (clock === view.frequencyPpm) return [];
    const { power } = this.#world.scenario.hosts[host]!.cpu;
    const busyPpm = Math.round(view.busyPpm);
    const reservedPpm = Math.round(neededPpm);
    const why: Reason = {
      reason:
        power?.governor === "on-demand"
          ? "The lowest clock that keeps its processors at most 60 % busy and its reservations met."
          : "The lowest clock that keeps its reservations met.",
      inputs: { busyPpm, reservedPpm },
    };
    const { reason, inputs } = isGoverned ? why : (reasons.get("host") ?? UNSAID);
    const policy = isGoverned && power !== undefined ? power.governor : this.#policy.name;
    const target = { frequencyPpm: clock };
    return [{ atNs: view.atNs, policy, row: `host ${view.hostName}`, inputs, target, reason }];
  }

  #apply(
    host: number,
    rows: readonly number[],
    before: readonly Units[],
    after: readonly Units[],
    clock: number,
  ): void {
    const { core, nowNs, columns } = this.#world;
    // Up before reservations are made; they hold at every clock from then on.
    if (clock !== columns.hostFrequencyPpm.get(host)) core.wasm.cpu_changeFrequency(host, clock, nowNs);
    rows.forEach((row, vm) => {
      const client = columns.vmClient[row]!;
      const [old, now] = [before[vm]!, after[vm]!];
      if (now.shares !== old.shares) core.wasm.cpu_changeShares(client, now.shares, nowNs);
      if (now.quotaNs !== old.quotaNs) core.wasm.cpu_changeLimit(client, now.quotaNs, nowNs);
      if (now.reservePpm !== old.reservePpm) {
        core.wasm.cpu_changeReservation(client, now.reservePpm, nowNs);
      }
      this.#written[row] = now;
    });
  }
}

function unitsOf({ columns }: World, row: number): Units {
  const client = columns.vmClient[row]!;
  const quota = columns.clientQuotaNs.big(client);
  return {
    shares: columns.clientOwnShares[client]!,
    reservePpm: columns.clientReservePpm[client] ?? 0,
    quotaNs: quota === NEVER ? -1 : Number(quota),
  };
}

function controlsOf({ scenario }: World, host: number, units: readonly Units[]): GivenControls {
  const { mhz } = scenario.hosts[host]!.cpu;
  const { limitPeriodNs } = scenario.policies.cpu;
  return {
    shares: Float64Array.from(units, ({ shares }) => shares),
    reservationMhz: Float64Array.from(units, ({ reservePpm }) => (reservePpm * mhz) / 1e6),
    limitMhz: Float64Array.from(units, ({ quotaNs }) =>
      quotaNs < 0 ? Infinity : (quotaNs / limitPeriodNs) * mhz,
    ),
  };
}

type Arrays = Pick<CpuTargets, "vmShares" | "vmReservationMhz" | "vmLimitMhz">;

function unitsFor({ scenario }: World, host: number, targets: Arrays, vm: number): Units {
  const spec = scenario.hosts[host]!;
  const limit = targets.vmLimitMhz[vm]!;
  const { limitPeriodNs } = scenario.policies.cpu;
  return {
    shares: targets.vmShares[vm]!,
    reservePpm: Math.round((targets.vmReservationMhz[vm]! * 1e6) / spec.cpu.mhz),
    quotaNs: limitQuotaNs(limit === Infinity ? undefined : limit, spec, limitPeriodNs),
  };
}

/** MHz for the record, to the third digit. */
function milli(mhz: number): number {
  return Math.round(mhz * 1000) / 1000;
}

function changesOf(before: Units, after: Units, targets: Arrays, vm: number): Decision["target"] {
  const limit = targets.vmLimitMhz[vm]!;
  return {
    ...(after.shares === before.shares ? {} : { shares: after.shares }),
    ...(after.reservePpm === before.reservePpm
      ? {}
      : { reservationMhz: milli(targets.vmReservationMhz[vm]!) }),
    ...(after.quotaNs === before.quotaNs ? {} : { limitMhz: limit === Infinity ? "none" : milli(limit) }),
  };
}

function decisionOf(
  policy: string,
  view: CpuView,
  vm: number,
  target: Decision["target"],
  reasons: Reasons,
): Decision[] {
  if (Object.keys(target).length === 0) return [];
  const { reason, inputs } = reasons.get(vm) ?? UNSAID;
  return [{ atNs: view.atNs, policy, row: `vm ${view.vmNames[vm]}`, inputs, target, reason }];
}

function treeFor(world: World, host: number, rows: readonly number[]): HostTree {
  const { tree, place } = treeOfHost(world, host);
  const nodes = rows.map((row) => place(nodeOfVm(world, world.plan.vmOrder[row]!)));
  return { tree, root: rootOf(world.scenario.hosts[host]!), nodes };
}
