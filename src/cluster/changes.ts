/**
 * What happens to a cluster at the start of an interval: VMs come and go, hosts fail, come back, are added and taken out,
 * controls change.
 *
 *   fail     its VMs stop; the highest priority starts first elsewhere, `restart` later, each where there is room by the rules;
 *            who finds no host waits and is tried again every interval
 *   remove   its VMs move away, as many as there is room for; it is out when it is empty
 *
 * Cost: O(1) an interval in which nothing happens, O(hosts) for a VM that finds no room.
 */
import type { ClusterEventResult } from "../report/cluster-result.ts";
import type { Moves } from "./moves.ts";
import type { RuleBook } from "./rule-book.ts";
import type { ClusterEvent } from "./spec.ts";
import { StartPlaces } from "./start-places.ts";
import { type ClusterState, NOWHERE } from "./state.ts";

/** Events that a result keeps, of each kind. */
const KEPT = 200;

export class Changes {
  readonly #state: ClusterState;
  readonly #rules: RuleBook;
  readonly #moves: Moves;
  readonly #places: StartPlaces;
  readonly #byStep = new Map<number, number[]>();
  readonly #events: readonly ClusterEvent[];
  #nextEvent = 0;
  readonly #back: { readonly host: number; readonly step: number }[] = [];
  readonly #leaving = new Set<number>();
  #waiting: number[] = [];
  readonly #counts = new Map<string, number>();
  readonly log: ClusterEventResult[] = [];

  constructor(state: ClusterState, rules: RuleBook, moves: Moves) {
    this.#state = state;
    this.#rules = rules;
    this.#moves = moves;
    this.#places = new StartPlaces(state, (vm, host) => rules.allows(vm, host));
    this.#events = state.spec.events;
    const { startStep, endStep, host } = state.spec.vms;
    for (let vm = 0; vm < state.vms; vm += 1) {
      // VMs that stand where they are by name come before those that look for room.
      const order = host[vm]! >= 0 ? -vm - 1 : vm + 1;
      if (endStep[vm]! > startStep[vm]!) this.#at(startStep[vm]!).push(order);
      if (endStep[vm]! < state.spec.steps) this.#at(endStep[vm]!).push(0, vm);
    }
  }

  #at(step: number): number[] {
    const list = this.#byStep.get(step) ?? [];
    this.#byStep.set(step, list);
    return list;
  }

  /** Everything that is due at the start of an interval. @returns moves that taking hosts out asks for */
  apply(): { vm: number; to: number; reason: string }[] {
    const { step } = this.#state;
    for (const { host } of this.#back.filter((one) => one.step === step)) this.#up(host, "is back");
    for (; this.#nextEvent < this.#events.length; this.#nextEvent += 1) {
      const event = this.#events[this.#nextEvent]!;
      if (event.step > step) break;
      this.#happen(event);
    }
    this.#comeAndGo(this.#byStep.get(step));
    this.#restart();
    return this.#emptyLeaving();
  }

  #comeAndGo(list: readonly number[] | undefined): void {
    if (list === undefined) return;
    const named: number[] = [];
    const others: number[] = [];
    for (let at = 0; at < list.length; at += 1) {
      const entry = list[at]!;
      if (entry === 0) {
        at += 1;
        this.#stop(list[at]!);
      } else if (entry < 0) named.push(-entry - 1);
      else others.push(entry - 1);
    }
    for (const vm of named) this.#start(vm, this.#state.spec.vms.host[vm]!);
    for (const vm of others) this.#start(vm, NOWHERE);
  }

  #happen(event: ClusterEvent): void {
    const { spec, hostUp } = this.#state;
    if (event.kind === "fail") {
      const { host, backStep } = event;
      if (hostUp[host] === 0) return;
      if (backStep < Infinity) this.#back.push({ host, step: backStep });
      this.#fail(host);
    } else if (event.kind === "add") this.#up(event.host, "was added");
    else if (event.kind === "remove") {
      this.#leaving.add(event.host);
      this.#say("remove", `${spec.hosts.names[event.host]!} is being taken out.`, { host: event.host });
    } else if (event.kind === "start") this.#start(event.vm, NOWHERE);
    else if (event.kind === "stop") this.#stop(event.vm);
    else if (event.kind === "set") this.#set(event);
  }

  #fail(host: number): void {
    const { spec, hostUp, vmWanted } = this.#state;
    const vms = Array.from(this.#state.vmsOf(host));
    this.#moves.drop((move) => move.from === host || move.to === host);
    hostUp[host] = 0;
    for (const vm of vms) {
      this.#put(vm, NOWHERE);
      if (vmWanted[vm] === 1) this.#waiting.push(vm);
    }
    const { priority } = spec.vms;
    this.#waiting.sort((a, b) => priority[b]! - priority[a]! || a - b);
    this.#places.touch(host);
    this.#say("fail", `${spec.hosts.names[host]!} failed with ${vms.length} VMs.`, { host });
  }

  #up(host: number, what: string): void {
    const { spec, hostUp } = this.#state;
    this.#leaving.delete(host);
    if (hostUp[host] === 1) return;
    hostUp[host] = 1;
    this.#places.touch(host);
    this.#say("add", `${spec.hosts.names[host]!} ${what}.`, { host });
  }

  #set(event: ClusterEvent & { readonly kind: "set" }): void {
    const state = this.#state;
    const { vm, pool, shares, reservationMhz, limitMhz } = event;
    const [row, columns] =
      vm !== undefined
        ? [vm, [state.vmShares, state.vmReservation, state.vmLimit] as const]
        : [pool!, [state.poolShares, state.poolReservation, state.poolLimit] as const];
    for (const [i, value] of [shares, reservationMhz, limitMhz].entries()) {
      if (value !== undefined) columns[i]![row] = value;
    }
    const name = vm !== undefined ? state.spec.vms.names[vm]! : `pool ${state.spec.pools[pool!]!.name}`;
    this.#say("set", `Controls of ${name} changed.`, vm === undefined ? {} : { vm });
  }

  #start(vm: number, at: number): void {
    const { spec, vmWanted, vmHost, hostUp } = this.#state;
    if (vmHost[vm]! >= 0) return;
    vmWanted[vm] = 1;
    const isThere = at >= 0 && hostUp[at] === 1;
    const host = isThere ? at : this.#places.find(vm);
    if (host >= 0) this.#put(vm, host);
    else {
      this.#waiting.push(vm);
      this.#say("no-room", `${spec.vms.names[vm]!} waits: no host that is up may take it.`, { vm });
    }
  }

  #stop(vm: number): void {
    const { vmWanted, vmHost } = this.#state;
    vmWanted[vm] = 0;
    this.#waiting = this.#waiting.filter((one) => one !== vm);
    if (vmHost[vm]! < 0) return;
    this.#moves.drop((move) => move.vm === vm);
    this.#put(vm, NOWHERE);
  }

  /** VMs that wait for a host, the most important first. */
  #restart(): void {
    if (this.#waiting.length === 0) return;
    const still: number[] = [];
    for (const vm of this.#waiting) {
      const host = this.#places.find(vm);
      if (host < 0) still.push(vm);
      else {
        this.#put(vm, host);
        const { hosts, vms } = this.#state.spec;
        this.#say("restart", `${vms.names[vm]!} starts on ${hosts.names[host]!}.`, { vm, host });
        this.restarted.push(vm);
      }
    }
    this.#waiting = still;
  }

  /** VMs that started again in this interval; the caller empties it. */
  readonly restarted: number[] = [];

  /** Hosts on their way out: a move for each VM that has somewhere to go; out when empty. */
  #emptyLeaving(): { vm: number; to: number; reason: string }[] {
    const { spec, hostUp, hostVms, vmMoving } = this.#state;
    const moves: { vm: number; to: number; reason: string }[] = [];
    for (const host of this.#leaving) {
      hostUp[host] = 0;
      this.#places.touch(host);
      if (hostVms[host] === 0) {
        this.#leaving.delete(host);
        this.#say("remove", `${spec.hosts.names[host]!} is out.`, { host });
        continue;
      }
      const reason = `${spec.hosts.names[host]!} is being taken out`;
      for (const vm of this.#state.vmsOf(host)) {
        const to = vmMoving[vm] === 1 ? -1 : this.#places.find(vm);
        if (to < 0) continue;
        // Its room is taken from now on, so that the next one does not count on it.
        this.#places.note(vm, to, 1);
        this.#places.note(vm, host, -1);
        moves.push({ vm, to, reason });
      }
    }
    return moves;
  }

  /** A VM is somewhere else, memory and rules with it. */
  #put(vm: number, host: number): void {
    const state = this.#state;
    const from = state.vmHost[vm]!;
    if (from >= 0) this.#places.note(vm, from, -1);
    if (host >= 0) {
      this.#places.note(vm, host, 1);
      // A fresh start: what is in use is known a moment later.
      if (from < 0 && state.vmConsumedMib[vm] === 0) state.vmConsumedMib[vm] = this.#firstMib(vm);
    }
    state.put(vm, host);
    this.#rules.put(vm, host);
  }

  #firstMib(vm: number): number {
    const part = this.#state.activeParts()[vm]!;
    return part > 0 ? part * this.#state.spec.vms.memoryMib[vm]! : 0;
  }

  /** A move has ended. @param isCounted  whether its room was taken before */
  moved(vm: number, from: number, to: number, isCounted: boolean): void {
    if (!isCounted) {
      this.#places.note(vm, from, -1);
      this.#places.note(vm, to, 1);
    }
    this.#rules.put(vm, to);
  }

  #say(kind: string, text: string, about: { readonly host?: number; readonly vm?: number }): void {
    const said = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, said);
    if (said > KEPT) return;
    const { spec, step } = this.#state;
    const { host, vm } = about;
    this.log.push({
      atNs: step * spec.stepNs,
      kind,
      ...(host === undefined ? {} : { host: spec.hosts.names[host]! }),
      ...(vm === undefined ? {} : { vm: spec.vms.names[vm]! }),
      text,
    });
  }
}
