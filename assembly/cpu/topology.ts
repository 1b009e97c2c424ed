/**
 * Which pCPUs are near: threads of a core, then those below one cache, the socket, the host; all are runs of rows.
 *
 * Moving a vCPU costs the time to fetch its working set: nothing on the same core, its first mebibyte (a core's own
 * cache) below one last-level cache, all of it beyond, and from another socket more slowly. Here we take these sizes, the
 * published ones being unknown.
 */
import {
  hostCachePcpus,
  hostPcpuCount,
  hostPcpuFirst,
  hostSocketPcpus,
  hostThreads,
  pcpuHost,
  vcpuDispatches,
  vcpuVm,
  vcpuWarm,
  vmWorkingBytes,
  worldRefillFarNsPerMib,
  worldRefillNsPerMib,
} from "../layout";

/** How far two pCPUs of one host are apart. */
export const enum Distance {
  Core = 0,
  Cache = 1,
  Socket = 2,
  Host = 3,
}

/** pCPUs in a run of this level. */
export function spanOf(host: u32, level: u32): u32 {
  switch (level) {
    case Distance.Core:
      return hostThreads(host);
    case Distance.Cache:
      return hostCachePcpus(host);
    case Distance.Socket:
      return hostSocketPcpus(host);
    default:
      return hostPcpuCount(host);
  }
}

/** First pCPU, relative to its host, of the run of this level that `pcpu` is in. */
export function runOf(pcpu: u32, level: u32): u32 {
  const host = pcpuHost(pcpu);
  const span = spanOf(host, level);
  return ((pcpu - hostPcpuFirst(host)) / span) * span;
}

export function distance(a: u32, b: u32): Distance {
  if (runOf(a, Distance.Core) == runOf(b, Distance.Core)) return Distance.Core;
  if (runOf(a, Distance.Cache) == runOf(b, Distance.Cache)) return Distance.Cache;
  return runOf(a, Distance.Socket) == runOf(b, Distance.Socket) ? Distance.Socket : Distance.Host;
}

const MIB: u64 = 1 << 20;

/** Time that a pCPU's caches take to fill for a vCPU, by where it ran last. */
export function refillOf(vcpu: u32, to: u32): u64 {
  if (vcpuDispatches(vcpu) == 0) return 0;
  const from = vcpuWarm(vcpu);
  const apart = pcpuHost(from) == pcpuHost(to) ? distance(from, to) : Distance.Host;
  if (apart == Distance.Core) return 0;
  const bytes = vmWorkingBytes(vcpuVm(vcpu));
  const moved = apart == Distance.Cache ? min(bytes, MIB) : bytes;
  const perMib = apart == Distance.Host ? worldRefillFarNsPerMib(0) : worldRefillNsPerMib(0);
  return (moved * perMib) / MIB;
}
