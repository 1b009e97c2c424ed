/** Twins of assembly/queue.ts over typed arrays: its own tree, and a flat binary heap that knows where each event is. */

export interface Queue {
  /** When each event is due. */
  readonly at: Float64Array;
  /** The earliest; the lowest of those due at one time. */
  earliest(): number;
  schedule(event: number, at: number): void;
}

export function tournamentTree(events: number): Queue {
  const leaves = 2 ** Math.ceil(Math.log2(Math.max(2, events)));
  const at = new Float64Array(events).fill(Infinity);
  // One row more, for leaves that are no events.
  const times = new Float64Array(leaves).fill(Infinity);
  const winner = new Uint32Array(2 * leaves);
  for (let event = 0; event < leaves; event += 1) winner[leaves + event] = event;
  for (let node = leaves - 1; node > 0; node -= 1) winner[node] = winner[2 * node]!;
  return {
    at,
    earliest: () => winner[1]!,
    schedule(event, due) {
      at[event] = due;
      times[event] = due;
      for (let node = (leaves + event) >> 1; node > 0; node >>= 1) {
        const left = winner[2 * node]!;
        const right = winner[2 * node + 1]!;
        winner[node] = times[right]! < times[left]! ? right : left;
      }
    },
  };
}

export function binaryHeap(events: number): Queue {
  const at = new Float64Array(events).fill(Infinity);
  const heap = Uint32Array.from({ length: events }, (_, event) => event);
  const places = Uint32Array.from(heap);
  const before = (a: number, b: number): boolean => at[a]! < at[b]! || (at[a]! === at[b]! && a < b);
  const put = (place: number, event: number): void => {
    heap[place] = event;
    places[event] = place;
  };
  const rise = (event: number): void => {
    let place = places[event]!;
    for (; place > 0; place = (place - 1) >> 1) {
      const parent = heap[(place - 1) >> 1]!;
      if (!before(event, parent)) break;
      put(place, parent);
    }
    put(place, event);
  };
  const sink = (event: number): void => {
    let place = places[event]!;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= events) break;
      if (child + 1 < events && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, event)) break;
      put(place, heap[child]!);
      place = child;
    }
    put(place, event);
  };
  return {
    at,
    earliest: () => heap[0]!,
    schedule(event, due) {
      at[event] = due;
      rise(event);
      sink(event);
    },
  };
}
