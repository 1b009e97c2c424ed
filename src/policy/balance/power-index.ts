/**
 * Finds the host whose power grows least by a VM more, without looking at every host.
 *
 *   gain = P(load + d) − P(load); for a host that is off P(d) − 0
 *
 * Hosts in use stand in buckets by kind and load, 1 % wide. Within a bucket power is a straight line before the VM comes, and
 * one or two behind, so the least gain of a bucket lies at its ends or at the decile that `load + d` crosses. Buckets are
 * looked at from the least gain on, hosts of a bucket in the order in which they came, until no other can be better.
 * Of equals the fuller bucket goes first.
 *
 * Here, unlike in CloudSim, a host that is off costs its idle power too, and planned moves count for the hosts they go to.
 *
 * Source: "power-aware best fit decreasing", Beloglazov & Buyya; facts §10. Cost: O(kinds × 100 + hosts looked at) a VM.
 */
import type { ClusterPlan } from "./plan.ts";

const BUCKETS = 101;
const NEAR = 1e-9;
/** Hosts that are looked at in vain for one VM, at most. */
const LOOKS_MAX = 256;

interface Kind {
  readonly kind: number;
  readonly mhz: number;
  readonly pcpuMhz: number;
  readonly buckets: number[][];
  /** Hosts that are off, the lowest last. */
  readonly off: number[];
  /** Least gain of each bucket, while one VM is placed. */
  readonly gains: Float64Array;
  /** Watts at the lower end of each bucket, and of one behind the last. */
  readonly edges: Float64Array;
  /** No host of a bucket has more free memory than this. */
  readonly room: Float64Array;
}

/** What `find` returns for want of a host. */
export const NO_HOST = -1;

export class PowerIndex {
  readonly #plan: ClusterPlan;
  readonly #kinds: Kind[] = [];
  readonly #kindOf = new Map<number, Kind>();

  /** @param takes  whether a host may be chosen at all */
  constructor(plan: ClusterPlan, takes: (host: number) => boolean, withOff: boolean) {
    this.#plan = plan;
    const { view } = plan;
    for (let host = view.hosts - 1; host >= 0; host -= 1) {
      if (view.hostUp[host] === 0 || !takes(host)) continue;
      const kind = this.#kind(host);
      if (plan.lists[host]!.length > 0) this.insert(host);
      else if (withOff) kind.off.push(host);
    }
    for (const { buckets } of this.#kinds) for (const bucket of buckets) bucket.reverse();
  }

  #kind(host: number): Kind {
    const { hostKind, hostMhz, hostPcpuMhz } = this.#plan.view;
    const number = hostKind[host]!;
    const known = this.#kindOf.get(number);
    if (known !== undefined) return known;
    const made: Kind = {
      kind: number,
      mhz: hostMhz[host]!,
      pcpuMhz: hostPcpuMhz[host]!,
      buckets: Array.from({ length: BUCKETS }, () => []),
      off: [],
      gains: new Float64Array(BUCKETS),
      edges: Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) =>
        this.#plan.view.watts(number, (bucket / 100) * hostMhz[host]!),
      ),
      room: new Float64Array(BUCKETS),
    };
    this.#kindOf.set(number, made);
    this.#kinds.push(made);
    return made;
  }

  #bucket(kind: Kind, host: number): number {
    const part = this.#plan.load[host]! / kind.mhz;
    return Math.min(BUCKETS - 1, Math.floor(part * 100 + NEAR));
  }

  insert(host: number): void {
    const kind = this.#kind(host);
    const bucket = this.#bucket(kind, host);
    kind.buckets[bucket]!.push(host);
    kind.room[bucket] = Math.max(kind.room[bucket]!, this.#plan.freeMib(host));
  }

  /** Before its load changes. @returns whether it was there */
  remove(host: number): boolean {
    const kind = this.#kind(host);
    const bucket = kind.buckets[this.#bucket(kind, host)]!;
    const at = bucket.indexOf(host);
    if (at >= 0) bucket.splice(at, 1);
    else if (kind.off.at(-1) === host) kind.off.pop();
    else return false;
    return true;
  }

  /**
   * The host for a VM.
   *
   * @param bound  no host may be fuller than this part of it
   * @param fits   the last word
   * @returns      `NO_HOST` if none takes it
   */
  find(vm: number, bound: number, fits: (host: number) => boolean): number {
    const demand = this.#plan.view.vmDemandMhz[vm]!;
    const need = this.#plan.view.vmMemoryMib[vm]!;
    for (const kind of this.#kinds) this.#gains(kind, demand, need, Math.min(bound, 1));
    let looks = 0;
    for (;;) {
      const [kind, bucket] = this.#best();
      if (kind === undefined || looks >= LOOKS_MAX) return this.#findOff(demand, fits);
      kind.gains[bucket] = Number.POSITIVE_INFINITY;
      let most = 0;
      let isWhole = true;
      for (const host of kind.buckets[bucket]!) {
        const free = this.#plan.freeMib(host);
        if (free > most) most = free;
        if ((need > 0 && free < need) || this.#plan.load[host]! + demand > bound * kind.mhz * (1 + NEAR))
          continue;
        if (fits(host)) return host;
        looks += 1;
        if (looks < LOOKS_MAX) continue;
        isWhole = false;
        break;
      }
      if (isWhole) kind.room[bucket] = most;
    }
  }

  #gains(
    { kind, mhz, buckets, gains, edges, room }: Kind,
    demand: number,
    need: number,
    bound: number,
  ): void {
    const { view } = this.#plan;
    const top = bound * mhz * (1 + NEAR) - demand;
    const width = mhz / 100;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const low = bucket * width;
      if (low > top || buckets[bucket]!.length === 0 || (need > 0 && room[bucket]! < need)) {
        gains[bucket] = Number.POSITIVE_INFINITY;
        continue;
      }
      const high = low + width;
      const after = view.watts(kind, low + demand);
      let least = after - edges[bucket]!;
      // Power before the VM comes rises evenly within a bucket, power after it may bend at one decile.
      const place = ((low + demand) * 10) / mhz;
      const decile = (Math.ceil(place) / 10) * mhz - demand;
      if (high <= top) least = Math.min(least, view.watts(kind, high + demand) - edges[bucket + 1]!);
      else least = Math.min(least, view.watts(kind, top + demand) - view.watts(kind, top));
      if (decile > low && decile < high && decile <= top)
        least = Math.min(least, view.watts(kind, decile + demand) - view.watts(kind, decile));
      gains[bucket] = least;
    }
  }

  #best(): [Kind | undefined, number] {
    let found: Kind | undefined;
    let at = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const kind of this.#kinds) {
      for (let bucket = BUCKETS - 1; bucket >= 0; bucket -= 1) {
        if (!(kind.gains[bucket]! < least - NEAR)) continue;
        found = kind;
        at = bucket;
        least = kind.gains[bucket]!;
      }
    }
    return [found, at];
  }

  /** Hosts that are off, when those in use have no room: of the kind that comes to draw least. */
  #findOff(demand: number, fits: (host: number) => boolean): number {
    let best = NO_HOST;
    let least = Number.POSITIVE_INFINITY;
    for (const { kind, mhz, off } of this.#kinds) {
      if (off.length === 0 || demand > mhz) continue;
      const watts = this.#plan.view.watts(kind, demand);
      if (!(watts < least)) continue;
      for (let at = off.length - 1; at >= Math.max(0, off.length - LOOKS_MAX); at -= 1) {
        if (!fits(off[at]!)) continue;
        best = off[at]!;
        least = watts;
        break;
      }
    }
    return best;
  }

  /** Takes a host that is off out of that list, however deep it stands. */
  takeOff(host: number): void {
    const { off } = this.#kind(host);
    const at = off.lastIndexOf(host);
    if (at >= 0) off.splice(at, 1);
  }
}
