/**
 * Accesses of a stream, one after another, until one has to wait.
 *
 *   of physical memory    draw a page ─▶ access
 *   of a region           draw a logical page ─▶ resident? its physical page, now referenced : the guest's page fault ─▶ access
 *
 * Cost: 10 to 40 ns per access to a page that is there, most of it cache misses; see docs/guest/accesses.md.
 */
import {
  logicalPpn,
  ppnGuest,
  setPpnGuest,
  setStreamAccesses,
  setStreamOperations,
  setVmAccesses,
  setVmOutOfFrames,
  setVmWrites,
  streamAccesses,
  streamOperations,
  streamRegion,
  streamVm,
  vmAccesses,
  vmGuestOom,
  vmOutOfFrames,
  vmWrites,
} from "../layout";
import { billedAt, billedWork, openBill } from "../memory/bill";
import { readPage, rewritePage, writePage } from "../memory/fault";
import { isWrite, keepsContent, nextContent, nextPage } from "./accesses";
import { NO_PAGE, Page } from "./lists";
import { faultIn } from "./paging";
import { payBill } from "./pay";

/** More work than this in one go, and the rest comes after it. */
const WORK_NS: u64 = 10_000_000;

/**
 * Makes accesses on the bill that was opened at `at`.
 *
 * @param count  how many at the most
 * @returns      how many it made, those refused included
 */
export function makeAccesses(stream: u32, count: u64, at: u64): u64 {
  const vm = streamVm(stream);
  const region = streamRegion(stream);
  const starved = vmGuestOom(vm);
  let done: u64 = 0;
  let writes: u64 = 0;
  let refused: u64 = 0;
  while (done < count) {
    done += 1;
    let ppn = nextPage(stream);
    const write = isWrite(stream);
    writes += <u64>write;
    if (region != NO_PAGE) ppn = touch(vm, region, ppn, write);
    refused += <u64>!(ppn != NO_PAGE && (write ? writeNext(stream, ppn) : readPage(ppn)));
    if (billedAt() > at || billedWork() > WORK_NS) break;
  }
  setVmAccesses(vm, vmAccesses(vm) + done);
  setVmWrites(vm, vmWrites(vm) + writes);
  setStreamAccesses(stream, streamAccesses(stream) + done);
  setStreamOperations(stream, streamOperations(stream) + done - refused);
  const failed = refused - (vmGuestOom(vm) - starved);
  if (failed > 0) setVmOutOfFrames(vm, vmOutOfFrames(vm) + failed);
  return done;
}

/** One access outside of any batch: what tests drive guests with. */
export function issueOne(stream: u32, at: u64): void {
  openBill(at);
  makeAccesses(stream, 1, at);
  payBill(streamVm(stream), at);
}

/** Physical page of a logical one that is accessed; NO_PAGE if it cannot be brought in. What brings it in is no reference to it. */
function touch(vm: u32, region: u32, logical: u32, write: bool): u32 {
  const ppn = logicalPpn(logical);
  if (ppn == NO_PAGE) return faultIn(vm, region, logical, write);
  const marks: u32 = write ? Page.Referenced | Page.Dirty : Page.Referenced;
  setPpnGuest(ppn, <u8>((<u32>ppnGuest(ppn)) | marks));
  return ppn;
}

function writeNext(stream: u32, ppn: u32): bool {
  return keepsContent(stream) ? rewritePage(ppn) : writePage(ppn, nextContent(stream));
}
