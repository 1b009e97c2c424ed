/**
 * One guest on vCPUs that always run or are kept from it, naively: lists of objects, searched from end to end at every
 * event. Lengths are constant. Takes the same orders as `GuestMachine` of test/support.
 */
import type { ProgramSpec, StepSpec, SyncSpec } from "../../../src/scenario/types.ts";

type State = "blocked" | "queued" | "on" | "spins" | "ended";
const SPINNING: readonly SyncSpec["kind"][] = ["spin", "ticket", "spin-barrier"];

class Thread {
  readonly row: number;
  readonly steps: readonly StepSpec[];
  state: State = "blocked";
  vcpu: Vcpu | undefined;
  next = 0;
  workNs = 0;
  rounds = new Map<number, number>();
  beginNs = 0;
  timerNs = 0;
  wakeNs = Infinity;
  /** Lock or barrier whose line it stands in. */
  waitsAt: Meeting | undefined;

  constructor(row: number, steps: readonly StepSpec[]) {
    this.row = row;
    this.steps = steps;
  }
}

interface Vcpu {
  readonly row: number;
  thread: Thread | undefined;
  preempted: boolean;
  /** Runs: its thread has had the chance to take steps. */
  runs: boolean;
  sliceNs: number;
}

interface Meeting {
  readonly kind: SyncSpec["kind"];
  readonly parties: number;
  holder: Thread | undefined;
  line: Thread[];
}

interface Source {
  readonly gapNs: number;
  nextNs: number;
  arrivals: number[];
  line: Thread[];
}

export class GuestModel {
  now = 0;
  online: number;
  readonly threads: Thread[];
  readonly vcpus: Vcpu[];
  readonly meetings: Meeting[];
  readonly sources: Source[];
  readonly latencies: number[] = [];
  readonly #sliceNs: number;
  #queue: Thread[] = [];
  #kicked: Vcpu[] = [];

  constructor(program: ProgramSpec, vcpus: number, sliceNs: number) {
    this.#sliceNs = sliceNs;
    this.online = vcpus;
    this.threads = program.threads.map(({ steps, startNs }, row) => {
      const thread = new Thread(row, steps);
      thread.timerNs = startNs;
      thread.beginNs = startNs;
      thread.wakeNs = startNs;
      return thread;
    });
    this.vcpus = Array.from({ length: vcpus }, (_, row) => {
      return { row, thread: undefined, preempted: false, runs: false, sliceNs: 0 };
    });
    this.meetings = program.syncs.map(({ kind, parties }) => ({
      kind,
      parties,
      holder: undefined,
      line: [],
    }));
    this.sources = program.sources.map(({ gapNs }) => ({ gapNs, nextNs: gapNs, arrivals: [], line: [] }));
    for (const thread of this.threads.filter(({ wakeNs }) => wakeNs === 0)) this.#wake(thread);
    this.#drain();
  }

  runTo(untilNs: number): void {
    for (;;) {
      const sleeper = first(this.threads, ({ wakeNs }) => wakeNs);
      const source = first(this.sources, ({ nextNs }) => nextNs);
      const vcpu = first(this.vcpus, (one) => this.now + this.#left(one));
      const at = Math.min(sleeper.at, source.at, vcpu.at);
      if (at > untilNs) break;
      this.#pass(at);
      if (sleeper.at === at) this.#wake(sleeper.one!);
      else if (source.at === at) this.#arrival(source.one!);
      else this.#end(vcpu.one!);
      this.#drain();
    }
    this.#pass(untilNs);
  }

  preempt(row: number): void {
    this.vcpus[row]!.preempted = true;
    this.vcpus[row]!.runs = false;
  }

  dispatch(row: number): void {
    this.vcpus[row]!.preempted = false;
    this.#look(this.vcpus[row]!);
    this.#drain();
  }

  plug(online: number): void {
    const comes = online > this.online;
    const gone = this.vcpus.slice(online, this.online).reverse();
    this.online = online;
    for (const vcpu of gone) {
      const { thread } = vcpu;
      if (thread === undefined) continue;
      vcpu.thread = undefined;
      thread.state = "queued";
      this.#queue.unshift(thread);
      if (this.#queue.length === 1) this.#beginSlices();
      this.#kick(vcpu);
    }
    for (const vcpu of this.#plugged()) {
      if (vcpu.thread !== undefined) continue;
      if (this.#queue.length === 0) break;
      this.#putOn(this.#queue.shift()!, vcpu);
      this.#kick(vcpu);
    }
    for (const thread of comes ? this.threads : []) {
      const step = thread.steps[thread.next];
      if (thread.state !== "ended" || step?.kind !== "online" || !this.#isOnline(thread, step.first))
        continue;
      this.#wake(thread);
    }
    this.#drain();
  }

  #plugged(): Vcpu[] {
    return this.vcpus.slice(0, this.online);
  }

  #left({ thread, runs, sliceNs }: Vcpu): number {
    if (thread === undefined || !runs) return Infinity;
    return Math.min(
      thread.state === "on" ? thread.workNs : Infinity,
      this.#queue.length > 0 ? sliceNs : Infinity,
    );
  }

  #pass(at: number): void {
    for (const vcpu of this.vcpus.filter(({ runs }) => runs)) {
      if (vcpu.thread?.state === "on") vcpu.thread.workNs -= at - this.now;
      vcpu.sliceNs = Math.max(0, vcpu.sliceNs - (at - this.now));
    }
    this.now = at;
  }

  #end(vcpu: Vcpu): void {
    const thread = vcpu.thread!;
    if (thread.state === "spins" || thread.workNs > 0) {
      vcpu.thread = undefined;
      thread.state = "queued";
      this.#queue.push(thread);
    }
    this.#goOn(vcpu);
    this.#look(vcpu);
  }

  #arrival(source: Source): void {
    source.arrivals.push(this.now);
    source.nextNs = this.now + source.gapNs;
    const thread = source.line.shift();
    if (thread === undefined) return;
    thread.beginNs = source.arrivals.shift()!;
    this.#wake(thread);
  }

  #kick(vcpu: Vcpu): void {
    if (!this.#kicked.includes(vcpu)) this.#kicked.push(vcpu);
  }

  #drain(): void {
    while (this.#kicked.length > 0) this.#look(this.#kicked.shift()!);
  }

  #look(vcpu: Vcpu): void {
    const ran = vcpu.runs;
    vcpu.runs = vcpu.thread !== undefined && !vcpu.preempted;
    if (!vcpu.runs) return;
    const { state, workNs } = vcpu.thread!;
    if ((state === "spins" && !ran) || (state === "on" && workNs === 0)) this.#goOn(vcpu);
    vcpu.runs = vcpu.thread !== undefined;
  }

  #wake(thread: Thread): void {
    thread.wakeNs = Infinity;
    thread.state = "blocked";
    this.#passMarks(thread);
    if (this.#isOver(thread)) {
      thread.state = "ended";
      return;
    }
    const idle = this.#plugged().filter((vcpu) => vcpu.thread === undefined);
    const vcpu = idle.find((one) => one === thread.vcpu) ?? idle[0];
    if (vcpu !== undefined) {
      this.#putOn(thread, vcpu);
      this.#kick(vcpu);
      return;
    }
    thread.state = "queued";
    this.#queue.push(thread);
    if (this.#queue.length === 1) this.#beginSlices();
  }

  #beginSlices(): void {
    for (const vcpu of this.#plugged()) {
      if (vcpu.sliceNs === 0) vcpu.sliceNs = this.#sliceNs;
      if (vcpu.runs) this.#kick(vcpu);
    }
  }

  #putOn(thread: Thread, vcpu: Vcpu): void {
    vcpu.thread = thread;
    vcpu.sliceNs = this.#sliceNs;
    thread.vcpu = vcpu;
    thread.state = thread.waitsAt === undefined ? "on" : "spins";
  }

  #goOn(vcpu: Vcpu): void {
    for (;;) {
      if (vcpu.thread === undefined) {
        const head = this.#queue.shift();
        if (head === undefined) return;
        this.#putOn(head, vcpu);
      }
      const thread = vcpu.thread!;
      const meeting = thread.waitsAt;
      if (meeting !== undefined) {
        if (meeting.kind !== "spin" || meeting.holder !== undefined) return;
        meeting.holder = thread;
        meeting.line = meeting.line.filter((one) => one !== thread);
        thread.waitsAt = undefined;
        thread.state = "on";
      }
      if (thread.workNs > 0) return;
      while (this.#takeStep(thread));
      if (thread.state === "on" || thread.state === "spins") return;
      vcpu.thread = undefined;
    }
  }

  #isOver({ steps, next }: Thread): boolean {
    const kind = steps[next]?.kind ?? "end";
    return kind === "end" || kind === "online";
  }

  #passMarks(thread: Thread): void {
    for (; ; thread.next += 1) {
      const step = thread.steps[thread.next];
      if (step?.kind === "begin") thread.beginNs = this.now;
      else if (step?.kind === "loop") thread.rounds.set(thread.next, step.rounds);
      else if (step?.kind === "next") {
        const left = thread.rounds.get(step.partner)! - 1;
        thread.rounds.set(step.partner, left);
        if (step.rounds === 0 || left > 0) thread.next = step.partner;
      } else if (step?.kind !== "online" || !this.#isOnline(thread, step.first)) return;
    }
  }

  #isOnline(thread: Thread, first: number): boolean {
    return (thread.row - first) >>> 0 < this.online;
  }

  /** @returns true if it goes on at once */
  #takeStep(thread: Thread): boolean {
    this.#passMarks(thread);
    if (this.#isOver(thread)) {
      thread.state = "ended";
      return false;
    }
    const step = thread.steps[thread.next++]!;
    switch (step.kind) {
      case "run":
        thread.workNs = step.ns;
        return step.ns === 0;
      case "sleep":
        return this.#sleepUntil(thread, this.now + step.ns);
      case "until":
        return this.#sleepUntil(thread, step.ns);
      case "timer":
        thread.timerNs += step.ns;
        return this.#sleepUntil(thread, thread.timerNs);
      case "finish":
        this.latencies.push(this.now - thread.beginNs);
        return true;
      case "take":
        return this.#take(thread, this.sources[step.source]!);
      default:
        return this.#meet(thread, step as StepSpec & { sync: number });
    }
  }

  #sleepUntil(thread: Thread, at: number): boolean {
    if (at <= this.now) return true;
    thread.state = "blocked";
    thread.wakeNs = at;
    return false;
  }

  #take(thread: Thread, source: Source): boolean {
    const arrived = source.arrivals.shift();
    if (arrived !== undefined) {
      thread.beginNs = arrived;
      return true;
    }
    thread.state = "blocked";
    source.line.push(thread);
    return false;
  }

  #meet(thread: Thread, step: StepSpec & { sync: number }): boolean {
    const meeting = this.meetings[step.sync]!;
    switch (step.kind) {
      case "lock":
        if (meeting.holder !== undefined) return this.#waitAt(thread, meeting);
        meeting.holder = thread;
        return true;
      case "unlock":
        this.#unlock(thread, meeting);
        return true;
      case "barrier":
        if (meeting.line.length + 1 < meeting.parties) return this.#waitAt(thread, meeting);
        this.#releaseAll(meeting);
        return true;
      case "suspend":
        return this.#waitAt(thread, meeting);
      default:
        this.#releaseAll(meeting);
        return true;
    }
  }

  #waitAt(thread: Thread, meeting: Meeting): false {
    meeting.line.push(thread);
    if (SPINNING.includes(meeting.kind)) {
      thread.waitsAt = meeting;
      thread.state = "spins";
    } else {
      thread.state = "blocked";
      thread.vcpu!.thread = undefined;
    }
    return false;
  }

  #unlock(thread: Thread, meeting: Meeting): void {
    if (meeting.holder !== thread) return;
    const running = (one: Thread): boolean => one.state === "spins" && one.vcpu!.runs;
    meeting.holder = meeting.kind === "spin" ? meeting.line.find(running) : meeting.line[0];
    if (meeting.holder === undefined) return;
    meeting.line = meeting.line.filter((one) => one !== meeting.holder);
    this.#release(meeting.holder);
  }

  #releaseAll(meeting: Meeting): void {
    const { line } = meeting;
    meeting.line = [];
    for (const thread of line) this.#release(thread);
  }

  #release(thread: Thread): void {
    if (thread.state === "blocked") {
      this.#wake(thread);
      return;
    }
    thread.waitsAt = undefined;
    if (thread.state === "spins") {
      thread.state = "on";
      if (thread.vcpu!.runs) this.#kick(thread.vcpu!);
    }
    this.#passMarks(thread);
  }
}

/** The first of those whose time is least. */
function first<One>(all: readonly One[], time: (one: One) => number): { one?: One; at: number } {
  const at = Math.min(Infinity, ...all.map(time));
  const one = at === Infinity ? undefined : all.find((any) => time(any) === at);
  return one === undefined ? { at } : { one, at };
}
