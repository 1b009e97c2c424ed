/** The sets of idle pCPUs and of run queues that hold somebody: 64-ary bitsets a host. Cost: O(log64 pCPUs). */
import { clearBit, nextSet, NO_BIT, setBit } from "../bits";
import {
  hostBitFirst,
  hostPcpuCount,
  hostPcpuFirst,
  hostQueueWords,
  hostRunQueues,
  pcpuHost,
  runBitWordAt,
} from "../layout";
import { NONE } from "./states";

function idleBits(host: u32): usize {
  return runBitWordAt(hostBitFirst(host) + hostQueueWords(host));
}

export function markIdle(pcpu: u32): void {
  const host = pcpuHost(pcpu);
  setBit(idleBits(host), hostPcpuCount(host), pcpu - hostPcpuFirst(host));
}

export function markBusy(pcpu: u32): void {
  const host = pcpuHost(pcpu);
  clearBit(idleBits(host), hostPcpuCount(host), pcpu - hostPcpuFirst(host));
}

/**
 * The first idle pCPU in a run of pCPUs of a host.
 *
 * @param from   first one, relative to the host
 * @param until  behind the last one
 * @returns      a pCPU, or NONE
 */
export function idleIn(host: u32, from: u32, until: u32): u32 {
  const found = nextSet(idleBits(host), hostPcpuCount(host), from);
  return found == NO_BIT || found >= until ? NONE : hostPcpuFirst(host) + found;
}

/** The first pCPU of a run whose own queue holds somebody; NONE: none. One queue a pCPU is assumed. */
export function queuedIn(host: u32, from: u32, until: u32): u32 {
  const found = nextSet(runBitWordAt(hostBitFirst(host)), hostRunQueues(host), from);
  return found == NO_BIT || found >= until ? NONE : hostPcpuFirst(host) + found;
}
