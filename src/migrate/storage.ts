/**
 * Storage that is not shared goes first: one pass over the disk, and what is written where the pass has been is mirrored.
 *
 *   copied |###########------------------|     a write to # goes to both hosts, one to - waits for the pass
 *
 *   copied part x of disk D, writes w, rate b:   x' = b − w · x / D    =>    T = D / w · ln(b / (b − w))
 *
 * The memory follows at b − w: the mirror goes on until the switch.
 *
 * Source: as published for VMware's storage migration (mirroring; USENIX ATC 2011) and its move over distance (EuroSys 2011
 * and later): the principle is known, not read. Cost: O(1).
 */
import { log } from "../number/power.ts";

/** The disk's part of a plan. */
export interface StoragePlan {
  readonly ns: number;
  /** Of the pass, and mirrored meanwhile. */
  readonly bytes: number;
  readonly mirroredBytes: number;
}

/**
 * Seconds that the pass takes; Infinity: the disk is written as fast as it is sent.
 *
 * @param writesPerS  bytes per second, evenly over the disk
 */
export function storageSeconds(diskBytes: number, writesPerS: number, bytesPerS: number): number {
  if (diskBytes === 0) return 0;
  if (writesPerS >= bytesPerS) return Infinity;
  // Below a millionth of the rate the mirror takes nothing that counts, and the difference of logarithms loses digits.
  if (writesPerS < bytesPerS * 1e-6) return diskBytes / bytesPerS;
  return (diskBytes / writesPerS) * log(bytesPerS / (bytesPerS - writesPerS));
}

/** The pass in numbers. */
export function storageOf(diskBytes: number, writesPerS: number, bytesPerS: number): StoragePlan {
  const seconds = storageSeconds(diskBytes, writesPerS, bytesPerS);
  return {
    ns: Math.round(seconds * 1e9),
    bytes: diskBytes,
    mirroredBytes: Math.max(0, bytesPerS * seconds - diskBytes),
  };
}
