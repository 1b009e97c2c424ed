/**
 * The loop of a cluster: interval by interval, what happens, what is asked for, who decides, who is given what.
 *
 *   events, VMs that come and go → demand → the policy, moves begin → moves end → memory → entitlements → accounts
 *
 * Cost: O(hosts + VMs) an interval, and what the policy takes.
 */
import type { BalancePolicy } from "../policy/balance/policy.ts";
import type { ClusterMoveResult } from "../report/cluster-result.ts";
import { Accounts } from "./accounts.ts";
import { Changes } from "./changes.ts";
import { entitle } from "./entitle.ts";
import { settleMemory } from "./memory.ts";
import { Moves } from "./moves.ts";
import { RuleBook } from "./rule-book.ts";
import { Sampler } from "./sampler.ts";
import { BalanceSeam } from "./seam.ts";
import type { ClusterSpec } from "./spec.ts";
import { ClusterState } from "./state.ts";

/** Moves whose story a result tells. */
const MOVES_KEPT = 1000;

export class ClusterRun {
  readonly state: ClusterState;
  readonly policy: BalancePolicy;
  readonly accounts: Accounts;
  readonly moves: Moves;
  readonly changes: Changes;
  readonly sampler: Sampler;
  readonly moved: ClusterMoveResult[] = [];
  readonly #seam: BalanceSeam;
  /** VMs whose moves were asked for by hosts on their way out. */
  readonly #counted = new Set<number>();

  constructor(spec: ClusterSpec, policy: BalancePolicy) {
    this.state = new ClusterState(spec);
    this.policy = policy;
    const rules = new RuleBook(spec.rules, this.state.hosts, this.state.vms);
    this.moves = new Moves(this.state);
    this.changes = new Changes(this.state, rules, this.moves);
    this.accounts = new Accounts(this.state, policy.power ?? "idle");
    this.sampler = new Sampler(this.state);
    this.#seam = new BalanceSeam(this.state, rules);
  }

  /** Whether the last interval is over. */
  get isOver(): boolean {
    return this.state.step >= this.state.spec.steps;
  }

  /** Simulates one interval. @throws PolicyError */
  interval(): void {
    const { state, moves, accounts } = this;
    const { spec } = state;
    const asked = this.changes.apply();
    state.readDemand();
    const before = moves.begun;
    if (asked.length > 0) {
      for (const { vm } of asked) this.#counted.add(vm);
      this.#begin(asked);
    }
    if (state.step % spec.balanceSteps === 0) {
      this.#seam.remember();
      const wanted = this.#seam.decide(this.policy, moves);
      if (wanted.length > 0) this.#begin(wanted);
    }
    this.#endMoves();
    accounts.thrashedMib += settleMemory(state);
    entitle(state);
    this.#takeRestarts();
    accounts.add(moves.effects);
    this.sampler.add(accounts, moves.begun - before);
    state.step += 1;
  }

  #begin(wanted: readonly { readonly vm: number; readonly to: number; readonly reason: string }[]): void {
    const { spec, step } = this.state;
    for (const [i, move] of this.moves.begin(wanted).entries()) {
      this.accounts.vmMoves[move.vm]! += 1;
      this.accounts.movesOut[move.from]! += 1;
      this.accounts.movesIn[move.to]! += 1;
      if (this.moved.length >= MOVES_KEPT) continue;
      this.moved.push({
        atNs: step * spec.stepNs,
        vm: spec.vms.names[move.vm]!,
        from: spec.hosts.names[move.from]!,
        to: spec.hosts.names[move.to]!,
        totalNs: move.totalNs,
        downtimeNs: move.downtimeNs,
        converged: move.converged,
        reason: wanted[i]!.reason,
      });
    }
  }

  #endMoves(): void {
    const open = this.moves.open;
    this.moves.advance();
    if (open.length === 0) return;
    const { state } = this;
    for (const { vm, from, to } of open) {
      if (state.vmMoving[vm] === 1) continue;
      this.changes.moved(vm, from, to, this.#counted.delete(vm));
      state.hostDemand[from]! -= state.vmDemand[vm]!;
      state.hostDemand[to]! += state.vmDemand[vm]!;
      if (state.hostVms[from] === 0) state.hostDemand[from] = 0;
    }
  }

  /** VMs that were started again get what is left of the interval. */
  #takeRestarts(): void {
    const { restarted } = this.changes;
    const { spec, vmGiven, vmHost, hostGiven, hostDemand } = this.state;
    const lost = Math.min(1, spec.restartNs / spec.stepNs);
    for (const vm of restarted) {
      const missing = vmGiven[vm]! * lost;
      vmGiven[vm]! -= missing;
      // The host is not short of it: nobody asked it for that.
      hostGiven[vmHost[vm]!]! -= missing;
      hostDemand[vmHost[vm]!]! -= missing;
      this.accounts.vmDownNs[vm]! += Math.round(lost * spec.stepNs);
    }
    restarted.length = 0;
  }
}
