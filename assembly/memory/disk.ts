/**
 * Block devices: when a request is done, first come, first served.
 *
 *   one at a time    |latency transfer|latency transfer|      busy for all of it: an arm that has to move
 *   others           |transfer|transfer|                      busy for the transfer, latencies overlap
 *                             └ latency ─▶ done
 *
 * Here a request is one run of pages, and nobody sorts requests. Cost: O(1).
 */
import {
  diskBusyNs,
  diskCount,
  diskFreeNs,
  diskPageNs,
  diskReadNs,
  diskReadPages,
  diskReads,
  diskSerial,
  diskWriteNs,
  diskWrites,
  diskWrittenPages,
  setDiskBusyNs,
  setDiskFreeNs,
  setDiskReadPages,
  setDiskReads,
  setDiskWrites,
  setDiskWrittenPages,
} from "../layout";

/**
 * Reads a run of pages.
 *
 * @param pages  1 or more
 * @param at     time of the request, ns; requests of one device come in any order and queue in that
 * @returns      when it is done, ns
 */
export function diskRead(disk: u32, pages: u32, at: u64): u64 {
  const done = request(disk, pages, diskReadNs(disk), at);
  setDiskReads(disk, diskReads(disk) + 1);
  setDiskReadPages(disk, diskReadPages(disk) + <u64>pages);
  return done;
}

/**
 * Writes a run of pages.
 *
 * @param pages  1 or more
 * @param at     time of the request, ns
 * @returns      when it is done, ns
 */
export function diskWrite(disk: u32, pages: u32, at: u64): u64 {
  const done = request(disk, pages, diskWriteNs(disk), at);
  setDiskWrites(disk, diskWrites(disk) + 1);
  setDiskWrittenPages(disk, diskWrittenPages(disk) + <u64>pages);
  return done;
}

function request(disk: u32, pages: u32, latency: u64, at: u64): u64 {
  assert(disk < diskCount());
  assert(pages > 0);
  const begin = max(at, diskFreeNs(disk));
  const transfer = <u64>pages * diskPageNs(disk);
  const occupied = diskSerial(disk) != 0 ? latency + transfer : transfer;
  setDiskFreeNs(disk, begin + occupied);
  setDiskBusyNs(disk, diskBusyNs(disk) + occupied);
  return begin + latency + transfer;
}
