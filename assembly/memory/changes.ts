/**
 * A log of pages whose place in the pmap has changed, for translations that stand on the pmap to follow.
 *
 *   share, copy, balloon, page out, bring in  ->  noteChange(ppn)  ->  [ 7 | 9 | 7 ]  ->  assembly/mmu/follow.ts
 *
 * A log too long says that everything may have changed. Worlds that translate no addresses have no rows, and no log.
 * Cost: one branch there, a store elsewhere.
 */
import {
  changeCount,
  ppnShadow,
  setChangePpn,
  setWorldChangedAll,
  setWorldChanges,
  shadowCount,
  worldChanges,
} from "../layout";

/** Of an entry of the log: the page's extent has become a large page, or is one no more. */
export const WHOLE_EXTENT: u32 = 0x8000_0000;

/** Pages stay where they are, but are mapped as one large page from now on, or no more. */
export function noteExtent(extent: u32): void {
  if (changeCount() > 0) noteChange((extent << 9) | WHOLE_EXTENT);
}

/** A page has come, gone, moved to another frame, or may be written to no more, or again. */
export function noteChange(ppn: u32): void {
  const rows = changeCount();
  if (rows == 0) return;
  const noted = worldChanges(0);
  if (noted == rows) {
    setWorldChangedAll(0, 1);
  } else {
    setChangePpn(noted, ppn);
    setWorldChanges(0, noted + 1);
  }
}

/** A page has been overwritten as a whole: shadow tables made of it begin anew. */
export function noteOverwrite(ppn: u32): void {
  if (shadowCount() > 0 && ppnShadow(ppn) != 0) noteChange(ppn);
}
