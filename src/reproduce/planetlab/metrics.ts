/**
 * What the day cost and whom it hurt, added up while it runs.
 *
 *   SLATAH = Σ time with less given than asked for / Σ time on, over all hosts
 *   PDM    = Σ not given while on the move / Σ asked for, in MIPS seconds, over all VMs
 *   SLAV   = SLATAH · PDM
 *
 * A state counts from when it was last set at a time to when another time's is set.
 *
 * Source: facts §10, "Metrics". Cost: O(1) a host or VM and look.
 */
import type { Fleet } from "./fleet.ts";

/** Places of `#sums`. */
const [ON_S, SHORT_S, ASKED, GIVEN, LOST_MOVING, SHORTFALLS] = [0, 1, 2, 3, 4, 5] as const;

export class Metrics {
  readonly #hostAt: Float64Array;
  readonly #hostGiven: Float64Array;
  readonly #hostAsked: Float64Array;
  readonly #hostOn: Uint8Array;
  readonly #hostWasOn: Uint8Array;
  readonly #vmAt: Float64Array;
  readonly #vmGiven: Float64Array;
  readonly #vmAsked: Float64Array;
  readonly #vmMoves: Uint8Array;
  /** Numbers of an array stay where they are; those of an object are made anew at every change. */
  readonly #sums = new Float64Array(6);
  #shortfallCount = 0;
  shutdowns = 0;

  constructor({ hosts, vms }: Fleet) {
    this.#hostAt = new Float64Array(hosts.length).fill(-1);
    this.#hostGiven = new Float64Array(hosts.length);
    this.#hostAsked = new Float64Array(hosts.length);
    this.#hostOn = new Uint8Array(hosts.length);
    // Every host counts as on before the first look, so one that is never used counts as shut down.
    this.#hostWasOn = new Uint8Array(hosts.length).fill(1);
    this.#vmAt = new Float64Array(vms).fill(-1);
    this.#vmGiven = new Float64Array(vms);
    this.#vmAsked = new Float64Array(vms);
    this.#vmMoves = new Uint8Array(vms);
  }

  host(id: number, atS: number, used: number, asked: number): void {
    if (this.#hostAt[id] !== atS) this.#endHost(id, atS);
    this.#hostGiven[id] = used;
    this.#hostAsked[id] = asked;
    this.#hostOn[id] = used > 0 ? 1 : 0;
  }

  #endHost(id: number, atS: number): void {
    const since = this.#hostAt[id]!;
    this.#hostAt[id] = atS;
    if (since === -1) return;
    this.#countShutdown(id);
    if (this.#hostOn[id] === 0) return;
    this.#sums[ON_S]! += atS - since;
    if (this.#hostGiven[id]! < this.#hostAsked[id]!) this.#sums[SHORT_S]! += atS - since;
  }

  #countShutdown(id: number): void {
    if (this.#hostWasOn[id] === 1 && this.#hostOn[id] === 0) this.shutdowns += 1;
    this.#hostWasOn[id] = this.#hostOn[id]!;
  }

  vm(vm: number, atS: number, given: number, asked: number, isMoving: number): void {
    if (this.#vmAt[vm] !== atS) this.#endVm(vm, atS);
    this.#vmGiven[vm] = given;
    this.#vmAsked[vm] = asked;
    this.#vmMoves[vm] = isMoving;
  }

  #endVm(vm: number, atS: number): void {
    const since = this.#vmAt[vm]!;
    this.#vmAt[vm] = atS;
    if (since === -1) return;
    const given = this.#vmGiven[vm]!;
    const asked = this.#vmAsked[vm]!;
    const time = atS - since;
    this.#sums[GIVEN]! += given * time;
    this.#sums[ASKED]! += asked * time;
    if (!(given < asked)) return;
    this.#sums[SHORTFALLS]! += (asked - given) / asked;
    this.#shortfallCount += 1;
    if (this.#vmMoves[vm] === 1) this.#sums[LOST_MOVING]! += (asked - given) * time;
  }

  /** The sums; no look comes after it. */
  finish() {
    for (let id = 0; id < this.#hostOn.length; id += 1) if (this.#hostAt[id] !== -1) this.#countShutdown(id);
    const [onS = 0, shortS = 0, asked = 0, given = 0, lostMoving = 0, shortfalls = 0] = this.#sums;
    const slatah = onS > 0 ? shortS / onS : 0;
    const pdm = asked > 0 ? lostMoving / asked : 0;
    const overall = asked > 0 ? (asked - given) / asked : 0;
    const average = this.#shortfallCount > 0 ? shortfalls / this.#shortfallCount : 0;
    return { slatah, pdm, slav: slatah * pdm, overall, average, hostShutdowns: this.shutdowns };
  }
}
