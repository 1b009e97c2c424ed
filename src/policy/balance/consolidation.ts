/**
 * Consolidation: overloaded hosts give VMs away until they are not, then the least loaded hosts are emptied, one after the
 * other, wherever all their VMs fit elsewhere.
 *
 *   detector   thr iqr mad lr lrr       when a host has too much (detect.ts)
 *   selector   mmt mu mc rs             which VM leaves first (select.ts)
 *   placement  the host in use whose power grows least and that does not become overloaded, VMs by demand, largest first;
 *              for VMs of overloaded hosts one that is off, where there is no other
 *
 * Hosts that took a VM are not emptied in the same interval; a host on which a VM is moving is left alone.
 *
 * Source: Beloglazov & Buyya, CCPE'12; facts §10. Cost: O(VMs + moves tried × (kinds × 100)) an interval.
 */
import { DETECTORS, type Detector, loadOf } from "./detect.ts";
import { ClusterPlan } from "./plan.ts";
import type { BalancePolicy, BalanceView, Move } from "./policy.ts";
import { NO_HOST, PowerIndex } from "./power-index.ts";
import { SELECTORS, type Selector } from "./select.ts";

export interface ConsolidationOptions {
  /** `thr` if absent. */
  readonly detector?: "thr" | "iqr" | "mad" | "lr" | "lrr";
  /** Of the detector: threshold, or safety parameter; the usual one if absent. */
  readonly number?: number;
  /** `mmt` if absent. */
  readonly selector?: "mmt" | "mu" | "mc" | "rs";
  /** Of the selector `rs`; 1 if absent. */
  readonly seed?: number;
}

/** The policy. @throws RangeError for a number that is none */
export function consolidation(options: ConsolidationOptions = {}): BalancePolicy {
  const { detector = "thr", selector = "mmt", seed = 1 } = options;
  const { make, usual } = DETECTORS[detector]!;
  const number = options.number ?? usual;
  const most = detector === "thr" ? 1 : 100;
  if (!(number > 0 && number <= most)) {
    throw new RangeError(`number: expected above 0 and at most ${most} for ${detector}, got ${number}`);
  }
  const detect = make(number);
  const select = SELECTORS[selector]!(seed);
  return {
    name: `${detector}-${selector}-${number}`,
    power: "off-when-empty",
    decide: (view) => new Round(view, detect, select).decide(),
  };
}

/** A move whose reason is put into words when somebody asks. */
class PlannedMove implements Move {
  readonly vm: number;
  readonly to: number;
  readonly #why: string;
  readonly #then: string;

  constructor(vm: number, to: number, why: string, then: string) {
    this.vm = vm;
    this.to = to;
    this.#why = why;
    this.#then = then;
  }

  get reason(): string {
    return `${this.#why}; ${this.#then}`;
  }
}

const percent = (part: number): string => `${Math.round(part * 100)} %`;

class Round {
  readonly #view: BalanceView;
  readonly #detect: Detector;
  readonly #select: Selector;
  readonly #plan: ClusterPlan;
  /** Hosts that have taken, or that are busy moving. */
  readonly #settled: Uint8Array;
  readonly #moves: Move[] = [];

  constructor(view: BalanceView, detect: Detector, select: Selector) {
    this.#view = view;
    this.#detect = detect;
    this.#select = select;
    this.#plan = new ClusterPlan(view, Math.max(detect.depth, select.depth));
    this.#settled = new Uint8Array(view.hosts);
    for (let vm = 0; vm < view.vms; vm += 1) {
      if (view.vmMoving[vm] === 1 && view.vmHost[vm]! >= 0) this.#settled[view.vmHost[vm]!] = 1;
    }
  }

  decide(): readonly Move[] {
    const over = new Uint8Array(this.#view.hosts);
    const leaving: { vm: number; from: number; why: string }[] = [];
    for (let host = 0; host < this.#view.hosts; host += 1) {
      if (this.#plan.lists[host]!.length === 0 || !this.#detect.isOver(this.#plan, host)) continue;
      over[host] = 1;
      if (this.#view.hostUp[host] === 1) this.#relieve(host, leaving);
    }
    leaving.sort((a, b) => this.#view.vmDemandMhz[b.vm]! - this.#view.vmDemandMhz[a.vm]! || a.vm - b.vm);
    const index = new PowerIndex(this.#plan, (host) => over[host] === 0, true);
    for (const { vm, from, why } of leaving) {
      const to = this.#place(index, vm, from);
      if (to === NO_HOST) this.#plan.add(vm, from);
      else {
        this.#settled[to] = 1;
        this.#moves.push(this.#planned(vm, to, why));
      }
    }
    this.#evacuate(over);
    return this.#moves;
  }

  /** Takes VMs off a host, in thought, until it has enough left. */
  #relieve(host: number, leaving: { vm: number; from: number; why: string }[]): void {
    const why = `${this.#view.hostNames[host]!} is ${this.#detect.why(this.#plan, host)}`;
    do {
      const vm = this.#select.pick(this.#plan, host);
      if (vm < 0) return;
      leaving.push({ vm, from: host, why: `${why}, and ${this.#view.vmName(vm)} ${this.#select.why}` });
      this.#plan.remove(vm, host);
    } while (this.#detect.isOver(this.#plan, host));
  }

  /** Finds a host for a VM and puts it there, in thought. */
  #place(index: PowerIndex, vm: number, from: number): number {
    const plan = this.#plan;
    const host = index.find(vm, this.#detect.bound, (to) => {
      if (to === from || !plan.hasRoom(vm, to) || !this.#view.allows(vm, to)) return false;
      return plan.lists[to]!.length === 0 || !this.#detect.isOver(plan, to, vm);
    });
    if (host === NO_HOST) return NO_HOST;
    this.#shift(index, host, () => plan.add(vm, host));
    this.#view.assume(vm, host);
    return host;
  }

  /** Changes a host's load and keeps its place in the index true. */
  #shift(index: PowerIndex, host: number, change: () => void): void {
    if (!index.remove(host)) index.takeOff(host);
    change();
    if (this.#plan.lists[host]!.length > 0) index.insert(host);
  }

  #planned(vm: number, to: number, why: string): Move {
    const load = percent(loadOf(this.#plan, to));
    return new PlannedMove(
      vm,
      to,
      why,
      `${this.#view.hostNames[to]!} draws least more power by it and comes to ${load}`,
    );
  }

  /** Empties hosts, the least loaded first. */
  #evacuate(over: Uint8Array): void {
    const [view, plan] = [this.#view, this.#plan];
    const order: number[] = [];
    for (let host = 0; host < view.hosts; host += 1) {
      if (over[host] === 0 && plan.lists[host]!.length > 0 && view.hostUp[host] === 1) order.push(host);
    }
    order.sort((a, b) => loadOf(plan, a) - loadOf(plan, b) || a - b);
    // Hosts that are off or overloaded take nobody here.
    for (let host = 0; host < view.hosts; host += 1) {
      if (over[host] === 1 || plan.lists[host]!.length === 0) plan.close(host);
    }
    const index = new PowerIndex(plan, (host) => over[host] === 0, false);
    for (const host of order) if (this.#settled[host] === 0) this.#empty(index, host);
  }

  #empty(index: PowerIndex, host: number): void {
    const { vmDemandMhz, hostNames } = this.#view;
    const plan = this.#plan;
    const load = percent(loadOf(plan, host));
    if (plan.lists[host]!.some((vm) => plan.isHopeless(vm, host))) return;
    index.remove(host);
    const vms = plan.lists[host]!.slice().sort((a, b) => vmDemandMhz[b]! - vmDemandMhz[a]! || a - b);
    const placed: { vm: number; to: number }[] = [];
    for (const vm of vms) {
      const to = this.#place(index, vm, host);
      if (to === NO_HOST) {
        for (const one of placed.reverse()) {
          this.#shift(index, one.to, () => plan.remove(one.vm, one.to));
          this.#view.assume(one.vm, host);
        }
        index.insert(host);
        return;
      }
      placed.push({ vm, to });
    }
    const why = `${hostNames[host]!} has little to do (${load}) and all its VMs fit elsewhere (${vms.length})`;
    for (const { vm, to } of placed) {
      this.#settled[to] = 1;
      this.#moves.push(this.#planned(vm, to, why));
    }
    for (const vm of vms) plan.remove(vm, host);
    plan.close(host);
  }
}
