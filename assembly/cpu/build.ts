/** What the columns of a new world imply for its processors: nobody runs, nobody is queued. Cost: O(rows), at boot. */
import {
  clientChildren,
  clientCount,
  pcpuCount,
  seatCount,
  setPcpuStolenVm,
  setPcpuVcpu,
  setVcpuKickNext,
  setVcpuSpinUntilNs,
  setVcpuTask,
  setWorldKickHead,
  setWorldKickTail,
  setWorldReserving,
  vcpuCount,
  worldTagging,
} from "../layout";
import { NEVER } from "../queue";
import { markIdle } from "./idle";
import { buildRunQueues } from "./run-queue";
import { NONE } from "./states";
import { updateSlack } from "./vtime";

export function buildProcessors(): void {
  if (pcpuCount() == 0) return;
  setWorldKickHead(0, NONE);
  setWorldKickTail(0, NONE);
  buildRunQueues(0, seatCount());
  for (let pcpu: u32 = 0; pcpu < pcpuCount(); ++pcpu) {
    setPcpuVcpu(pcpu, NONE);
    setPcpuStolenVm(pcpu, NONE);
    markIdle(pcpu);
  }
  // Where all hosts go by entitlements these say who has tags.
  if (worldTagging(0) == 0) setWorldReserving(0, 0);
  for (let client: u32 = 0; client < clientCount(); ++client) {
    if (clientChildren(client) > 0) updateSlack(client);
  }
  for (let vcpu: u32 = 0; vcpu < vcpuCount(); ++vcpu) {
    setVcpuKickNext(vcpu, NONE);
    setVcpuTask(vcpu, NONE);
    setVcpuSpinUntilNs(vcpu, NEVER);
  }
}
