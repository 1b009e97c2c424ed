/**
 * The scheduler's decisions alone, for their bench: the vCPU that runs is charged a quantum and goes back to its run queue,
 * whoever is due comes out and runs, over and over. It stands in the core so that the bench drives the very run queues
 * and accounts that `advance` drives, compiled with them, and times nothing else.
 */
import { pcpuVcpu, setPcpuVcpu, vcpuClient, worldNow } from "../layout";
import { dequeue, enqueue, pick } from "./run-queue";
import { charge } from "./vtime";

/**
 * Decides who runs next, many times.
 *
 * @param pcpu       one that runs a vCPU
 * @param decisions  how often
 * @param quantumNs  nominal core time charged for each
 * @returns          a digest of the vCPUs chosen, in their order
 */
export function decide(pcpu: u32, decisions: u32, quantumNs: u32): u32 {
  let digest: u32 = 0;
  const at = worldNow(0);
  let vcpu = pcpuVcpu(pcpu);
  for (let decision: u32 = 0; decision < decisions; ++decision) {
    charge(vcpuClient(vcpu), <u64>quantumNs, at);
    enqueue(vcpu, pcpu);
    vcpu = pick(pcpu, at);
    dequeue(vcpu, pcpu);
    digest = (digest * 0x9e3779b1) ^ vcpu;
  }
  setPcpuVcpu(pcpu, vcpu);
  return digest;
}
