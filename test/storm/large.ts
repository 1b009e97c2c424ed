/** Large pages: 512 private pages in their places in one block; what is held back; whose a private frame is. */
import { FLAG } from "../support/world.ts";
import { type Check, rowsFrom, wrong } from "./checks.ts";

const BLOCK = 512;
/** What no page inside a large page is. */
const ELSEWHERE = FLAG.cow | FLAG.ballooned | FLAG.swapped | FLAG.leaving | FLAG.compressed | FLAG.queued;

export const checkLarge: Check = ({ columns, plan }) => {
  if (!plan.core.groups.has("large")) return undefined;
  const { largeBlock, largeHeld, heldWordBits, ppnMpn, ppnFlags, mpnRefcount, extentVm } = columns;
  const [large, held] = [new Map<number, number>(), new Map<number, number>()];
  const isHeld = (ppn: number): boolean => ((heldWordBits.big(ppn >> 6) >> BigInt(ppn & 63)) & 1n) !== 0n;
  for (const [extent, block] of largeBlock.entries()) {
    const vm = extentVm[extent]!;
    const pages = rowsFrom(extent * BLOCK, BLOCK);
    const kept = pages.filter(isHeld);
    if (block === 0 && kept.length > 0) return `ppn ${kept[0]}: held back, and in no large page`;
    const fault = wrong(`extent ${extent} held`, largeHeld[extent], kept.length);
    if (fault !== undefined) return fault;
    held.set(vm, (held.get(vm) ?? 0) + kept.length);
    if (block === 0) continue;
    large.set(vm, (large.get(vm) ?? 0) + 1);
    for (const [at, ppn] of pages.entries()) {
      const mpn = (block - 1) * BLOCK + at;
      if (ppnMpn[ppn] !== mpn || mpnRefcount[mpn] !== 1)
        return `ppn ${ppn}: not in its place in block ${block - 1}`;
      if ((ppnFlags[ppn]! & (FLAG.mapped | ELSEWHERE)) !== FLAG.mapped)
        return `ppn ${ppn}: flags ${ppnFlags[ppn]}`;
    }
  }
  for (const [vm, pages] of columns.vmLargePages.entries()) {
    const made = columns.vmLargeBacked.get(vm) + columns.vmLargeFormed.get(vm);
    const broken = columns.vmLargeShared.get(vm) + columns.vmLargeTaken.get(vm);
    // Those of a VM that was powered off count as broken by nobody.
    if (made - broken < pages) return `vm ${vm}: ${pages} large pages, ${made} made, ${broken} broken`;
    const fault =
      wrong(`vm ${vm} large pages`, pages, large.get(vm) ?? 0) ??
      wrong(`vm ${vm} held`, columns.vmLargeHeld[vm], held.get(vm) ?? 0);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** The page that a private frame is said to be of is the one that maps it. */
export const checkOwners: Check = ({ columns, plan }) => {
  if (!plan.core.groups.has("large")) return undefined;
  const { ppnMpn, ppnFlags, mpnPpn } = columns;
  for (const [ppn, mpn] of ppnMpn.entries()) {
    if ((ppnFlags[ppn]! & (FLAG.mapped | FLAG.cow)) !== FLAG.mapped) continue;
    if (mpnPpn[mpn] !== ppn) return `mpn ${mpn}: said to be of ppn ${mpnPpn[mpn]}, mapped by ${ppn}`;
  }
  return undefined;
};
