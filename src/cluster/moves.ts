/**
 * Moves: how long each takes, what it costs, and where the VM counts meanwhile.
 *
 *   half-link   memory / (link / 2); the VM loses a tenth of what it asks for, the target already gives it a tenth
 *   pre-copy    `migrationCost`: rounds over what the VM writes; moves that leave or reach a host at once share its link
 *
 * A move that ends within the interval counts at the source for its part of the interval and at the target for the rest; a
 * longer one stays at the source until the interval in which it ends.
 *
 * Source: facts §1.5, §10. Cost: O(moves).
 */
import { migrationCost } from "../migrate/cost.ts";
import type { ClusterState } from "./state.ts";

const MIB = 1 << 20;
/** Where memory is not known a move still takes its time: a guest of 1 GiB. */
const UNKNOWN_MIB = 1024;
const HALF_LINK_LOSS = 0.1;

/** What began in an interval or goes on in it. */
export interface FlowingMove {
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  readonly beganStep: number;
  readonly totalNs: number;
  readonly downtimeNs: number;
  /** Part of the VM's demand lost while it lasts. */
  readonly loss: number;
  /** MHz that it takes on each host while it lasts. */
  readonly overheadMhz: readonly [from: number, to: number];
  readonly converged: boolean;
}

/** What moves did to hosts and VMs in one interval; MHz are means over it. */
export interface MoveEffects {
  /** Load that counts here instead of where the VM is by the columns, and overhead. */
  readonly hostExtraMhz: Float64Array;
  /** Part of the interval that a host is on although it has no VM any more. */
  readonly hostOnPart: Float64Array;
  /** Moves and what they lost, of this interval. */
  readonly lost: { vm: number; mhz: number }[];
  downtimeNs: number;
  movingNs: number;
}

/** A move on its way. */
interface Open {
  readonly move: FlowingMove;
  readonly leftNs: number;
}

export class Moves {
  readonly #state: ClusterState;
  #open: Open[] = [];
  readonly effects: MoveEffects;
  begun = 0;

  constructor(state: ClusterState) {
    this.#state = state;
    this.effects = {
      hostExtraMhz: new Float64Array(state.hosts),
      hostOnPart: new Float64Array(state.hosts),
      lost: [],
      downtimeNs: 0,
      movingNs: 0,
    };
  }

  /** Starts moves of an interval together. */
  begin(wanted: readonly { readonly vm: number; readonly to: number }[]): FlowingMove[] {
    const crowd = new Map<number, number>();
    const count = (key: number): void => void crowd.set(key, (crowd.get(key) ?? 0) + 1);
    for (const { vm, to } of wanted) {
      count(this.#state.vmHost[vm]! * 2);
      count(to * 2 + 1);
    }
    return wanted.map(({ vm, to }) => {
      const from = this.#state.vmHost[vm]!;
      const move = this.#cost(vm, from, to, Math.max(crowd.get(from * 2)!, crowd.get(to * 2 + 1)!));
      this.#state.vmMoving[vm] = 1;
      this.#open.push({ move, leftNs: move.totalNs });
      this.begun += 1;
      return move;
    });
  }

  #cost(vm: number, from: number, to: number, sharing: number): FlowingMove {
    const { spec, vmConsumedMib, vmActiveMib, vmDemand, step } = this.#state;
    const { linkBytesPerS, pcpuMhz } = spec.hosts;
    const memoryBytes = (vmConsumedMib[vm]! > 0 ? vmConsumedMib[vm]! : UNKNOWN_MIB) * MIB;
    const link = Math.min(linkBytesPerS[from]!, linkBytesPerS[to]!);
    const base = { vm, from, to, beganStep: step };
    if (spec.moves.kind === "half-link") {
      const totalNs = Math.round((memoryBytes / MIB / (link / 2e6)) * 1e9);
      const early = vmDemand[vm]! * 0.1;
      return {
        ...base,
        totalNs,
        downtimeNs: 0,
        loss: HALF_LINK_LOSS,
        overheadMhz: [0, early],
        converged: true,
      };
    }
    const dirty = Math.max(0, vmActiveMib[vm]!) * MIB * spec.moves.dirtyPartPerS;
    const cost = migrationCost({
      memoryBytes,
      bytesPerS: link / sharing,
      dirtyBytesPerS: dirty,
      workingSetBytes: Math.max(0, vmActiveMib[vm]!) * MIB,
    });
    const mhz = [cost.hostCores * pcpuMhz[from]!, cost.hostCores * pcpuMhz[to]!] as const;
    const { totalNs, downtimeNs, cpuLoss: loss, converged } = cost;
    return { ...base, totalNs, downtimeNs, loss, overheadMhz: mhz, converged };
  }

  /** Lets an interval's worth of moving happen; those that end change hosts. */
  advance(): MoveEffects {
    const { spec, vmDemand, hostVms } = this.#state;
    const { hostExtraMhz, hostOnPart, lost } = this.effects;
    hostExtraMhz.fill(0);
    hostOnPart.fill(0);
    lost.length = 0;
    this.effects.downtimeNs = 0;
    this.effects.movingNs = 0;
    const open: Open[] = [];
    for (const { move, leftNs } of this.#open) {
      const { vm, from, to } = move;
      const spent = Math.min(leftNs, spec.stepNs);
      const part = spent / spec.stepNs;
      hostExtraMhz[from]! += move.overheadMhz[0] * part;
      hostExtraMhz[to]! += move.overheadMhz[1] * part;
      lost.push({ vm, mhz: vmDemand[vm]! * move.loss * part });
      this.effects.movingNs += spent;
      if (leftNs > spec.stepNs) {
        open.push({ move, leftNs: leftNs - spec.stepNs });
        continue;
      }
      this.effects.downtimeNs += move.downtimeNs;
      hostExtraMhz[from]! += vmDemand[vm]! * part;
      hostExtraMhz[to]! -= vmDemand[vm]! * part;
      this.#state.vmMoving[vm] = 0;
      this.#state.put(vm, to);
      if (hostVms[from] === 0) hostOnPart[from] = Math.max(hostOnPart[from]!, part);
    }
    this.#open = open;
    return this.effects;
  }

  /** Drops the moves of a VM, or from and to a host: it failed, or the VM is gone. */
  drop(isGone: (move: FlowingMove) => boolean): void {
    this.#open = this.#open.filter(({ move }) => {
      if (!isGone(move)) return true;
      this.#state.vmMoving[move.vm] = 0;
      return false;
    });
  }

  /** Memory on its way to each host, MiB; undefined: none at all. */
  incomingMib(): Float64Array | undefined {
    if (this.#open.length === 0) return undefined;
    const mib = new Float64Array(this.#state.hosts);
    for (const { move } of this.#open) mib[move.to]! += this.#state.vmConsumedMib[move.vm]!;
    return mib;
  }

  get open(): readonly FlowingMove[] {
    return this.#open.map(({ move }) => move);
  }
}
