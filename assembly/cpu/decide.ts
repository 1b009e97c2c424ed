/**
 * The scheduler's decisions alone, for their bench: the vCPU that runs is charged a quantum and goes back to its run queue,
 * whoever is due comes out and runs, over and over. It stands in the core so that the bench drives the very run queues
 * and accounts that `advance` drives, compiled with them, and times nothing else.
 */
import {
  clientVcpu,
  hostRoot,
  pcpuHost,
  pcpuQueue,
  pcpuVcpu,
  setPcpuKept,
  setPcpuVcpu,
  vcpuClient,
} from "../layout";
import { leafDue } from "./pick";
import { dequeue, enqueue, treesKept } from "./run-queue";
import { NONE } from "./states";
import { chargeSeated } from "./vtime";

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
  let vcpu = pcpuVcpu(pcpu);
  if (treesKept(vcpu, pcpu) == NONE) {
    enqueue(vcpu, pcpu);
    dequeue(vcpu, pcpu);
  }
  const trees = treesKept(vcpu, pcpu);
  const queue = pcpuQueue(pcpu);
  const root = hostRoot(pcpuHost(pcpu));
  let client = vcpuClient(vcpu);
  for (let decision: u32 = 0; decision < decisions; ++decision) {
    chargeSeated(client, <u64>quantumNs, trees);
    client = leafDue(trees, root);
    vcpu = clientVcpu(client);
    setPcpuKept(queue, vcpu);
    digest = (digest * 0x9e3779b1) ^ vcpu;
  }
  setPcpuVcpu(pcpu, vcpu);
  return digest;
}
