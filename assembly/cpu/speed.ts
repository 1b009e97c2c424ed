/**
 * How fast a pCPU is: threads of one core slow each other down, the clock may be low, caches miss.
 *
 *   charged per ns   SMT(k busy threads) × clock          what the client pays: nominal core time
 *   work per ns      charged × cache × core mates' harm   what the guest gets done
 *
 * Source: ESX HT accounting (62.5 % each at a gain of 1.25); the harm of a core mate: Grunwald, Ghiasi, MICRO 2002.
 * Cost: O(threads of a core).
 */
import {
  hostFrequencyPpm,
  hostPcpuFirst,
  hostThreads,
  pcpuHost,
  pcpuVcpu,
  setPcpuChargePpm,
  setPcpuWorkPpm,
  smtSpeedPpm,
  vcpuVm,
  vmCachePpm,
  vmHarmPpm,
} from "../layout";
import { NONE } from "./states";

const ONE: u64 = 1_000_000;
/** Rows of the SMT table a host. */
export const SMT_ROWS: u32 = 8;

/** First pCPU of the core that a pCPU is a thread of. */
export function coreOf(pcpu: u32): u32 {
  const host = pcpuHost(pcpu);
  const threads = hostThreads(host);
  if (threads == 1) return pcpu;
  const first = hostPcpuFirst(host);
  return first + ((pcpu - first) / threads) * threads;
}

/** Threads of the core with a vCPU. */
export function busyThreads(pcpu: u32): u32 {
  const core = coreOf(pcpu);
  let busy: u32 = 0;
  for (let thread = core; thread < core + hostThreads(pcpuHost(pcpu)); ++thread) {
    busy += pcpuVcpu(thread) != NONE ? 1 : 0;
  }
  return busy;
}

/** So many ppm of a speed; most are all of it, and then nothing is divided. */
function part(speed: u64, ppm: u32): u64 {
  return <u64>ppm == ONE ? speed : (speed * <u64>ppm) / ONE;
}

/** Works out how fast a busy pCPU is now; its time must be settled. */
export function updateSpeed(pcpu: u32): void {
  const vcpu = pcpuVcpu(pcpu);
  if (vcpu == NONE) return;
  const host = pcpuHost(pcpu);
  const busy = hostThreads(host) == 1 ? 1 : busyThreads(pcpu);
  const charge = part(<u64>smtSpeedPpm(host * SMT_ROWS + busy - 1), hostFrequencyPpm(host));
  let work = part(charge, vmCachePpm(vcpuVm(vcpu)));
  if (busy > 1) {
    const core = coreOf(pcpu);
    for (let thread = core; thread < core + hostThreads(host); ++thread) {
      const mate = pcpuVcpu(thread);
      if (thread == pcpu || mate == NONE) continue;
      work = (work * (ONE - min(<u64>vmHarmPpm(vcpuVm(mate)), ONE - 1))) / ONE;
    }
  }
  setPcpuChargePpm(pcpu, <u32>max<u64>(charge, 1));
  setPcpuWorkPpm(pcpu, <u32>max<u64>(work, 1));
}
