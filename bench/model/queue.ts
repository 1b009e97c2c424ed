/** Twin of assembly/queue.ts over typed arrays: a tournament tree whose leaves are the events. */

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
