/**
 * What a VM uses of its host's memory, and what it may have.
 *
 *   use = mapped pages − its part of what sharing saves + frames of its compression cache
 *
 * Saved pages are divided among VMs by their copy-on-write pages; exact parts need a look at every page and stand in
 * reports. State: none of its own. Cost: O(1).
 */
import {
  hostCommonPages,
  hostCowPages,
  hostSharedPages,
  vmCapPages,
  vmCowPages,
  vmGrantedPages,
  vmHost,
  vmMaxPages,
  vmTargetPages,
  vmZipFrames,
} from "../layout";

/** Machine pages that a VM uses. */
export function usedPages(vm: u32): u32 {
  const host = vmHost(vm);
  const cow = hostCowPages(host);
  const saved = hostSharedPages(host) - hostCommonPages(host);
  const part = cow == 0 ? 0 : <u32>((<u64>saved * <u64>vmCowPages(vm)) / <u64>cow);
  return vmGrantedPages(vm) - min(part, vmGrantedPages(vm)) + vmZipFrames(vm);
}

/** Machine pages that its limit and those of its pools leave it, however many the host has free. */
export function mostPages(vm: u32): u32 {
  return min(vmMaxPages(vm), vmCapPages(vm));
}

/** Machine pages that it may have: its target, and never more than its limits. */
export function targetPages(vm: u32): u32 {
  return min(vmTargetPages(vm), mostPages(vm));
}
