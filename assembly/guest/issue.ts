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
  mpnContent,
  ppnFlags,
  ppnGuest,
  ppnMpn,
  setPpnGuest,
  setScratchWord,
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
  vmPpnFirst,
  vmWrites,
  worldBytesForm,
} from "../layout";
import { billedAt, billedWork, billWork, openBill } from "../memory/bill";
import { NO_MPN } from "../memory/frames";
import { Flag } from "../memory/pmap";
import { isAtHand, readPage, rewritePage, writePage } from "../memory/fault";
import { translates } from "../mmu/direct-map";
import { Kind } from "../mmu/entry";
import { newlySpent } from "../mmu/spend";
import { access as translate } from "../mmu/translate";
import { Access, CHUNK, drawAccesses, drawnContent, drawnKind, drawnPage, giveBack } from "./accesses";
import { NO_PAGE, Page } from "./lists";
import { faultIn } from "./paging";
import { payBill } from "./pay";

/** What an access leaves in ppnGuest; what brings a page in is no reference to it. */
const READ: u32 = Page.Referenced;
const WRITTEN: u32 = Page.Referenced | Page.Dirty;
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
  let waits = false;
  const cx = translates(vm);
  while (done < count && !waits) {
    const chunk = <u32>min<u64>(count - done, CHUNK);
    drawAccesses(stream, chunk);
    if (chunk > 2) fetchAhead(chunk, region != NO_PAGE);
    let made: u32 = 0;
    for (; made < chunk && !waits; ++made) {
      const kind = drawnKind(made);
      let ppn = drawnPage(made);
      if (region != NO_PAGE) {
        const there = logicalPpn(ppn);
        if (there == NO_PAGE) {
          ppn = faultIn(vm, region, ppn, kind != <u32>Access.Read);
          waits = billedAt() > at || billedWork() > WORK_NS;
        } else {
          setPpnGuest(there, <u8>((<u32>ppnGuest(there)) | select<u32>(READ, WRITTEN, kind == Access.Read)));
          ppn = there;
        }
      }
      if (cx != 0 && ppn != NO_PAGE && !translated(vm, cx - 1, ppn, kind)) ppn = NO_PAGE;
      // Most are reads of pages at hand: nothing else can come of them.
      if (kind == Access.Read && ppn != NO_PAGE && isAtHand(ppn)) continue;
      writes += <u64>(kind != <u32>Access.Read);
      refused += <u64>!(ppn != NO_PAGE && access(ppn, kind, made));
      waits = billedAt() > at || billedWork() > WORK_NS;
    }
    if (cx != 0) billWork(newlySpent(cx - 1));
    giveBack(stream, chunk, made);
    done += made;
  }
  setVmAccesses(vm, vmAccesses(vm) + done);
  setVmWrites(vm, vmWrites(vm) + writes);
  setStreamAccesses(stream, streamAccesses(stream) + done);
  setStreamOperations(stream, streamOperations(stream) + done - refused);
  const failed = refused - (vmGuestOom(vm) - starved);
  if (failed > 0) setVmOutOfFrames(vm, vmOutOfFrames(vm) + failed);
  return done;
}

/**
 * The access as the guest's processor makes it: by its address, through page tables and TLB.
 *
 * @returns false if it leads nowhere: the host has no frame
 */
function translated(vm: u32, cx: u32, ppn: u32, kind: u32): bool {
  const address = (<u64>(ppn - vmPpnFirst(vm))) << 12;
  const mpn = translate(cx, address, Kind.User | (kind == Access.Read ? 0 : Kind.Write));
  if (mpn == NO_MPN) return false;
  // Whatever the tables and the TLB hold, it is the page's frame.
  assert(mpn == ppnMpn(ppn));
  return true;
}

/** One access outside of any batch: what tests drive guests with. */
export function issueOne(stream: u32, at: u64): void {
  openBill(at);
  makeAccesses(stream, 1, at);
  payBill(streamVm(stream), at);
}

function access(ppn: u32, kind: u32, index: u32): bool {
  if (kind == Access.Read) return readPage(ppn);
  return kind == Access.Write ? writePage(ppn, drawnContent(index)) : rewritePage(ppn);
}

/**
 * Loads what the drawn accesses will look at, each load independent of the others: their cache misses overlap. The sum of
 * what was loaded goes to the scratch, or the loads would not be made.
 */
function fetchAhead(count: u32, paged: bool): void {
  let sum: u32 = 0;
  if (paged) {
    for (let index: u32 = 0; index < count; ++index) sum += logicalPpn(drawnPage(index));
  }
  for (let index: u32 = 0; index < count; ++index) {
    const page = drawnPage(index);
    const ppn = paged ? logicalPpn(page) : page;
    if (ppn == NO_PAGE) continue;
    sum += <u32>ppnFlags(ppn);
    if (paged) sum += <u32>ppnGuest(ppn);
    if (drawnKind(index) == <u32>Access.Write) sum += ppnMpn(ppn);
  }
  for (let index: u32 = 0; index < count && worldBytesForm(0) == 0; ++index) {
    if (drawnKind(index) != <u32>Access.Write) continue;
    const page = drawnPage(index);
    const ppn = paged ? logicalPpn(page) : page;
    if (ppn == NO_PAGE || ((<u32>ppnFlags(ppn)) & Flag.Mapped) == 0) continue;
    sum += <u32>mpnContent(ppnMpn(ppn));
  }
  setScratchWord(0, <u64>sum);
}
