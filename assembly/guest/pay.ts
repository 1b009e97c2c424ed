/**
 * Pays a bill: what a VM's accesses cost it goes to its counters.
 *
 *   at ──host's device──▶ ──guest's disk──▶ billedAt ──work──▶ end
 *
 * Cost: O(1).
 */
import {
  setVmFaultNs,
  setVmGuestStallNs,
  setVmStallNs,
  vmFaultNs,
  vmGuestStallNs,
  vmStallNs,
} from "../layout";
import { billedAt, billedGuestUntil, billedHostUntil, billedWork } from "../memory/bill";

/** Counts what stands on the bill that was opened at `at`. */
export function payBill(vm: u32, at: u64): void {
  const work = billedWork();
  if (work > 0) setVmFaultNs(vm, vmFaultNs(vm) + work);
  if (billedAt() == at) return;
  const host = billedHostUntil();
  const guest = billedGuestUntil();
  // One wait begins where the other ends.
  const hostPart = host > guest ? host - max(guest, at) : host - at;
  setVmStallNs(vm, vmStallNs(vm) + hostPart);
  setVmGuestStallNs(vm, vmGuestStallNs(vm) + (billedAt() - at) - hostPart);
}
