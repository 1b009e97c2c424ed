/**
 * The scheduler of one pCPU in plain words and big integers: virtual time, nested pools, quantum, wake-up preemption and
 * limits, for VMs of one vCPU that run and sleep. It looks at every client for every decision.
 */

import { type ClientModel, least, Node, type VmModel } from "./scheduler-tree.ts";

export interface SchedulerModelOptions {
  readonly pools: readonly ClientModel[];
  readonly vms: readonly VmModel[];
  readonly quantumNs: number;
  readonly lagQuanta: number;
  readonly periodNs: number;
  /** Limits are handed out in parts of this. */
  readonly grantNs: number;
  /** Absent: who wakes up waits. */
  readonly wakeMarginNs?: number;
}

/** One change of state: 1 runs, 2 ready, 4 idle. */
export interface Change {
  readonly at: number;
  readonly vm: number;
  readonly state: number;
}

const SCALE = 4096n;
const FARTHEST = 1n << 43n;
const RUN = 1;
const READY = 2;
const IDLE = 4;

interface Guest {
  readonly leaf: Node;
  readonly spec: VmModel;
  state: number;
  work: bigint;
  wakeAt: bigint | undefined;
}

export class SchedulerModel {
  readonly changes: Change[] = [];
  readonly #given: SchedulerModelOptions;
  readonly #root = new Node(1, undefined, undefined);
  /** Breadth first, siblings by name: the order in which they are refilled. */
  readonly #nodes: Node[] = [];
  readonly #guests: Guest[] = [];
  readonly #lag: bigint;
  #now = 0n;
  #running: Guest | undefined;
  #settledAt = 0n;
  #sliceEnd = 0n;
  #grant: bigint | undefined;
  #due: bigint | undefined;
  #queued = 0;

  constructor(given: SchedulerModelOptions) {
    this.#given = given;
    this.#lag = BigInt(given.lagQuanta * given.quantumNs);
    this.#build();
  }

  #build(): void {
    const { pools, vms } = this.#given;
    const entries = [
      ...pools.map((spec, pool) => ({ spec, pool, vm: undefined as number | undefined })),
      ...vms.map((spec, vm) => ({ spec: spec as ClientModel, pool: undefined as number | undefined, vm })),
    ].sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
    const grow = (group: Node, own: number | undefined): [Node, number | undefined][] =>
      entries
        .filter(({ spec }) => spec.pool === own)
        .map(({ spec, pool, vm }) => {
          const node = new Node(spec.shares, spec.quotaNs, group);
          group.children.push(node);
          this.#nodes.push(node);
          if (vm !== undefined) this.#grow(node, vm);
          return [node, pool];
        });
    let level: [Node, number | undefined][] = [[this.#root, undefined]];
    while (level.length > 0) {
      level = level.flatMap(([node, pool]) => grow(node, pool)).filter(([, pool]) => pool !== undefined);
    }
  }

  #grow(node: Node, vm: number): void {
    const leaf = new Node(1000, undefined, node, vm);
    node.children.push(leaf);
    const spec = this.#given.vms[vm]!;
    this.#guests[vm] = { leaf, spec, state: 0, work: 0n, wakeAt: BigInt(spec.startNs) };
  }

  /** Runs to a time, what is due then included. */
  runTo(untilNs: number): void {
    for (;;) {
      const times = [
        ...this.#guests.map(({ wakeAt }) => wakeAt),
        ...this.#nodes.map(({ refillAt }) => refillAt),
        this.#due,
      ].filter((at): at is bigint => at !== undefined);
      if (times.length === 0) return;
      const at = times.reduce(least);
      if (at > BigInt(untilNs)) return;
      this.#now = at;
      this.#happen(at);
    }
  }

  /** One event of a time: power-ons by name, then sleepers, refills, the pCPU. */
  #happen(at: bigint): void {
    const isDue = ({ wakeAt }: Guest): boolean => wakeAt === at;
    const off = this.#guests
      .filter((guest) => guest.state === 0 && isDue(guest))
      .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))[0];
    if (off !== undefined) {
      this.#powerOn(off);
      return;
    }
    const sleeper = this.#guests.find(isDue);
    if (sleeper !== undefined) {
      this.#wake(sleeper);
      return;
    }
    const throttled = this.#nodes.find(({ refillAt }) => refillAt === at);
    if (throttled !== undefined) {
      this.#refill(throttled);
      return;
    }
    this.#due = undefined;
    this.#turn();
  }

  #powerOn(guest: Guest): void {
    const { leaf } = guest;
    for (const node of [leaf.parent!, leaf]) {
      node.vtime = node.parent!.clock;
      node.rest = 0n;
    }
    this.#enter(guest, IDLE);
    this.#wake(guest);
  }

  #enter(guest: Guest, state: number): void {
    guest.state = state;
    this.changes.push({ at: Number(this.#now), vm: guest.leaf.vm!, state });
  }

  #wake(guest: Guest): void {
    guest.wakeAt = undefined;
    guest.work = BigInt(guest.spec.runNs);
    for (const node of guest.leaf.up()) {
      node.active += 1;
      if (node.active === 1) this.#rejoin(node);
    }
    this.#enter(guest, READY);
    const isLimited = [...guest.leaf.up()].some(({ throttled }) => throttled);
    if (this.#running === undefined && !isLimited) {
      if (!this.#start(guest)) this.#enqueue(guest);
      return;
    }
    const other = this.#running;
    const { wakeMarginNs } = this.#given;
    if (other !== undefined && wakeMarginNs !== undefined) {
      this.#settle();
      if (this.#behind(guest.leaf, other.leaf) > BigInt(wakeMarginNs)) {
        this.#enqueue(guest);
        this.#preempt();
        this.#fill();
        return;
      }
    }
    this.#enqueue(guest);
  }

  /** A sleeper comes back at most the group's lag behind its clock. */
  #rejoin(node: Node): void {
    const group = node.parent;
    if (group === undefined) return;
    const sum = group.children.reduce((total, { shares }) => total + shares, 0n);
    const lag = least(((this.#lag * SCALE) / sum) * BigInt(group.children.length), FARTHEST);
    const floor = group.clock - least(group.clock, lag);
    if (node.vtime < floor) node.vtime = floor;
  }

  /** Service that one is behind the other, where their paths part. */
  #behind(a: Node, b: Node): bigint {
    const above = new Set(b.up());
    const one = [...a.up()].find(({ parent }) => above.has(parent!))!;
    const other = [...b.up()].find(({ parent }) => parent === one.parent)!;
    const gap = other.vtime - one.vtime;
    if (gap <= 0n) return 0n;
    return gap >= FARTHEST ? this.#lag + 1n : (gap * one.shares) / SCALE;
  }

  #enqueue(guest: Guest): void {
    this.#queued += 1;
    this.#seat(guest.leaf);
  }

  #seat(from: Node): void {
    for (const node of from.up()) {
      const group = node.parent;
      if (group === undefined || node.throttled) return;
      const had = group.holds;
      node.seated = true;
      if (had) return;
    }
  }

  #dequeue(guest: Guest): void {
    this.#queued -= 1;
    for (const node of guest.leaf.up()) {
      node.seated = false;
      if (node.parent === undefined || node.parent.holds) return;
    }
  }

  /** From the root down the child with the least virtual time, ties to the first by name. */
  #pick(): Guest | undefined {
    let group = this.#root;
    for (;;) {
      for (const child of group.children) if (child.throttled) child.seated = false;
      const seated = group.children.filter((child) => child.seated);
      if (seated.length === 0) {
        if (group === this.#root) return undefined;
        group.seated = false;
        group = this.#root;
        continue;
      }
      const child = seated.reduce((best, one) => (one.vtime < best.vtime ? one : best));
      if (child.vtime > group.clock) group.clock = child.vtime;
      if (child.vm !== undefined) return this.#guests[child.vm]!;
      group = child;
    }
  }

  #fill(): void {
    for (;;) {
      const guest = this.#pick();
      if (guest === undefined) {
        this.#due = undefined;
        return;
      }
      this.#dequeue(guest);
      if (this.#start(guest)) return;
      this.#enqueue(guest);
    }
  }

  #start(guest: Guest): boolean {
    const grant = this.#takeGrant(guest);
    if (grant === 0n) return false;
    this.#enter(guest, RUN);
    this.#running = guest;
    this.#grant = grant;
    this.#settledAt = this.#now;
    this.#sliceEnd = this.#now + BigInt(this.#given.quantumNs);
    this.#project();
    return true;
  }

  #project(): void {
    const times = [this.#sliceEnd, this.#now + this.#running!.work];
    if (this.#grant !== undefined) times.push(this.#now + this.#grant);
    this.#due = times.reduce(least);
  }

  #settle(): void {
    const guest = this.#running!;
    const used = this.#now - this.#settledAt;
    this.#settledAt = this.#now;
    if (used === 0n) return;
    guest.work -= used;
    if (this.#grant !== undefined) this.#grant -= used;
    for (const node of guest.leaf.up()) {
      const group = node.parent;
      if (group === undefined) return;
      const total = used * SCALE + node.rest;
      node.vtime += total / node.shares;
      node.rest = total % node.shares;
      const slack = least(
        (this.#lag * SCALE) / group.children.map(({ shares }) => shares).reduce(least),
        FARTHEST,
      );
      if (node.vtime + slack < group.clock) node.vtime = group.clock - slack;
    }
  }

  #leave(state: number): Guest {
    const guest = this.#running!;
    this.#giveBack(guest);
    this.#enter(guest, state);
    this.#running = undefined;
    this.#due = undefined;
    return guest;
  }

  #preempt(): void {
    this.#settle();
    this.#enqueue(this.#leave(READY));
  }

  #turn(): void {
    this.#settle();
    const guest = this.#running!;
    if (guest.work === 0n) {
      if (guest.spec.sleepNs !== undefined) {
        guest.wakeAt = this.#now + BigInt(guest.spec.sleepNs);
        this.#leave(IDLE);
        for (const node of guest.leaf.up()) node.active -= 1;
        this.#fill();
        return;
      }
      guest.work = BigInt(guest.spec.runNs);
    }
    if (this.#grant === 0n) {
      this.#grant = this.#takeGrant(guest);
      if (this.#grant === 0n) {
        this.#enqueue(this.#leave(READY));
        this.#fill();
        return;
      }
    }
    if (this.#now >= this.#sliceEnd) {
      if (this.#queued > 0) {
        this.#preempt();
        this.#fill();
        return;
      }
      this.#sliceEnd = this.#now + BigInt(this.#given.quantumNs);
      for (const node of guest.leaf.up()) {
        const group = node.parent;
        if (group !== undefined && node.vtime > group.clock) group.clock = node.vtime;
      }
    }
    this.#project();
  }

  #limitsOf(guest: Guest): Node[] {
    return [...guest.leaf.up()].filter(({ quota }) => quota !== undefined);
  }

  #budgetOf(node: Node): bigint {
    const period = this.#now / BigInt(this.#given.periodNs);
    if (period !== node.period) {
      node.period = period;
      node.budget = node.quota!;
    }
    return node.budget;
  }

  /** A part of every budget above; undefined: nobody limits; 0: one is spent, its client waits for the next period. */
  #takeGrant(guest: Guest): bigint | undefined {
    const limits = this.#limitsOf(guest);
    if (limits.length === 0) return undefined;
    let grant = BigInt(this.#given.grantNs);
    for (const node of limits) {
      if (node.throttled) return 0n;
      const budget = this.#budgetOf(node);
      if (budget === 0n) {
        node.throttled = true;
        node.remain = node.vtime - node.parent!.clock;
        const period = BigInt(this.#given.periodNs);
        node.refillAt = (this.#now / period + 1n) * period;
        return 0n;
      }
      grant = least(grant, budget);
    }
    for (const node of limits) node.budget -= grant;
    return grant;
  }

  #giveBack(guest: Guest): void {
    if (this.#grant === undefined || this.#grant === 0n) return;
    const period = this.#now / BigInt(this.#given.periodNs);
    for (const node of this.#limitsOf(guest)) {
      if (node.period === period) node.budget = least(node.budget + this.#grant, node.quota!);
    }
  }

  #refill(node: Node): void {
    node.refillAt = undefined;
    this.#budgetOf(node);
    node.throttled = false;
    const vtime = node.parent!.clock + node.remain;
    if (vtime > node.vtime) node.vtime = vtime;
    if (node.holds) this.#seat(node);
    if (this.#running === undefined) this.#fill();
  }
}
