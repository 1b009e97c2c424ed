/** Twin of assembly/memory/frames.ts over typed arrays: the free frames of one zone, lowest first. */

export interface FrameModel {
  /** Lowest free frame, now used. */
  allocate(): number;
  release(frame: number): void;
}

/** The core's own way: sets of 32 over sets of 32. */
export function bitsetFrames(frames: number): FrameModel {
  const levels: Uint32Array[] = [];
  for (let size = Math.ceil(frames / 32); ; size = Math.ceil(size / 32)) {
    levels.push(new Uint32Array(size));
    if (size === 1) break;
  }
  const count = new Uint16Array(frames);
  const content = new Uint32Array(2 * frames);
  const blockFree = new Uint16Array(Math.ceil(frames / 512));
  const release = (frame: number): void => {
    count[frame] = 0;
    content[2 * frame] = 0xdbdb_dbdb;
    content[2 * frame + 1] = 0xdbdb_dbdb;
    blockFree[frame >>> 9]! += 1;
    let at = frame;
    for (const level of levels) {
      const before = level[at >>> 5]!;
      level[at >>> 5] = before | (1 << (at & 31));
      if (before !== 0) return;
      at >>>= 5;
    }
  };
  const allocate = (): number => {
    let at = 0;
    for (let level = levels.length - 1; level >= 0; level -= 1) {
      const word = levels[level]![at]!;
      at = 32 * at + 31 - Math.clz32(word & -word);
    }
    let gone = at;
    for (const level of levels) {
      const after = level[gone >>> 5]! & ~(1 << (gone & 31));
      level[gone >>> 5] = after;
      if (after !== 0) break;
      gone >>>= 5;
    }
    count[at] = 1;
    blockFree[at >>> 9]! -= 1;
    return at;
  };
  for (let frame = 0; frame < frames; frame += 1) release(frame);
  return { allocate, release };
}

/** The textbook's way: a binary heap of the free ones. */
export function heapFrames(frames: number): FrameModel {
  const heap = Uint32Array.from({ length: frames }, (_, frame) => frame);
  let size = frames;
  return {
    allocate() {
      const lowest = heap[0]!;
      size -= 1;
      const last = heap[size]!;
      let place = 0;
      for (let child = 1; child < size; child = 2 * place + 1) {
        if (child + 1 < size && heap[child + 1]! < heap[child]!) child += 1;
        if (heap[child]! >= last) break;
        heap[place] = heap[child]!;
        place = child;
      }
      heap[place] = last;
      return lowest;
    },
    release(frame) {
      let place = size;
      size += 1;
      for (; place > 0 && heap[(place - 1) >> 1]! > frame; place = (place - 1) >> 1) {
        heap[place] = heap[(place - 1) >> 1]!;
      }
      heap[place] = frame;
    },
  };
}
