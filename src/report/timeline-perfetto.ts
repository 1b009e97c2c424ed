/**
 * A timeline as trace events, to be opened in the Perfetto UI (ui.perfetto.dev) or in chrome://tracing.
 *
 *   process  a host        thread  a pCPU        slice  a dispatch, named by its vCPU
 *
 * Instants mark co-stops and moves from another pCPU, a counter a host says how many vCPUs are ready and co-stopped.
 *
 * Source: Trace Event Format (JSON object form). Cost: O(entries), about 110 bytes a slice, 230 with counters and instants.
 */
import { visible } from "./names.ts";
import { migrationSlices } from "./perfetto-migrations.ts";
import type { Result, Timeline } from "./result.ts";
import { COSTOPPED, READY, RUN, STATE_BITS } from "./spans.ts";

/** Characters collected before they are handed out. */
const CHUNK = 1 << 16;

/**
 * The file in pieces, the same bytes for the same timeline.
 *
 * @param timeline  of the run
 * @param result    whose VMs say on which host a vCPU waits
 * @returns         pieces of about 64 KiB that make one JSON document
 */
export function* timelinePerfetto(timeline: Timeline, result: Result): Generator<string> {
  const about = { ballast: result.ballast, scenario: visible(result.scenario.name), seed: result.seed };
  let text = `{"displayTimeUnit":"ns","otherData":${JSON.stringify({ ...about, cut: timeline.cut })},"traceEvents":[\n`;
  let first = true;
  for (const event of eventsOf(timeline, result)) {
    text += first ? event : `,\n${event}`;
    first = false;
    if (text.length < CHUNK) continue;
    yield text;
    text = "";
  }
  yield `${text}\n]}\n`;
}

function* eventsOf(timeline: Timeline, result: Result): Generator<string> {
  const tracks = tracksOf(timeline);
  yield* tracks.metadata;
  const names = timeline.vcpus.map(({ vm, index }) => JSON.stringify(`${visible(vm)}[${index}]`));
  const counters = countersOf(timeline, result, tracks.processes);
  const { atNs, vcpu, pcpu, state, untilNs } = timeline;
  const states = new Uint8Array(names.length);
  const places = new Uint32Array(names.length).fill(NOWHERE);
  const since = new Float64Array(names.length);

  function* slice(row: number, toNs: number): Generator<string> {
    if (states[row] !== RUN || toNs <= since[row]!) return;
    yield `{"ph":"X","cat":"run","name":${names[row]},"ts":${micros(since[row]!)},"dur":${micros(toNs - since[row]!)},${tracks.of(places[row]!)}}`;
  }

  for (let entry = 0; entry < atNs.length; ++entry) {
    const row = vcpu[entry]!;
    const next = state[entry]! & STATE_BITS;
    const at = atNs[entry]!;
    if (at > untilNs) break;
    yield* slice(row, at);
    yield* counters.change(at, row, states[row]!, next);
    if (next === COSTOPPED && states[row] !== COSTOPPED) {
      // Who has never run is stopped where it waits.
      const where = places[row] === NOWHERE ? pcpu[entry]! : places[row]!;
      yield instant("co-stop", names[row]!, at, tracks.of(where), "");
    }
    if (next === RUN) {
      const from = places[row]!;
      places[row] = pcpu[entry]!;
      // Moved now, or while it waited: what counts is where it last ran.
      if (from !== NOWHERE && from !== places[row]) {
        yield instant("migration", names[row]!, at, tracks.of(places[row]!), tracks.name(from));
      }
    }
    states[row] = next;
    since[row] = at;
  }
  for (let row = 0; row < names.length; ++row) yield* slice(row, untilNs);
  yield* counters.end();
  yield* migrationSlices(result);
}

const NOWHERE = 0xffff_ffff;

/** Nanoseconds as microseconds with all three decimals, exactly. */
function micros(ns: number): string {
  const rest = ns % 1000;
  const whole = (ns - rest) / 1000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, "0")}`;
}

function instant(kind: string, name: string, atNs: number, track: string, from: string): string {
  const args = from === "" ? `{"vcpu":${name}}` : `{"vcpu":${name},"from":${JSON.stringify(from)}}`;
  return `{"ph":"i","s":"t","cat":"${kind}","name":"${kind}","ts":${micros(atNs)},${track},"args":${args}}`;
}

interface Tracks {
  /** Names and order of processes and threads. */
  readonly metadata: readonly string[];
  /** Number of the process of each host. */
  readonly processes: ReadonlyMap<string, number>;
  /** `"pid":1,"tid":2` of a row of the timeline's `pcpus`. */
  readonly of: (pcpu: number) => string;
  readonly name: (pcpu: number) => string;
}

/** A process a host, a thread a pCPU; numbers from 1, for 0 means the idle process to some readers. */
function tracksOf({ pcpus }: Timeline): Tracks {
  const processes = new Map<string, number>();
  const metadata: string[] = [];
  const meta = (name: string, track: string, args: object): void => {
    metadata.push(`{"ph":"M","name":"${name}",${track},"args":${JSON.stringify(args)}}`);
  };
  for (const { host } of pcpus) {
    if (processes.has(host)) continue;
    const pid = processes.size + 1;
    processes.set(host, pid);
    meta("process_name", `"pid":${pid}`, { name: visible(host) });
    meta("process_sort_index", `"pid":${pid}`, { sort_index: pid });
  }
  const tracks = pcpus.map(({ host, index }) => `"pid":${processes.get(host)},"tid":${index + 1}`);
  const name = (pcpu: number): string => `pCPU ${pcpus[pcpu]!.index}`;
  pcpus.forEach(({ index }, row) => {
    meta("thread_name", tracks[row]!, { name: name(row) });
    meta("thread_sort_index", tracks[row]!, { sort_index: index + 1 });
  });
  return { metadata, processes, of: (pcpu) => tracks[pcpu]!, name };
}

interface Counters {
  /** Takes a change of state; gives the values before it where time has passed since the last change. */
  readonly change: (atNs: number, vcpu: number, before: number, after: number) => Generator<string>;
  readonly end: () => Generator<string>;
}

/** How many vCPUs are ready and co-stopped on each host; one event for all changes of one moment. */
function countersOf(timeline: Timeline, result: Result, processes: ReadonlyMap<string, number>): Counters {
  const hostOf = new Map(result.vms.map((vm) => [vm.name, processes.get(vm.host) ?? 0]));
  const homes = timeline.vcpus.map(({ vm }) => hostOf.get(vm) ?? 0);
  const ready = new Uint32Array(processes.size + 1);
  const stopped = new Uint32Array(processes.size + 1);
  const changed = new Set<number>();
  let now = 0;

  function* flush(): Generator<string> {
    for (const pid of changed) {
      yield `{"ph":"C","name":"waiting vCPUs","ts":${micros(now)},"pid":${pid},"args":{"ready":${ready[pid]},"co-stopped":${stopped[pid]}}}`;
    }
    changed.clear();
  }
  function count(vcpu: number, state: number, by: number): void {
    const pid = homes[vcpu]!;
    if (pid === 0 || (state !== READY && state !== COSTOPPED)) return;
    const counted = state === READY ? ready : stopped;
    counted[pid]! += by;
    changed.add(pid);
  }
  return {
    *change(atNs, vcpu, before, after) {
      if (atNs > now) yield* flush();
      now = atNs;
      if (before === after) return;
      count(vcpu, before, -1);
      count(vcpu, after, 1);
    },
    end: flush,
  };
}
