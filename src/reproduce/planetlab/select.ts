/**
 * Which VM leaves an overloaded host first.
 *
 *   mmt  least memory (shortest migration)      mu  least use of its own MIPS
 *   rs   any                                    mc  the one that the others tell most about: largest R² of a
 *                                                   regression of its history on theirs
 *
 * VMs on their way already are left alone. Source: facts §10, "Selection". Cost: O(VMs); mc O(VMs³ × history).
 */
import { rSquared } from "../../policy/balance/regression.ts";
import type { Fleet, Host } from "./fleet.ts";

/** Row of the VM to leave; undefined if none may. */
export type Selector = (fleet: Fleet, host: Host) => number | undefined;

function least(fleet: Fleet, host: Host, measure: (vm: number) => number): number | undefined {
  let best: number | undefined;
  let lowest = Number.MAX_VALUE;
  for (const vm of host.vms) {
    if (fleet.isMoving[vm] === 1) continue;
    const value = measure(vm);
    if (value < lowest) {
      best = vm;
      lowest = value;
    }
  }
  return best;
}

const shortestMove: Selector = (fleet, host) => least(fleet, host, (vm) => fleet.ram[vm]!);
const leastUsed: Selector = (fleet, host) => least(fleet, host, (vm) => fleet.asked[vm]! / fleet.mips[vm]!);

const mostCorrelated: Selector = (fleet, host) => {
  const vms = host.vms.filter((vm) => fleet.isMoving[vm] === 0);
  if (vms.length === 0) return undefined;
  const histories = vms.map((vm) => {
    return Float64Array.from({ length: fleet.recorded }, (_, back) => fleet.pastRow(back)[vm]!);
  });
  let best = 0;
  let highest = Number.MIN_VALUE;
  for (let i = 0; i < vms.length; i += 1) {
    const others = histories.filter((_, j) => j !== i);
    const value = rSquared(histories[i]!, others);
    // Too few values for so many VMs, or VMs that tell the same: the shortest migration decides.
    if (value === undefined) return shortestMove(fleet, host);
    if (value > highest) {
      best = i;
      highest = value;
    }
  }
  return vms[best]!;
};

/** A generator of its own, so that a seed gives the same day anywhere: xorshift32. */
function anyOf(seed: number): Selector {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  return (fleet, host) => {
    const vms = host.vms.filter((vm) => fleet.isMoving[vm] === 0);
    if (vms.length === 0) return undefined;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return vms[Math.floor(((state >>> 0) / 2 ** 32) * vms.length)]!;
  };
}

/** Selectors by name; the seed is that of `rs`. */
export const SELECTORS: Readonly<Record<string, (seed: number) => Selector>> = {
  mmt: () => shortestMove,
  mu: () => leastUsed,
  mc: () => mostCorrelated,
  rs: anyOf,
};
