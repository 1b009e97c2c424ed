/**
 * The hold model, for the bench of the queue alone: the earliest event happens and is due again a while later, over and
 * over. It stands in the core so that the bench drives the very queue that `advance` drives, compiled with it, and times
 * nothing else. Source: Jones, CACM 29(4), 1986.
 */
import { eventAt } from "./layout";
import { earliest, schedule } from "./queue";

/**
 * Lets events happen.
 *
 * @param increments  address of u32 ns, by which events are due again, in turn
 * @param mask        one less than how many there are, a power of two
 * @param from        events that happened before
 * @param count       events to happen now
 * @returns           a digest of their times and rows, in their order
 */
export function hold(increments: usize, mask: u32, from: u32, count: u32): u32 {
  let digest: u32 = 0;
  for (let step = from; step != from + count; ++step) {
    const event = earliest();
    const at = eventAt(event);
    digest = (digest * 0x9e3779b1 + <u32>at) ^ event;
    schedule(event, at + load<u32>(increments + ((step & mask) << 2)));
  }
  return digest;
}
