/**
 * What dispatching does to a thread that spins: with its vCPU it comes back to its lock.
 *
 * Locks stand in locks.ts, barriers and wait queues in meetings.ts. Cost: O(waiters).
 */
import { Thread } from "../cpu/states";
import { taskState, vcpuTask } from "../layout";
import { workDone } from "./threads";

/**
 * A vCPU whose thread spins has been dispatched. If its spin lock is free the thread takes it and goes on with its program:
 * afterwards the vCPU has no thread, or one that spins, or one with work, as after `workDone`.
 */
export function retrySpin(vcpu: u32, at: u64): void {
  assert(taskState(vcpuTask(vcpu)) == Thread.Spins);
  workDone(vcpu, at);
}
