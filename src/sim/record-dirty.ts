/**
 * A VM's writable working set, measured in simulation: which pages it writes in every interval of a run.
 *
 *   run |--every--|--every--|--every--|     at each mark the log is read and begun anew
 *
 * Policies do not act meanwhile: what is looked at is the guest.
 *
 * Source: Clark et al., NSDI 2005, §4 (there every 50 ms). Cost: the run, and a bit a page an interval.
 */
import type { DirtySample, DirtySeries } from "../migrate/dirty-series.ts";
import type { Scenario } from "../scenario/types.ts";
import { createWorld, type World } from "./world.ts";

export interface RecordDirtyOptions {
  /** By name. */
  readonly vm: string;
  readonly everyNs: number;
  /** Before the first interval; 0 if absent. */
  readonly fromNs?: number;
  /** Of the intervals; the rest of the scenario's duration if absent. */
  readonly forNs?: number;
}

/**
 * Runs a scenario and records what one of its VMs writes.
 *
 * Throws RangeError for a VM that is not there, or no interval.
 */
export async function recordDirty(scenario: Scenario, options: RecordDirtyOptions): Promise<DirtySeries> {
  const { vm, everyNs, fromNs = 0, forNs = scenario.durationNs - fromNs } = options;
  const index = scenario.vms.findIndex(({ name }) => name === vm);
  if (index < 0) {
    const names = scenario.vms.map(({ name }) => name).join(", ");
    throw new RangeError(`vm: expected one of ${names}, got ${vm}`);
  }
  if (!(everyNs >= 1e6 && forNs >= everyNs)) {
    throw new RangeError(`every: expected 1 ms or more, and no more than the ${forNs / 1e9} s of the run`);
  }
  const world = await createWorld(scenario, { dirtyLog: true });
  try {
    const row = world.vmRows[index]!;
    const samples = recordOf(world, row, { everyNs, fromNs, forNs });
    const span = world.columns.vmPpnCount[row]!;
    return { name: `${scenario.name}, ${vm}`, span, samples, seconds: (samples.length * everyNs) / 1e9 };
  } finally {
    world.dispose();
  }
}

function recordOf(
  world: World,
  row: number,
  { everyNs, fromNs, forNs }: { everyNs: number; fromNs: number; forNs: number },
): DirtySample[] {
  const { columns, wasm } = world.core;
  const span = columns.vmPpnCount[row]!;
  const { buffer, byteOffset } = columns.dirtyWordBits.words;
  const words = new Uint32Array(buffer, byteOffset + columns.vmPpnFirst[row]! / 8, Math.ceil(span / 32));
  const runTo = (untilNs: number): void => {
    while (world.advance(untilNs) !== "until");
  };
  runTo(fromNs);
  wasm.dirtyLog_open(row);
  const samples: DirtySample[] = [];
  for (let atNs = fromNs + everyNs; atNs <= fromNs + forNs; atNs += everyNs) {
    runTo(atNs);
    samples.push({ seconds: everyNs / 1e9, ...runsOf(words, span) });
    wasm.dirtyLog_open(row);
  }
  return samples;
}

/** Runs of set bits: first page and count of each. */
function runsOf(words: Uint32Array, span: number): { runs: Uint32Array; pages: number } {
  const runs: number[] = [];
  let [pages, begun] = [0, -1];
  for (let page = 0; page <= span; page += 1) {
    if (begun < 0 && (page & 31) === 0 && words[page >> 5] === 0) {
      page += 31;
      continue;
    }
    const isSet = page < span && ((words[page >> 5]! >> (page & 31)) & 1) === 1;
    if (isSet && begun < 0) begun = page;
    if (isSet || begun < 0) continue;
    runs.push(begun, page - begun);
    pages += page - begun;
    begun = -1;
  }
  return { runs: Uint32Array.from(runs), pages };
}
