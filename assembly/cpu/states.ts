/** States of vCPUs, VMs and guest threads, and the row that means none. */

/** Virtual time is in 2^-12 ns per share. */
export const VTIME_SHIFT: u64 = 12;

/** No row. */
export const NONE: u32 = 0xffff_ffff;

/** vcpuState. */
export const enum State {
  Off = 0,
  Run = 1,
  Ready = 2,
  Costop = 3,
  Idle = 4,
  /** Waits for a page that is being swapped in. */
  Swap = 5,
}

/** vmPower. */
export const enum Power {
  Off = 0,
  On = 1,
  Panicked = 2,
}

/** taskState. */
export const enum Thread {
  /** Sleeps, or waits for a lock, barrier, wake-up or request without spinning. */
  Blocked = 0,
  /** Waits for a vCPU of its VM. */
  Queued = 1,
  /** On a vCPU, with work to do. */
  OnVcpu = 2,
  /** On a vCPU, spinning. */
  Spins = 3,
  Ended = 4,
}

/** worldScheduler. */
export const enum Scheduler {
  VirtualTime = 0,
  Stride = 1,
  Lottery = 2,
  RoundRobin = 3,
  Credit = 4,
}

/** vcpuPriority. */
export const enum Priority {
  Boost = 0,
  Under = 1,
  Over = 2,
}
