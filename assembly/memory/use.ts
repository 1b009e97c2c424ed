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
  vmCowPages,
  vmGrantedPages,
  vmHost,
  vmMaxPages,
  vmTargetPages,
  vmZipFrames,
} from "../layout";

const NO_TARGET: u32 = 0xffff_ffff;

/** Machine pages that a VM uses. */
export function usedPages(vm: u32): u32 {
  const host = vmHost(vm);
  const cow = hostCowPages(host);
  const saved = hostSharedPages(host) - hostCommonPages(host);
  const part = cow == 0 ? 0 : <u32>((<u64>saved * <u64>vmCowPages(vm)) / <u64>cow);
  return vmGrantedPages(vm) - min(part, vmGrantedPages(vm)) + vmZipFrames(vm);
}

/** Machine pages that it may have: its target, and never more than its limit. */
export function targetPages(vm: u32): u32 {
  const target = vmTargetPages(vm);
  return target == NO_TARGET ? vmMaxPages(vm) : min(target, vmMaxPages(vm));
}
