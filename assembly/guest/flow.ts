/**
 * The way through a program: loops, and where operations begin. These steps do nothing that takes a processor, so that
 * they are done as soon as a wait ends: an operation that begins right behind a sleep begins when that is over, not when
 * the guest or the host has found a processor.
 *
 * Threads of work that is said of every vCPU end where their vCPU is not plugged in, and go on there when it is.
 *
 * A thread that takes STEPS_MAX steps without time passing is ended: it would never come back.
 *
 * Cost: O(1) per step.
 */
import {
  opDepth,
  opKind,
  opNs,
  opTarget,
  setTaskBeginNs,
  setTaskInstantNs,
  setTaskLoop0,
  setTaskLoop1,
  setTaskLoop2,
  setTaskLoop3,
  setTaskOp,
  setTaskSteps,
  taskInstantNs,
  taskLoop0,
  taskLoop1,
  taskLoop2,
  taskLoop3,
  taskOp,
  taskOpCount,
  taskOpFirst,
  taskSteps,
  taskVm,
  vmPowerNs,
  vmTaskFirst,
  vmVcpuOnline,
} from "../layout";

/** opKind. */
export const enum Step {
  End = 0,
  Run = 1,
  Sleep = 2,
  Timer = 3,
  Lock = 4,
  Unlock = 5,
  Barrier = 6,
  Suspend = 7,
  Resume = 8,
  Take = 9,
  Begin = 10,
  Finish = 11,
  Loop = 12,
  Next = 13,
  Until = 14,
  Stop = 15,
  Access = 16,
  Online = 17,
}

/** Steps of a thread at one time. */
export const STEPS_MAX: u32 = 100_000;

/**
 * Passes loops and beginnings of operations up to the next step that does something.
 *
 * @returns false if the program is over
 */
export function passMarks(task: u32, at: u64): bool {
  const first = taskOpFirst(task);
  const count = taskOpCount(task);
  let steps = taskInstantNs(task) == at ? taskSteps(task) : 0;
  let next = taskOp(task);
  let kind: u32 = Step.End;
  for (; steps < STEPS_MAX; ++steps) {
    kind = next < count ? opKind(first + next) : Step.End;
    if (kind == Step.Begin) {
      setTaskBeginNs(task, at);
      next += 1;
    } else if (kind == Step.Loop) {
      setRounds(task, opDepth(first + next), <u32>opNs(first + next));
      next += 1;
    } else if (kind == Step.Next) {
      next = again(task, first + next) ? opTarget(first + next) + 1 : next + 1;
    } else if (kind == Step.Stop) {
      // The thread ends if its time is past.
      if (at >= vmPowerNs(taskVm(task)) + opNs(first + next)) {
        kind = Step.End;
        break;
      }
      next += 1;
    } else if (kind == Step.Online && isOnline(task, first + next)) {
      next += 1;
    } else {
      break;
    }
  }
  setTaskOp(task, next);
  setTaskInstantNs(task, at);
  setTaskSteps(task, steps + 1);
  return kind != Step.End && kind != Step.Online && steps < STEPS_MAX;
}

/** Whether the vCPU that a thread is for is plugged in: the first thread of its kind is for the first. */
function isOnline(task: u32, op: u32): bool {
  const vm = taskVm(task);
  return task - vmTaskFirst(vm) - opTarget(op) < vmVcpuOnline(vm);
}

/** Whether a thread that has ended begins again: what kept it is that its vCPU was not plugged in. */
export function isBack(task: u32): bool {
  const op = taskOpFirst(task) + taskOp(task);
  return taskOp(task) < taskOpCount(task) && opKind(op) == Step.Online && isOnline(task, op);
}

/** Whether the loop that ends here goes round once more; 0 rounds: always. */
function again(task: u32, op: u32): bool {
  if (opNs(op) == 0) return true;
  const depth = opDepth(op);
  const left = rounds(task, depth) - 1;
  setRounds(task, depth, left);
  return left > 0;
}

function rounds(task: u32, depth: u32): u32 {
  assert(depth < 4);
  if (depth == 0) return taskLoop0(task);
  if (depth == 1) return taskLoop1(task);
  return depth == 2 ? taskLoop2(task) : taskLoop3(task);
}

function setRounds(task: u32, depth: u32, left: u32): void {
  assert(depth < 4);
  if (depth == 0) setTaskLoop0(task, left);
  else if (depth == 1) setTaskLoop1(task, left);
  else if (depth == 2) setTaskLoop2(task, left);
  else setTaskLoop3(task, left);
}
