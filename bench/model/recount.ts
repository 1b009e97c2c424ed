/** Twin of assembly/memory/recount.ts over the world's own typed arrays. */
import type { Columns } from "../../src/core/layout.ts";

export function recountModel(columns: Columns, vm: number): (number | undefined)[] {
  const { ppnFlags, ppnMpn, mpnRefcount, overflowMpn, overflowPpns } = columns;
  const first = columns.vmPpnFirst[vm]!;
  const end = first + columns.vmPpnCount[vm]!;
  let shared = 0;
  let zero = 0;
  let touched = 0;
  let dirty = 0;
  let saved = 0;
  for (let ppn = first; ppn < end; ppn += 1) {
    const flags = ppnFlags[ppn]!;
    zero += (flags >> 2) & 1;
    touched += (flags >> 3) & 1;
    dirty += (flags >> 4) & 1;
    if ((flags & 2) === 0) continue;
    const mpn = ppnMpn[ppn]!;
    const small = mpnRefcount[mpn]!;
    const references = small === 0xffff ? overflowPpns[overflowMpn.indexOf(mpn + 1)]! : small;
    if (references < 2) continue;
    shared += 1;
    saved += 1 - 1 / references;
  }
  return [shared, zero, touched, dirty, saved];
}
