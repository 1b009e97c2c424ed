/**
 * What a run costs and whom it hurts, added up interval by interval.
 *
 *   SLATAH = Σ time short / Σ time on     short: less given than asked for; what moves lose is told by PDM
 *   PDM    = Σ lost while moving / Σ asked for       SLAV = SLATAH · PDM        ESV = energy · SLAV
 *   imbalance = population σ of the loads of hosts that are on
 *
 * Source: facts §3, §10. Cost: O(hosts + VMs) an interval.
 */
import type { PowerUse } from "../policy/balance/policy.ts";
import type { MoveEffects } from "./moves.ts";
import type { ClusterState } from "./state.ts";

const NEAR = 1e-9;

/** Sums over an interval that series show. */
export interface IntervalSums {
  hostsOn: number;
  watts: number;
  demandMhz: number;
  deliveredMhz: number;
  imbalance: number;
  shortHosts: number;
}

export class Accounts {
  readonly #state: ClusterState;
  readonly #power: PowerUse;
  readonly energyJ: Float64Array;
  readonly onNs: Float64Array;
  readonly shortNs: Float64Array;
  readonly downNs: Float64Array;
  readonly loadNs: Float64Array;
  readonly peak: Float64Array;
  /** Load in this interval; −1 off, −2 down. */
  readonly load: Float64Array;
  readonly movesIn: Uint32Array;
  readonly movesOut: Uint32Array;
  readonly vmDemand: Float64Array;
  readonly vmDelivered: Float64Array;
  readonly vmReadyNs: Float64Array;
  readonly vmDownNs: Float64Array;
  readonly vmSteps: Uint32Array;
  readonly vmMoves: Uint32Array;
  readonly #wasOn: Uint8Array;
  asked = 0;
  lostMoving = 0;
  missing = 0;
  downtimeNs = 0;
  shutdowns = 0;
  imbalance = 0;
  thrashedMib = 0;
  readonly sums: IntervalSums = {
    ...{ hostsOn: 0, watts: 0, demandMhz: 0, deliveredMhz: 0, imbalance: 0, shortHosts: 0 },
  };

  constructor(state: ClusterState, power: PowerUse) {
    const { hosts, vms } = state;
    this.#state = state;
    this.#power = power;
    this.energyJ = new Float64Array(hosts);
    this.onNs = new Float64Array(hosts);
    this.shortNs = new Float64Array(hosts);
    this.downNs = new Float64Array(hosts);
    this.loadNs = new Float64Array(hosts);
    this.peak = new Float64Array(hosts);
    this.load = new Float64Array(hosts);
    this.movesIn = new Uint32Array(hosts);
    this.movesOut = new Uint32Array(hosts);
    this.#wasOn = new Uint8Array(hosts);
    this.vmDemand = new Float64Array(vms);
    this.vmDelivered = new Float64Array(vms);
    this.vmReadyNs = new Float64Array(vms);
    this.vmDownNs = new Float64Array(vms);
    this.vmSteps = new Uint32Array(vms);
    this.vmMoves = new Uint32Array(vms);
  }

  /** Adds an interval up; `vmGiven` is lowered by what moves lost, though the host works for it all the same. */
  add(effects: MoveEffects): void {
    const { vmGiven } = this.#state;
    for (const { vm, mhz } of effects.lost) {
      const lost = Math.min(mhz, vmGiven[vm]!);
      vmGiven[vm]! -= lost;
      this.lostMoving += lost;
    }
    this.downtimeNs += effects.downtimeNs;
    this.#addVms();
    this.#addHosts(effects);
  }

  #addVms(): void {
    const { spec, vmHost, vmWanted, vmDemand, vmGiven, vms } = this.#state;
    const { stepNs } = spec;
    const { mhz, vcpus } = spec.vms;
    let [demand, given] = [0, 0];
    for (let vm = 0; vm < vms; vm += 1) {
      if (vmHost[vm]! < 0) {
        if (vmWanted[vm] === 0) continue;
        this.vmDownNs[vm]! += stepNs;
        this.vmSteps[vm]! += 1;
        continue;
      }
      const [asked, got] = [vmDemand[vm]!, vmGiven[vm]!];
      this.vmSteps[vm]! += 1;
      this.vmDemand[vm]! += asked;
      this.vmDelivered[vm]! += got;
      demand += asked;
      given += got;
      // Ready, not running: the part of its vCPUs' time that was asked for and not given.
      if (got < asked) this.vmReadyNs[vm]! += ((asked - got) / mhz[vm]!) * vcpus[vm]! * stepNs;
    }
    this.asked += demand;
    this.missing += demand - given;
    this.sums.demandMhz = demand;
    this.sums.deliveredMhz = given;
  }

  #addHosts({ hostExtraMhz, hostOnPart }: MoveEffects): void {
    const { spec, hosts, hostUp, hostVms, hostGiven, hostDemand, hostKind } = this.#state;
    const { stepNs } = spec;
    const capacity = spec.hosts.mhz;
    const { sums } = this;
    sums.hostsOn = 0;
    sums.watts = 0;
    sums.shortHosts = 0;
    let [load, square] = [0, 0];
    for (let host = 0; host < hosts; host += 1) {
      const hasVms = hostVms[host]! > 0;
      const onPart = this.#onPart(host, hasVms, hostOnPart[host]!);
      if (onPart === 0) {
        this.load[host] = hostUp[host] === 1 ? -1 : -2;
        if (hostUp[host] === 0) this.downNs[host]! += stepNs;
        if (this.#wasOn[host] === 1) this.shutdowns += 1;
        this.#wasOn[host] = 0;
        continue;
      }
      const used = Math.max(0, hostGiven[host]! + hostExtraMhz[host]!);
      // A host that is on for part of the interval carried its load in that part.
      const busy = Math.min(1, used / capacity[host]! / onPart);
      const watts =
        this.#state.watts(hostKind[host]!, (this.#power === "full" ? 1 : busy) * capacity[host]!) * onPart;
      this.energyJ[host]! += (watts * stepNs) / 1e9;
      this.onNs[host]! += stepNs * onPart;
      this.loadNs[host]! += busy * stepNs * onPart;
      if (busy > this.peak[host]!) this.peak[host] = busy;
      this.load[host] = busy;
      if (hostGiven[host]! < hostDemand[host]! * (1 - NEAR)) {
        this.shortNs[host]! += stepNs * onPart;
        sums.shortHosts += 1;
      }
      sums.watts += watts;
      this.#wasOn[host] = onPart === 1 ? 1 : 0;
      if (onPart < 1) this.shutdowns += 1;
      sums.hostsOn += onPart;
      if (!hasVms && this.#power === "off-when-empty") continue;
      load += busy;
      square += busy * busy;
    }
    const count = Math.max(1, Math.round(sums.hostsOn));
    sums.imbalance = Math.sqrt(Math.max(0, square / count - (load / count) * (load / count)));
    this.imbalance += sums.imbalance;
  }

  #onPart(host: number, hasVms: boolean, emptiedPart: number): number {
    if (this.#state.hostUp[host] === 0 && !hasVms) return 0;
    return hasVms || this.#power !== "off-when-empty" ? 1 : emptiedPart;
  }
}
