/**
 * Fills guest memory from images, before time begins: as if the guest had written it in an earlier life.
 *
 * Synthetic pages are contents of the image's mix; real ones arrive on the stage, a batch at a time, as bytes or as
 * ready content ids. Cost: a frame a page; a hash of 4 KiB a page where real bytes become ids.
 */
import {
  mpnBytesAt,
  setMpnContent,
  stageBytesAt,
  stageCount,
  vmHost,
  vmPool,
  vmPpnCount,
  vmPpnFirst,
  worldBytesForm,
  worldSeed,
} from "../layout";
import { mix64, permute, seedStream, Subsystem } from "../prng";
import { fillContent, PAGE_BYTES } from "./content";
import { allocateFrame, allocateRun, BLOCK_PAGES, NO_MPN } from "./frames";
import { hashPage } from "./page-hash";
import { isZeroPage } from "./page-zero";
import { isLarge } from "./held-back";
import { frameInLarge, takeBlockFor } from "./large-page";
import { countMapped, Flag, mapPage, pointPage, vmOf } from "./pmap";

/** Content id `index` of a pool; never the zero page's. */
export function poolContent(pool: u64, index: u32): u64 {
  const id = mix64(pool + 0x9e3779b97f4a7c15 * (<u64>index + 1));
  return id == 0 ? 1 : id;
}

/** Free neighbours for a VM's next pages: a whole block if they are to be a large page. As `allocateRun`. */
function nextRun(vm: u32, at: u32, left: u32): u64 {
  const block = takeBlockFor(vmPpnFirst(vm) + at, left);
  if (block != NO_MPN) return (<u64>block) | ((<u64>BLOCK_PAGES) << 32);
  return allocateRun(vmHost(vm), left);
}

/** The frame for one page of an image: of a large page's block, if its extent has one. */
function frameFor(ppn: u32, left: u32): u32 {
  const block = takeBlockFor(ppn, left);
  if (block != NO_MPN) return block;
  return isLarge(ppn) ? frameInLarge(ppn) : allocateFrame(vmHost(vmOf(ppn)));
}

/**
 * Loads pages of an image mix: the first `common` of them in a shuffled order carry the pool's contents, the next
 * `unique` contents of their own, the rest zeroes.
 *
 * @returns pages loaded; fewer than asked if the host ran out of frames
 */
export function loadMix(vm: u32, pages: u32, common: u32, unique: u32): u32 {
  assert(pages <= vmPpnCount(vm));
  assert(common + unique <= pages);
  const own = seedStream(worldSeed(0), Subsystem.Image, vm);
  const key = seedStream(worldSeed(0), Subsystem.Image, 0xffff_ffff);
  const pool = vmPool(vm);
  let at: u32 = 0;
  while (at < pages) {
    const run = nextRun(vm, at, pages - at);
    if (run == 0) break;
    const end = at + <u32>(run >> 32);
    for (let mpn = <u32>run; at < end; ++at, ++mpn) {
      const index = permute(at, pages, key);
      const id = index < common + unique ? poolContent(index < common ? pool : own, index) : 0;
      fillContent(mpn, id);
      pointPage(vmPpnFirst(vm) + at, mpn, id == 0 ? Flag.Zero : 0);
    }
  }
  countMapped(vm, at);
  return at;
}

/**
 * Loads staged pages of real bytes behind a VM's pages from `at` on.
 *
 * @param left  pages that the image has from `at` on, later batches included
 * @returns pages loaded
 */
export function loadBytes(vm: u32, at: u32, pages: u32, left: u32): u32 {
  assert(pages <= stageCount());
  assert(at + pages <= vmPpnCount(vm));
  for (let index: u32 = 0; index < pages; ++index) {
    const mpn = frameFor(vmPpnFirst(vm) + at + index, left - index);
    if (mpn == NO_MPN) return index;
    const page = stageBytesAt(index);
    const zero = isZeroPage(page);
    if (worldBytesForm(0)) memory.copy(mpnBytesAt(mpn), page, PAGE_BYTES);
    else setMpnContent(mpn, zero ? 0 : max<u64>(hashPage(page), 1));
    mapPage(vmPpnFirst(vm) + at + index, mpn, zero ? Flag.Zero : 0);
  }
  return pages;
}

/**
 * Loads staged content ids, eight bytes each, behind a VM's pages from `at` on; 0 is the zero page.
 *
 * @returns pages loaded
 */
export function loadIds(vm: u32, at: u32, pages: u32): u32 {
  assert(!worldBytesForm(0));
  assert(pages <= stageCount() << 9);
  assert(at + pages <= vmPpnCount(vm));
  let index: u32 = 0;
  while (index < pages) {
    const run = nextRun(vm, at + index, pages - index);
    if (run == 0) break;
    const end = index + <u32>(run >> 32);
    for (let mpn = <u32>run; index < end; ++index, ++mpn) {
      const id = load<u64>(stageBytesAt(0) + ((<usize>index) << 3));
      setMpnContent(mpn, id);
      pointPage(vmPpnFirst(vm) + at + index, mpn, id == 0 ? Flag.Zero : 0);
    }
  }
  countMapped(vm, index);
  return index;
}
