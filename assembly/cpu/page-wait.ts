/**
 * A vCPU that waits for a page that its host has paged out (SWPWT): it leaves its pCPU, its thread stays on it.
 *
 *   Run ──waitForPage, seen by turn──▶ Swap ──its event──▶ wakes as from idle
 *
 * Source: esxtop's %SWPWT. Cost: a dispatch.
 */
import { setVcpuSwapUntilNs, vcpuSwapUntilNs } from "../layout";
import { vcpuEvent } from "../events";
import { schedule } from "../queue";
import { deactivate } from "./account";
import { stop } from "./dispatch";
import { State } from "./states";
import { wake } from "./wake";

/** The guest on a running vCPU needs a page that is there at `until`. */
export function waitForPage(vcpu: u32, until: u64): void {
  setVcpuSwapUntilNs(vcpu, max(vcpuSwapUntilNs(vcpu), until));
}

/** Takes a vCPU that waits off its pCPU; false if it does not wait. The pCPU is then between two vCPUs. */
export function leftForPage(pcpu: u32, vcpu: u32, at: u64): bool {
  const until = vcpuSwapUntilNs(vcpu);
  if (until <= at) return false;
  stop(pcpu, State.Swap, at);
  deactivate(vcpu);
  schedule(vcpuEvent(vcpu), until);
  return true;
}

/** The page is there. */
export function pageCame(vcpu: u32, at: u64): void {
  setVcpuSwapUntilNs(vcpu, 0);
  wake(vcpu, at);
}
