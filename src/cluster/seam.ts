/**
 * The seam to balancing policies: what they see, and whether what they ask for can be done.
 *
 * Every move is checked against the cluster as it will be with those before it; the first impossible one is a `PolicyError`, and
 * nothing is applied.
 *
 * Cost: O(hosts + VMs) a decision.
 */
import type { BalancePolicy, BalanceView, Move } from "../policy/balance/policy.ts";
import { PolicyError } from "../policy/policy-error.ts";
import type { Moves } from "./moves.ts";
import type { RuleBook } from "./rule-book.ts";
import type { ClusterState } from "./state.ts";

/** Intervals that a policy may look back. */
const PAST = 30;

export class BalanceSeam {
  readonly #state: ClusterState;
  readonly #rules: RuleBook;
  readonly #past: Float32Array[] = [];

  constructor(state: ClusterState, rules: RuleBook) {
    this.#state = state;
    this.#rules = rules;
  }

  /** Keeps this interval's demand for policies that look back. */
  remember(): void {
    const row = this.#past.length < PAST ? new Float32Array(this.#state.vms) : this.#past.pop()!;
    row.set(this.#state.vmPart);
    this.#past.unshift(row);
  }

  /** Asks a policy. @throws PolicyError for a move that cannot be made */
  decide(policy: BalancePolicy, moves: Moves): readonly Move[] {
    const view = this.#view(moves.incomingMib());
    let wanted: readonly Move[];
    try {
      wanted = policy.decide(view);
    } finally {
      this.#rules.forget();
    }
    if (!Array.isArray(wanted))
      this.#refuse(policy, "decide", `expected a list of moves, got ${typeof wanted}`);
    this.#check(policy, wanted, view);
    return wanted;
  }

  #view(incoming: Float64Array | undefined): BalanceView {
    const state = this.#state;
    const { spec } = state;
    const used = state.hostUsedMib.slice();
    if (incoming !== undefined)
      for (let host = 0; host < used.length; host += 1) used[host]! += incoming[host]!;
    const past = this.#past;
    return {
      nowNs: state.step * spec.stepNs,
      step: state.step,
      stepNs: spec.stepNs,
      hosts: state.hosts,
      hostNames: spec.hosts.names,
      hostMhz: spec.hosts.mhz,
      hostPcpuMhz: spec.hosts.pcpuMhz,
      hostMemoryMib: state.usableMib,
      hostUsedMib: used,
      hostDemandMhz: state.hostDemand,
      hostUp: state.hostUp,
      hostKind: state.hostKind,
      watts: (kind, mhz) => state.watts(kind, mhz),
      vms: state.vms,
      vmName: (vm) => spec.vms.names[vm]!,
      vmHost: state.vmHost,
      vmMhz: spec.vms.mhz,
      vmDemandMhz: state.vmDemand,
      vmMemoryMib: state.vmConsumedMib,
      vmMoving: state.vmMoving,
      vmsOf: (host) => state.vmsOf(host),
      allows: (vm, host) => this.#rules.allows(vm, host),
      assume: (vm, host) => this.#rules.assume(vm, host),
      pastSteps: past.length,
      past: (back) => past[back]!,
    };
  }

  #check(policy: BalancePolicy, wanted: readonly Move[], view: BalanceView): void {
    const { hostUsedMib: used } = view;
    const moved = new Set<number>();
    try {
      for (const [index, move] of wanted.entries()) {
        const fault = this.#fault(move, view, moved);
        if (fault !== undefined) this.#refuse(policy, `move ${index}`, fault);
        const { vm, to } = move;
        moved.add(vm);
        this.#rules.assume(vm, to);
        used[this.#state.vmHost[vm]!]! -= view.vmMemoryMib[vm]!;
        used[to]! += view.vmMemoryMib[vm]!;
      }
    } finally {
      this.#rules.forget();
    }
    // Memory is free at the source only when the moves have ended, so it is looked at when all have.
    for (const [index, { vm, to }] of wanted.entries()) {
      const [need, room] = [used[to]!, view.hostMemoryMib[to]!];
      if (view.vmMemoryMib[vm]! === 0 || need <= room * (1 + 1e-6)) continue;
      const text = `expected room for ${this.#vm(vm)} on ${this.#host(to)}, which has ${Math.round(room)} MiB, got ${Math.round(need)} MiB with it`;
      this.#refuse(policy, `move ${index}`, text);
    }
  }

  #fault(move: Move, view: BalanceView, moved: ReadonlySet<number>): string | undefined {
    const { vm, to, reason } = Object(move) as Move;
    if (!(Number.isInteger(vm) && vm >= 0 && vm < view.vms))
      return `expected a VM from 0 to ${view.vms - 1}, got ${vm}`;
    if (!(Number.isInteger(to) && to >= 0 && to < view.hosts))
      return `expected a host from 0 to ${view.hosts - 1} for ${this.#vm(vm)}, got ${to}`;
    if (typeof reason !== "string" || reason === "")
      return `expected a reason for moving ${this.#vm(vm)}, got none`;
    if (view.vmHost[vm]! < 0) return `expected a VM that runs, got ${this.#vm(vm)}, which does not`;
    if (view.vmMoving[vm] === 1) return `expected a VM that stays, got ${this.#vm(vm)}, which is moving`;
    if (moved.has(vm)) return `expected one move a VM, got two of ${this.#vm(vm)}`;
    if (view.vmHost[vm] === to)
      return `expected another host for ${this.#vm(vm)}, got its own, ${this.#host(to)}`;
    if (view.hostUp[to] === 0) return `expected a host that is up for ${this.#vm(vm)}, got ${this.#host(to)}`;
    if (!view.allows(vm, to))
      return `expected a host that the rules allow ${this.#vm(vm)}, got ${this.#host(to)}`;
    return undefined;
  }

  #vm(vm: number): string {
    return `VM ${this.#state.spec.vms.names[vm]!}`;
  }

  #host(host: number): string {
    return `host ${this.#state.spec.hosts.names[host]!}`;
  }

  #refuse(policy: BalancePolicy, row: string, rule: string): never {
    throw new PolicyError(policy.name, this.#state.step * this.#state.spec.stepNs, row, rule);
  }
}
