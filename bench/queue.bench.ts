/**
 * Question: does the core's tournament tree pay for itself against the same tree and a flat binary heap in TypeScript?
 * The hold model: the earliest event happens and is due again a period of its own later.
 */
import { coreOf, streamOf } from "../test/support/world.ts";
import { digest, faster, parameter, run } from "./harness.ts";
import { binaryHeap, type Queue, tournamentTree } from "./model/queue.ts";

const STEPS = parameter("steps", 500, 200_000);
/** Simulated time that a case is brought on by, so that about STEPS events happen. */
const spanOf = (events: number): number => Math.ceil((STEPS * 20_000_000) / events);

/** Streams so slow that a batch has no access: all that happens is the queue's own work, and a carry. */
function hold(events: number) {
  const workload = Array.from({ length: events }, () => streamOf({ ratePerKs: 1 }));
  const core = coreOf({ vms: [{ pages: 512, workload }] }, "release");
  const periods = new Float64Array(events);
  for (let row = 0; row < events; row += 1) {
    // Ten to thirty milliseconds, no two alike.
    periods[row] = 10_000_000 + ((row * 7919) % events) * Math.floor(20_000_000 / events) + (row % 7);
    core.columns.streamPeriodNs.set(row, periods[row]!);
    core.wasm.startStream(row, periods[row]!);
  }
  return { core, periods };
}

function holdModel(make: (events: number) => Queue, periods: Float64Array) {
  const queue = make(periods.length);
  periods.forEach((period, event) => {
    queue.schedule(event, period);
  });
  return (untilNs: number): Float64Array => {
    for (;;) {
      const event = queue.earliest();
      const at = queue.at[event]!;
      if (at > untilNs) return queue.at;
      queue.schedule(event, at + periods[event]!);
    }
  };
}

async function bench(events: number): Promise<void> {
  const { core, periods } = hold(events);
  const span = spanOf(events);
  const tree = holdModel(tournamentTree, periods);
  const heap = holdModel(binaryHeap, periods);
  const first = core.plan.rows.event - events;
  const coreTimes = () => Float64Array.from(periods, (_, row) => core.columns.eventAt.get(first + row));
  /** Each case on a clock of its own, a span further with each call. */
  const onward = (advance: (untilNs: number) => unknown, times: (nowNs: number) => Float64Array) => {
    let now = 0;
    return {
      run() {
        now += span;
        advance(now);
      },
      answer: () => digest(times(now)),
    };
  };
  await run(
    `queue, hold model, ${events} events, about ${STEPS} of them happen`,
    {
      core: onward(core.wasm.advance, coreTimes),
      "tree twin": onward(tree, tree),
      "binary heap twin": onward(heap, heap),
    },
    { rounds: 9, goals: [faster("core", "tree twin"), faster("core", "binary heap twin")] },
  );
}

await bench(parameter("events", 5, 64));
await bench(parameter("events", 33, 1024));
await bench(parameter("events", 100, 16_384));
