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
    const { vmSteps, vmDownNs, vmDelivered, vmReadyNs, vmDemand: vmAsked } = this;
    let demand = 0;
    let given = 0;
    for (let vm = 0; vm < vms; vm += 1) {
      if (vmHost[vm]! < 0) {
        if (vmWanted[vm] === 0) continue;
        vmDownNs[vm]! += stepNs;
        vmSteps[vm]! += 1;
        continue;
      }
      const asked = vmDemand[vm]!;
      const got = vmGiven[vm]!;
      vmSteps[vm]! += 1;
      vmAsked[vm]! += asked;
      vmDelivered[vm]! += got;
      demand += asked;
      given += got;
      // Ready, not running: the part of its vCPUs' time that was asked for and not given.
      if (got < asked) vmReadyNs[vm]! += ((asked - got) / mhz[vm]!) * vcpus[vm]! * stepNs;
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
    // Columns and sums at hand: looked up host by host they took longer than the sums themselves.
    const { sums, load: loads, peak, energyJ, onNs, loadNs, shortNs, downNs } = this;
    const state = this.#state;
    const wasOn = this.#wasOn;
    const isFull = this.#power === "full";
    const isOffWhenEmpty = this.#power === "off-when-empty";
    let [hostsOn, watts, shortHosts, shutdowns] = [0, 0, 0, 0];
    let [load, square] = [0, 0];
    for (let host = 0; host < hosts; host += 1) {
      const hasVms = hostVms[host]! > 0;
      const onPart = hasVms ? 1 : hostUp[host] === 0 ? 0 : isOffWhenEmpty ? hostOnPart[host]! : 1;
      if (onPart === 0) {
        loads[host] = hostUp[host] === 1 ? -1 : -2;
        if (hostUp[host] === 0) downNs[host]! += stepNs;
        if (wasOn[host] === 1) shutdowns += 1;
        wasOn[host] = 0;
        continue;
      }
      const used = Math.max(0, hostGiven[host]! + hostExtraMhz[host]!);
      // A host that is on for part of the interval carried its load in that part.
      const busy = Math.min(1, used / capacity[host]! / onPart);
      const drawn = state.watts(hostKind[host]!, (isFull ? 1 : busy) * capacity[host]!) * onPart;
      energyJ[host]! += (drawn * stepNs) / 1e9;
      onNs[host]! += stepNs * onPart;
      loadNs[host]! += busy * stepNs * onPart;
      if (busy > peak[host]!) peak[host] = busy;
      loads[host] = busy;
      if (hostGiven[host]! < hostDemand[host]! * (1 - NEAR)) {
        shortNs[host]! += stepNs * onPart;
        shortHosts += 1;
      }
      watts += drawn;
      wasOn[host] = onPart === 1 ? 1 : 0;
      if (onPart < 1) shutdowns += 1;
      hostsOn += onPart;
      if (!hasVms && isOffWhenEmpty) continue;
      load += busy;
      square += busy * busy;
    }
    this.shutdowns += shutdowns;
    sums.hostsOn = hostsOn;
    sums.watts = watts;
    sums.shortHosts = shortHosts;
    const count = Math.max(1, Math.round(sums.hostsOn));
    sums.imbalance = Math.sqrt(Math.max(0, square / count - (load / count) * (load / count)));
    this.imbalance += sums.imbalance;
  }
}
