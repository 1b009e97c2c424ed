/**
 * Power of a VM as far as memory goes; TypeScript calls it beside the processors' `powerOn` and `powerOff`.
 *
 *   on      the hypervisor's overhead is taken, the operating system boots or the workload's streams begin
 *   off     every page is dropped, the overhead is given back
 *   reset   the operating system starts again; the host keeps what it has
 *
 * Cost: O(pages of the VM).
 */
import { Power } from "../cpu/states";
import {
  hostOverheadPages,
  ppnFlags,
  setHostOverheadPages,
  setPpnFlags,
  setVmBalloonPages,
  setVmBalloonTarget,
  vmHost,
  vmOverheadPages,
  vmPower,
  vmPpnCount,
  vmPpnFirst,
} from "../layout";
import { beginActivity, endActivity } from "../memory/activity";
import { openBill } from "../memory/bill";
import { dropPage } from "../memory/fault";
import { beginHarvest, endHarvest } from "../memory/harvest-look";
import { forgetLarge } from "../memory/large-page";
import { Flag, TOUCHED } from "../memory/pmap";
import { makeRoom } from "../memory/victims";
import { forgetMap } from "../mmu/direct-map";
import { startStreams, stopStreams } from "./batch";
import { bootOs, haltOs, hasOs } from "./os";

/** Call before the processors' `powerOn`. */
export function powerOnMemory(vm: u32, atNs: f64): void {
  const at = <u64>atNs;
  if (vmPower(vm) == Power.On) return;
  if (vmPower(vm) == Power.Panicked) releaseMemory(vm, at);
  setHostOverheadPages(vmHost(vm), hostOverheadPages(vmHost(vm)) + vmOverheadPages(vm));
  openBill(at);
  makeRoom(vm);
  beginActivity(vm, at);
  beginHarvest(vm, at);
  if (hasOs(vm)) bootOs(vm, at);
  startStreams(vm, at, false);
}

/** Call before the processors' `powerOff`. */
export function powerOffMemory(vm: u32, atNs: f64): void {
  if (vmPower(vm) != Power.Off) releaseMemory(vm, <u64>atNs);
}

/** The guest is reset: call between the processors' `powerOff` and `powerOn`. */
export function resetMemory(vm: u32, atNs: f64): void {
  if (hasOs(vm)) bootOs(vm, <u64>atNs);
}

function releaseMemory(vm: u32, at: u64): void {
  openBill(at);
  stopStreams(vm);
  if (hasOs(vm)) haltOs(vm);
  forgetLarge(vm);
  const end = vmPpnFirst(vm) + vmPpnCount(vm);
  for (let ppn = vmPpnFirst(vm); ppn < end; ++ppn) {
    dropPage(ppn);
    setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~(Flag.Ballooned | Flag.Dirty | TOUCHED)));
  }
  setVmBalloonPages(vm, 0);
  setVmBalloonTarget(vm, 0);
  forgetMap(vm);
  endActivity(vm);
  endHarvest(vm);
  setHostOverheadPages(vmHost(vm), hostOverheadPages(vmHost(vm)) - vmOverheadPages(vm));
}
