/**
 * Counts what the pages of the VMs are, by looking at every one: for reports, never for decisions of the core.
 *
 * A shared page counts 1 − 1/references as saved, so that a host's VMs add up to what the host saved.
 *
 * Cost: one pass over the pmap, and a look at the reference count of every copy-on-write page.
 */
import {
  hostVmCount,
  hostVmFirst,
  ppnFlags,
  ppnMpn,
  setHostUnvisitedPages,
  setVmDirtyPages,
  setVmSavedFraction,
  setVmSharedPages,
  setVmTouchedPages,
  setVmZeroPages,
  vmPpnCount,
  vmPpnFirst,
  vmScanRateTarget,
  vmUnvisitedPages,
  vmHost,
} from "../layout";
import { Flag } from "./pmap";
import { refcount } from "./refcount";

/** Brings the recount columns of a VM up to date. */
export function recountVm(vm: u32): void {
  const end = vmPpnFirst(vm) + vmPpnCount(vm);
  let shared: u32 = 0;
  let zero: u32 = 0;
  let touched: u32 = 0;
  let dirty: u32 = 0;
  let saved: f64 = 0;
  for (let ppn = vmPpnFirst(vm); ppn < end; ++ppn) {
    const flags = <u32>ppnFlags(ppn);
    if (flags == 0) continue;
    zero += (flags / Flag.Zero) & 1;
    touched += (flags / Flag.Touched) & 1;
    dirty += (flags / Flag.Dirty) & 1;
    if ((flags & Flag.Cow) == 0) continue;
    const references = refcount(ppnMpn(ppn));
    if (references < 2) continue;
    shared += 1;
    saved += 1 - 1 / <f64>references;
  }
  setVmSharedPages(vm, shared);
  setVmZeroPages(vm, zero);
  setVmTouchedPages(vm, touched);
  setVmDirtyPages(vm, dirty);
  setVmSavedFraction(vm, saved);
}

/** Pages of a host's scanned VMs that the scan has yet to see. */
export function recountUnvisited(host: u32): u32 {
  let pages: u32 = 0;
  const end = hostVmFirst(host) + hostVmCount(host);
  for (let vm = hostVmFirst(host); vm < end; ++vm) {
    if (vmHost(vm) == host && vmScanRateTarget(vm) > 0) pages += vmUnvisitedPages(vm);
  }
  setHostUnvisitedPages(host, pages);
  return pages;
}
