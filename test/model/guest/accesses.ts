/**
 * The streams of accesses, naively: which page next, read or write, what a write leaves behind. Draws are the core's
 * own, one SplitMix64 state a stream; zipf streams read the alias table that the world was given.
 */
import type { StreamSpec } from "../../../src/scenario/types.ts";
import type { AliasTable } from "../../../src/sim/zipf.ts";
import { below, mix64, nextState, permute, poolContent } from "../prng.ts";

const MILLION = 1_000_000;
/** 10^-12 accesses earned per ns at one access in 1000 s. */
const ACCESS = 1_000_000_000_000n;

export interface Access {
  /** Page of the VM. */
  readonly page: number;
  /** Absent: a read. `same`: a write that leaves the content as it was. */
  readonly write?: bigint | "same";
}

export interface Pool {
  readonly key: bigint;
  readonly pages: number;
}

export class StreamModel {
  readonly spec: StreamSpec;
  readonly periodNs: number;
  /** Time of the next batch; undefined: none any more. */
  nextNs: number | undefined;
  readonly #pool: Pool;
  readonly #alias: AliasTable | undefined;
  #state: bigint;
  #carry = 0n;
  #position = 0;

  constructor(spec: StreamSpec, state: bigint, pool: Pool, alias: AliasTable | undefined) {
    this.spec = spec;
    this.#state = state;
    this.#pool = pool;
    this.#alias = alias;
    this.periodNs = Math.max(10_000_000, Math.ceil(1e12 / spec.ratePerKs));
    this.#schedule(spec.startNs);
  }

  #schedule(fromNs: number): void {
    const next = fromNs + this.periodNs;
    this.nextNs = next <= (this.spec.stopNs ?? Infinity) ? next : undefined;
  }

  #draw(): bigint {
    this.#state = nextState(this.#state);
    return mix64(this.#state);
  }

  /** So many accesses more, in order, whenever they come. */
  take(count: number): Access[] {
    return Array.from({ length: count }, () => this.#next());
  }

  /** Accesses of the batch that is due, in order. */
  batch(): Access[] {
    this.#schedule(this.nextNs!);
    const earned = this.#carry + BigInt(this.spec.ratePerKs) * BigInt(this.periodNs);
    this.#carry = earned % ACCESS;
    return Array.from({ length: Number(earned / ACCESS) }, () => this.#next());
  }

  #next(): Access {
    const { references, firstPage } = this.spec;
    if (references !== undefined) {
      const reference = references[this.#position]!;
      this.#position = (this.#position + 1) % references.length;
      return this.#access(firstPage + (reference >>> 1), (reference & 1) !== 0);
    }
    const page = this.spec.firstPage + this.#page();
    return this.#access(page, this.#happens(this.spec.writesPpm));
  }

  #access(page: number, write: boolean): Access {
    if (!write) return { page };
    if (this.#happens(this.spec.writesSamePpm)) return { page, write: "same" };
    return { page, write: this.#content() };
  }

  #happens(ppm: number): boolean {
    if (ppm === 0 || ppm === MILLION) return ppm > 0;
    return below(this.#draw(), MILLION) < ppm;
  }

  #page(): number {
    const { pattern, pages } = this.spec;
    if (pattern === "sequential") {
      const page = this.#position;
      this.#position = (page + 1) % pages;
      return page;
    }
    const chosen = this.#draw();
    if (pattern === "uniform") return below(chosen, pages);
    if (pattern === "hot-cold") return this.#hotOrCold(chosen);
    return permute(this.#rank(chosen), pages, 0x2545f4914f6cdd1dn);
  }

  #hotOrCold(chosen: bigint): number {
    const { pages, hotPagesPpm, hotAccessesPpm } = this.spec;
    const hot = Math.max(1, Math.round((pages * hotPagesPpm) / 1e6));
    const isHot = hot === pages || below(chosen, MILLION) < hotAccessesPpm;
    return isHot ? below(mix64(chosen), hot) : hot + below(mix64(chosen), pages - hot);
  }

  #rank(chosen: bigint): number {
    const { cut, other, rank, ranks } = this.#alias!;
    let row = below(chosen, cut.length);
    if (Number(chosen & 0xffff_ffffn) >= cut[row]!) row = other[row]!;
    return rank[row]! + (ranks[row] === 1 ? 0 : below(mix64(chosen), ranks[row]!));
  }

  #content(): bigint {
    const chosen = this.#draw();
    const part = below(chosen, MILLION);
    const { writesZeroPpm, writesCommonPpm } = this.spec;
    if (part < writesZeroPpm) return 0n;
    if (part < writesZeroPpm + writesCommonPpm && this.#pool.pages > 0) {
      return poolContent(this.#pool.key, below(mix64(chosen), this.#pool.pages));
    }
    return mix64(chosen) || 1n;
  }
}
