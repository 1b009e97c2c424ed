/**
 * Latencies of operations: a histogram a VM, 32 buckets for each doubling.
 *
 *   bucket     0          1             …  31           32            …  1023
 *   from ns    0          1024 + 32        1024 + 992   2048             2^42 − 2^36
 *
 * Bucket 0 also holds what is shorter than 1.024 µs, the last one what is longer than 73 minutes. A quantile read from
 * it is too high by 1/32 at the most. The bounds' twin is src/sim/latency.ts.
 *
 * Source: HdrHistogram (G. Tene), with fixed precision. Cost: O(1).
 */
import {
  bucketOperations,
  setBucketOperations,
  setVmLatencyMaxNs,
  setVmLatencyNs,
  setVmOperations,
  vmBucketFirst,
  vmLatencyMaxNs,
  vmLatencyNs,
  vmOperations,
} from "../layout";

/** Buckets of a VM. */
export const BUCKETS: u32 = 1024;

/** Bucket of a latency in ns. */
export function bucketOf(latency: u64): u32 {
  if (latency < 1024) return 0;
  const octave = 63 - <u32>clz(latency);
  const bucket = ((octave - 10) << 5) + ((<u32>(latency >> (octave - 5))) & 31);
  return min(bucket, BUCKETS - 1);
}

/** Counts an operation that has ended. */
export function recordOperation(vm: u32, latency: u64): void {
  const bucket = vmBucketFirst(vm) + bucketOf(latency);
  setBucketOperations(bucket, bucketOperations(bucket) + 1);
  setVmOperations(vm, vmOperations(vm) + 1);
  setVmLatencyNs(vm, vmLatencyNs(vm) + latency);
  if (latency > vmLatencyMaxNs(vm)) setVmLatencyMaxNs(vm, latency);
}
