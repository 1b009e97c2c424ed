/** Replacement policies by the book: arrays of pages, searched from end to end. The twin of src/faults. */
import type { ReplacementPolicy } from "../../src/faults/index.ts";

export interface Reference {
  readonly page: number;
  readonly write: boolean;
}

export interface Counts {
  readonly faults: number;
  readonly writeBacks: number;
}

interface Frame {
  page: number;
  dirty: boolean;
  loaded: number;
  used: number;
  uses: number;
}

/** Index of the frame to empty, at a moment of the trace. */
type Choose = (frames: readonly Frame[], at: number) => number;

/** @param draw  words of 32 random bits, for `random` */
export function replacementModel(
  policy: ReplacementPolicy,
  references: readonly Reference[],
  frames: number,
  draw: () => number,
): Counts {
  switch (policy) {
    case "clock":
      return clock(references, frames);
    case "arc":
      return arc(references, frames);
    case "2q":
      return twoQueue(references, frames);
    case "opt":
      return heapOpt(references, frames);
    default:
      return scan(references, frames, CHOICES(draw)[policy]);
  }
}

const CHOICES = (draw: () => number): Record<"lru" | "fifo" | "mru" | "lfu" | "random", Choose> => ({
  lru: (frames) => indexOfLeast(frames, ({ used }) => used),
  fifo: (frames) => indexOfLeast(frames, ({ loaded }) => loaded),
  mru: (frames) => indexOfLeast(frames, ({ used }) => -used),
  lfu: (frames) => indexOfLeast(frames, ({ uses, used }) => uses * 1e6 + used),
  random: (frames) => Math.floor((draw() / 2 ** 32) * frames.length),
});

function indexOfLeast(frames: readonly Frame[], key: (frame: Frame) => number): number {
  const keys = frames.map(key);
  return keys.indexOf(Math.min(...keys));
}

/** Any policy that chooses among the frames alone. */
export function scan(references: readonly Reference[], count: number, choose: Choose): Counts {
  const frames: Frame[] = [];
  let [faults, writeBacks] = [0, 0];
  references.forEach(({ page, write }, at) => {
    let frame = frames.find((one) => one.page === page);
    if (frame === undefined) {
      faults += 1;
      frame = { page, dirty: false, loaded: at, used: at, uses: 0 };
      if (frames.length < count) frames.push(frame);
      else {
        const victim = choose(frames, at);
        if (frames[victim]!.dirty) writeBacks += 1;
        frames[victim] = frame;
      }
    }
    frame.used = at;
    frame.uses += 1;
    frame.dirty ||= write;
  });
  return { faults, writeBacks };
}

/** Where a page is used next; Infinity: never. */
export function nextUse(references: readonly Reference[], page: number, after: number): number {
  const index = references.findIndex((one, at) => at > after && one.page === page);
  return index < 0 ? Infinity : index;
}

/** The farthest next use; among pages that are never used again, by dirtiness: the bounds of what ties can do. */
export function scanOpt(references: readonly Reference[], count: number, prefer: "clean" | "dirty"): Counts {
  return scan(references, count, (frames, at) =>
    indexOfLeast(frames, ({ page, dirty }) => {
      const next = nextUse(references, page, at);
      return next === Infinity ? -1e9 - (dirty === (prefer === "dirty") ? 1 : 0) : -next;
    }),
  );
}

/** A queue; who was used goes to its end instead of leaving. */
function clock(references: readonly Reference[], count: number): Counts {
  const queue: { page: number; dirty: boolean; used: boolean }[] = [];
  let [faults, writeBacks] = [0, 0];
  for (const { page, write } of references) {
    const found = queue.find((one) => one.page === page);
    if (found !== undefined) {
      found.used = true;
      found.dirty ||= write;
      continue;
    }
    faults += 1;
    if (queue.length === count) {
      for (let head = queue.shift()!; ; head = queue.shift()!) {
        if (!head.used) {
          if (head.dirty) writeBacks += 1;
          break;
        }
        head.used = false;
        queue.push(head);
      }
    }
    queue.push({ page, dirty: write, used: true });
  }
  return { faults, writeBacks };
}

/** A heap of [next use, page], an entry a reference, by swaps. */
function heapOpt(references: readonly Reference[], count: number): Counts {
  const heap: [number, number][] = [];
  const dirty = new Map<number, boolean>();
  let [faults, writeBacks] = [0, 0];
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  const key = (at: number): number => heap[at]?.[0] ?? -1;
  const push = (entry: [number, number]): void => {
    let at = heap.push(entry) - 1;
    for (let up = (at - 1) >> 1; at > 0 && key(at) > key(up); at = up, up = (at - 1) >> 1) swap(at, up);
  };
  const pop = (): number => {
    swap(0, heap.length - 1);
    const [, page] = heap.pop()!;
    for (let at = 0; ; ) {
      const down = key(2 * at + 2) > key(2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
      if (!(key(down) > key(at))) return page;
      swap(at, down);
      at = down;
    }
  };
  references.forEach(({ page, write }, at) => {
    if (!dirty.has(page)) {
      faults += 1;
      if (dirty.size === count) {
        const victim = pop();
        if (dirty.get(victim)) writeBacks += 1;
        dirty.delete(victim);
      }
    }
    dirty.set(page, write || dirty.get(page) === true);
    push([nextUse(references, page, at), page]);
  });
  return { faults, writeBacks };
}

/** Pages in lists, newest first, and which of them are dirty: what ARC and 2Q share. */
class Lists {
  faults = 0;
  writeBacks = 0;
  readonly #dirty = new Set<number>();

  evict(page: number): void {
    if (this.#dirty.delete(page)) this.writeBacks += 1;
  }

  touch({ page, write }: Reference): void {
    if (write) this.#dirty.add(page);
  }
}

const without = (list: number[], page: number): number[] => list.filter((one) => one !== page);

/** Figure 4 of the paper, case by case. */
function arc(references: readonly Reference[], c: number): Counts {
  let [t1, t2, b1, b2]: [number[], number[], number[], number[]] = [[], [], [], []];
  let p = 0;
  const lists = new Lists();
  const replace = (isInB2: boolean): void => {
    if (t1.length >= 1 && ((isInB2 && t1.length === p) || t1.length > p)) {
      const page = t1.pop()!;
      b1.unshift(page);
      lists.evict(page);
    } else {
      const page = t2.pop()!;
      b2.unshift(page);
      lists.evict(page);
    }
  };
  for (const reference of references) {
    const x = reference.page;
    if (t1.includes(x) || t2.includes(x)) {
      t1 = without(t1, x);
      t2 = [x, ...without(t2, x)];
    } else {
      lists.faults += 1;
      if (b1.includes(x)) {
        p = Math.min(p + (b1.length >= b2.length ? 1 : b2.length / b1.length), c);
        replace(false);
        b1 = without(b1, x);
        t2.unshift(x);
      } else if (b2.includes(x)) {
        p = Math.max(p - (b2.length >= b1.length ? 1 : b1.length / b2.length), 0);
        replace(true);
        b2 = without(b2, x);
        t2.unshift(x);
      } else {
        if (t1.length + b1.length === c) {
          if (t1.length < c) {
            b1.pop();
            replace(false);
          } else lists.evict(t1.pop()!);
        } else if (t1.length + t2.length + b1.length + b2.length >= c) {
          if (t1.length + t2.length + b1.length + b2.length === 2 * c) b2.pop();
          replace(false);
        }
        t1.unshift(x);
      }
    }
    lists.touch(reference);
  }
  return lists;
}

/** The procedure of the paper with its names. */
function twoQueue(references: readonly Reference[], c: number): Counts {
  let [a1in, a1out, am]: [number[], number[], number[]] = [[], [], []];
  const [kin, kout] = [Math.floor(c / 4), Math.floor(c / 2)];
  const lists = new Lists();
  const reclaim = (): void => {
    if (a1in.length + am.length < c) return;
    if (a1in.length > kin || am.length === 0) {
      const y = a1in.pop()!;
      lists.evict(y);
      a1out.unshift(y);
      if (a1out.length > kout) a1out.pop();
    } else lists.evict(am.pop()!);
  };
  for (const reference of references) {
    const x = reference.page;
    if (am.includes(x)) am = [x, ...without(am, x)];
    else if (!a1in.includes(x)) {
      lists.faults += 1;
      const wasOut = a1out.includes(x);
      reclaim();
      a1out = without(a1out, x);
      if (wasOut) am.unshift(x);
      else a1in.unshift(x);
    }
    lists.touch(reference);
  }
  return lists;
}
