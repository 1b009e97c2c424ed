/**
 * Shared caches: how much of the last-level cache each VM holds, and how much slower its misses make it.
 *
 *   misses     references × miss ratio at the bytes held; every miss brings a line (64 bytes) into a way the VM may fill
 *   eviction   what does not fit goes, from every VM in proportion to what it holds of the way
 *   speed      1 / (1 + references per ns × (miss ratio now − miss ratio with the whole cache) × cost of a miss)
 *
 * so the speed without contention is 1, and the slowdown is what sharing costs. Here the cache is a fluid that is
 * looked at every housekeeping, not lines that come and go.
 *
 * Source: miss-ratio curves and proportional eviction as in Chandra et al., HPCA 2005; Intel CAT for ways (masks restrict
 * fills, not hits). Cost: O((VMs × ways + vCPUs) × caches) per look.
 */
import {
  curveBytes,
  curveMissPpm,
  hostCachePcpus,
  hostCacheWays,
  hostMissNs,
  hostPcpuCount,
  hostPcpuFirst,
  hostVmCount,
  hostVmFirst,
  hostWayBytes,
  lineBytes,
  lineCount,
  pcpuBusyNs,
  pcpuCacheNs,
  pcpuVcpu,
  pcpuWorkPpm,
  setLineBytes,
  setPcpuCacheNs,
  setVmCachePpm,
  setVmMisses,
  vcpuPcpu,
  vcpuVm,
  vmCurveCount,
  vmCurveFirst,
  vmMisses,
  vmReferencesPerUs,
  vmVcpuCount,
  vmVcpuFirst,
  vmWayMask,
  worldCaches,
  vmHost,
} from "../layout";
import { project } from "./dispatch";
import { updateSpeed } from "./speed";
import { NONE } from "./states";

const ONE: u64 = 1_000_000;
const LINE: u64 = 64;
/** Ways of a cache, rows a (VM, cache). */
export const WAYS: u32 = 32;

/** Row of a VM's bytes in way 0 of a cache, caches numbered within the host. */
function rowOf(vm: u32, cache: u32, way: u32): u32 {
  return (vm * worldCaches(0) + cache) * WAYS + way;
}

/** Bytes of a cache that a VM holds. */
function heldBy(vm: u32, cache: u32, ways: u32): u64 {
  let held: u64 = 0;
  for (let way: u32 = 0; way < ways; ++way) held += <u64>lineBytes(rowOf(vm, cache, way));
  return held;
}

/** Part of the references that miss with so many bytes; linear between the points of the curve. */
export function missAt(vm: u32, bytes: u64): u64 {
  const first = vmCurveFirst(vm);
  const last = first + vmCurveCount(vm) - 1;
  if (bytes <= curveBytes(first)) {
    // Below the first point: towards missing always.
    const low = <u64>curveMissPpm(first);
    return curveBytes(first) == 0 ? low : ONE - ((ONE - low) * bytes) / curveBytes(first);
  }
  for (let point = first + 1; point <= last; ++point) {
    if (bytes > curveBytes(point)) continue;
    const span = curveBytes(point) - curveBytes(point - 1);
    const fall = <u64>curveMissPpm(point - 1) - <u64>curveMissPpm(point);
    return <u64>curveMissPpm(point - 1) - (fall * (bytes - curveBytes(point - 1))) / span;
  }
  return <u64>curveMissPpm(last);
}

/** Brings the caches of a host up to date. */
export function settleCaches(host: u32, at: u64): void {
  if (lineCount() == 0 || hostCacheWays(host) == 0) return;
  const caches = hostPcpuCount(host) / hostCachePcpus(host);
  for (let cache: u32 = 0; cache < caches; ++cache) settleCache(host, cache);
  const first = hostPcpuFirst(host);
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) {
    const vcpu = pcpuVcpu(pcpu);
    if (vcpu == NONE || vmCurveCount(vcpuVm(vcpu)) == 0) continue;
    const speed = speedIn(host, vcpuVm(vcpu), (pcpu - first) / hostCachePcpus(host));
    setVmCachePpm(vcpuVm(vcpu), speed);
    // Every vCPU of the VM: each pCPU has a speed of its own.
    const before = pcpuWorkPpm(pcpu);
    updateSpeed(pcpu);
    if (pcpuWorkPpm(pcpu) != before) project(pcpu, at);
  }
}

/**
 * Whoever runs below a cache has filled some of it since the last look. Here: the VM that runs now has all along. All fill
 * first, then what is too much goes: whoever comes later must not find more room.
 */
function settleCache(host: u32, cache: u32): void {
  const first = hostVmFirst(host);
  for (let vm = first; vm < first + hostVmCount(host); ++vm) {
    if (vmHost(vm) != host || vmCurveCount(vm) == 0) continue;
    const references = referencesOf(vm, host, cache);
    if (references == 0) continue;
    const misses = (references * missAt(vm, heldBy(vm, cache, hostCacheWays(host)))) / ONE;
    setVmMisses(vm, vmMisses(vm) + misses);
    fillWays(host, vm, cache, misses * LINE);
  }
  for (let way: u32 = 0; way < hostCacheWays(host); ++way) evict(host, cache, way);
  const pcpus = hostPcpuFirst(host) + cache * hostCachePcpus(host);
  for (let pcpu = pcpus; pcpu < pcpus + hostCachePcpus(host); ++pcpu) {
    setPcpuCacheNs(pcpu, pcpuBusyNs(pcpu));
  }
}

/** References of a VM's vCPUs below a cache since the last look. A VM that its misses slow down refers less. */
function referencesOf(vm: u32, host: u32, cache: u32): u64 {
  const pcpus = hostPcpuFirst(host) + cache * hostCachePcpus(host);
  const first = vmVcpuFirst(vm);
  let work: u64 = 0;
  for (let vcpu = first; vcpu < first + vmVcpuCount(vm); ++vcpu) {
    const pcpu = vcpuPcpu(vcpu);
    if (pcpu < pcpus || pcpu >= pcpus + hostCachePcpus(host) || pcpuVcpu(pcpu) != vcpu) continue;
    work += ((pcpuBusyNs(pcpu) - pcpuCacheNs(pcpu)) * <u64>pcpuWorkPpm(pcpu)) / ONE;
  }
  return (work * <u64>vmReferencesPerUs(vm)) / ONE;
}

/** Most bytes that a VM has of one way before it is evicted, so that products stay below 2^64. */
const FILL_MAX: u64 = 0xffff_ffff;

/** Brings bytes in, evenly over the ways that a VM may fill. */
function fillWays(host: u32, vm: u32, cache: u32, bytes: u64): void {
  const ways = hostCacheWays(host);
  const mask = vmWayMask(vm) & (ways == 32 ? 0xffff_ffff : ((<u32>1) << ways) - 1);
  const open = popcnt<u32>(mask);
  if (open == 0 || bytes == 0) return;
  const each = bytes / <u64>open;
  for (let way: u32 = 0; way < ways; ++way) {
    if (!((mask >> way) & 1)) continue;
    const row = rowOf(vm, cache, way);
    setLineBytes(row, <u32>min(<u64>lineBytes(row) + each, FILL_MAX));
  }
}

/** What a way cannot hold goes, from every VM in proportion to what it has of it. */
function evict(host: u32, cache: u32, way: u32): void {
  const first = hostVmFirst(host);
  const end = first + hostVmCount(host);
  const room = <u64>hostWayBytes(host);
  let held: u64 = 0;
  for (let vm = first; vm < end; ++vm) {
    if (vmHost(vm) == host) held += <u64>lineBytes(rowOf(vm, cache, way));
  }
  if (held <= room) return;
  for (let vm = first; vm < end; ++vm) {
    if (vmHost(vm) != host) continue;
    const row = rowOf(vm, cache, way);
    setLineBytes(row, <u32>((<u64>lineBytes(row) * room) / held));
  }
}

function speedIn(host: u32, vm: u32, cache: u32): u32 {
  const ways = hostCacheWays(host);
  const now = missAt(vm, heldBy(vm, cache, ways));
  const alone = missAt(vm, <u64>hostWayBytes(host) * <u64>ways);
  if (now <= alone) return <u32>ONE;
  // References per ns × extra misses × ns per miss, in ppm.
  const extra = (((now - alone) * <u64>vmReferencesPerUs(vm)) / ONE) * <u64>hostMissNs(host);
  return <u32>((ONE * ONE) / (ONE + extra));
}

/** A VM comes to another host: nothing of it is in a cache there. */
export function leaveCaches(vm: u32): void {
  if (lineCount() == 0) return;
  for (let cache: u32 = 0; cache < worldCaches(0); ++cache) {
    for (let way: u32 = 0; way < 32; ++way) setLineBytes(rowOf(vm, cache, way), 0);
  }
}
