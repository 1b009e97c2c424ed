/**
 * vCPUs whose guest has more or less to do than before: a list from which the scheduler takes them once the present
 * event has been dealt with, so that a guest's step never finds the processor swapped out below its feet.
 *
 * Cost: O(1).
 */
import {
  setVcpuKickNext,
  setWorldKickHead,
  setWorldKickTail,
  vcpuKickNext,
  worldKickHead,
  worldKickTail,
} from "../layout";
import { NONE } from "./states";

/** Has the scheduler look at a vCPU again: an idle one that got a thread wakes up, a running one gets a new deadline. */
export function kick(vcpu: u32): void {
  if (vcpuKickNext(vcpu) != NONE) return;
  setVcpuKickNext(vcpu, vcpu);
  if (worldKickHead(0) == NONE) setWorldKickHead(0, vcpu);
  else setVcpuKickNext(worldKickTail(0), vcpu);
  setWorldKickTail(0, vcpu);
}

/**
 * Takes the first one off the list.
 *
 * @returns NONE if the list is empty
 */
export function takeKicked(): u32 {
  const vcpu = worldKickHead(0);
  if (vcpu == NONE) return NONE;
  const next = vcpuKickNext(vcpu);
  setWorldKickHead(0, next == vcpu ? NONE : next);
  setVcpuKickNext(vcpu, NONE);
  return vcpu;
}
