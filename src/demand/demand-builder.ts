/**
 * From readings in any order to a demand table.
 *
 *   reading (VM, time, seconds, cpu, memory)   →   mean of each step, weighted by seconds
 *
 * Readings of one VM mostly come in order of time: the step that is open gathers, a step that is over is one number. A
 * step within a VM's span that has no reading repeats the one before. Cost: 4 bytes a VM and step and resource while it
 * reads, as much again for the table.
 */
import type { DemandTable, DemandVm } from "./demand-table.ts";
import { Series } from "./series.ts";

export interface BuilderOptions {
  /** Seconds of a step. */
  readonly stepS: number;
  /** Seconds between the values of a series; absent: a step. */
  readonly seriesStepS?: number | undefined;
  /** What readings of CPU are: part of the VM's own; MHz, divided by vcpus × mhz in the end; or cores, divided by vcpus. */
  readonly cpuIn: "part" | "mhz" | "cores";
  readonly memoryIn: "part" | "mib";
  /** VMs after so many are left out. */
  readonly vmsMax?: number | undefined;
  /** Readings outside are left out; s, on the trace's own clock. */
  readonly fromS?: number | undefined;
  readonly toS?: number | undefined;
  /** Values of the table, CPU and memory together. */
  readonly cellsMax?: number | undefined;
}

export interface VmSize {
  readonly vcpus?: number;
  readonly mhz?: number;
  readonly memoryMib?: number;
  readonly extra?: Readonly<Record<string, string>>;
}

/** What the table does not show of what was read. */
export interface BuildTally {
  readings: number;
  /** Readings above what the VM has, cut to it. */
  cut: number;
  /** Steps without a reading, which repeat the one before. */
  repeated: number;
  /** VMs left out because there were enough, and their readings. */
  vmsLeftOut: number;
  /** VMs whose capacity nobody said: their peak stands for it. */
  peaks: number;
  /** VMs with an assumed demand. */
  assumed: number;
  /** VMs that are named, but were never there and have no reading; they are not in the table. */
  absent: number;
  /** s on the trace's clock at which step 0 begins. */
  originS: number;
}

/** A table that would not fit. */
export class DemandSizeError extends Error {
  override readonly name = "DemandSizeError";
}

const CELLS_MAX = 2 ** 29;
const NO_ROW = -1;
const EMPTY = new Series();
/** A part may exceed 1 by so much without being called cut: rounding of the source. */
const ROUNDING = 0.005;

export class DemandBuilder {
  readonly options: BuilderOptions;
  #stepS: number;
  /** Whether a VM may have two readings of one time, which then count half each. */
  allowsRepeats = false;
  readonly tally: BuildTally = {
    readings: 0,
    cut: 0,
    repeated: 0,
    vmsLeftOut: 0,
    peaks: 0,
    assumed: 0,
    absent: 0,
    originS: 0,
  };
  readonly #rows = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #sizes: VmSize[] = [];
  readonly #series: Series[] = [];
  readonly #spans: ([number, number] | undefined)[] = [];
  readonly #assumed: number[] = [];
  readonly #leftOut = new Set<string>();

  constructor(options: BuilderOptions) {
    this.options = options;
    this.#stepS = options.stepS;
  }

  /** A step that only the trace could tell; before the first reading. */
  setStep(stepS: number): void {
    this.#stepS = stepS;
  }

  get vms(): number {
    return this.#ids.length;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  /** The row of a VM, a new one where it was not there; −1: left out. */
  row(id: string): number {
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    if (this.#ids.length >= (this.options.vmsMax ?? Number.POSITIVE_INFINITY)) {
      this.#leftOut.add(id);
      this.tally.vmsLeftOut = this.#leftOut.size;
      return NO_ROW;
    }
    const row = this.#ids.length;
    this.#rows.set(id, row);
    this.#ids.push(id);
    this.#sizes.push({});
    this.#series.push(new Series());
    this.#spans.push(undefined);
    this.#assumed.push(Number.NaN);
    return row;
  }

  /** What a VM has; of several sayings the largest counts, of `extra` the last. */
  size(row: number, size: VmSize): void {
    const old = this.#sizes[row]!;
    const larger = (key: "vcpus" | "mhz" | "memoryMib") => Math.max(old[key] ?? 0, size[key] ?? 0);
    this.#sizes[row] = {
      vcpus: larger("vcpus"),
      mhz: larger("mhz"),
      memoryMib: larger("memoryMib"),
      ...(size.extra ? { extra: size.extra } : old.extra ? { extra: old.extra } : {}),
    };
  }

  /** The VM is there from `fromS` to `toS`, whatever its readings. */
  span(row: number, fromS: number, toS: number): void {
    this.#spans[row] = [fromS, toS];
  }

  /** CPU of a VM that has no readings at all, as part. */
  assume(row: number, part: number): void {
    this.#assumed[row] = part;
  }

  /**
   * One reading.
   *
   * @param timeS    begin, s
   * @param seconds  that it covers; 0: it is a sample and counts for the step it lies in
   * @param cpu      NaN: not said
   * @param memory   NaN: not said
   * @returns        false where the VM has a reading at this very time
   */
  add(row: number, timeS: number, seconds: number, cpu: number, memory: number): boolean {
    if (row === NO_ROW) return true;
    const { fromS = Number.NEGATIVE_INFINITY, toS = Number.POSITIVE_INFINITY } = this.options;
    const stepS = this.#stepS;
    if (timeS < fromS || timeS >= toS) return true;
    const series = this.#series[row]!;
    if (timeS === series.lastS && !this.allowsRepeats) return false;
    series.lastS = timeS;
    this.tally.readings += 1;
    const first = Math.floor(timeS / stepS);
    const end = timeS + seconds;
    if (end <= (first + 1) * stepS) {
      series.add(first, seconds || 1, cpu, memory);
      return true;
    }
    for (let step = first; step * stepS < end; step += 1) {
      const covered = Math.min(end, (step + 1) * stepS) - Math.max(timeS, step * stepS);
      series.add(step, covered, cpu, memory);
    }
    return true;
  }

  /** One step's value, of CPU or of memory. */
  addCell(row: number, timeS: number, cpu: number, memory: number): void {
    const { fromS = Number.NEGATIVE_INFINITY, toS = Number.POSITIVE_INFINITY } = this.options;
    if (timeS < fromS || timeS >= toS) return;
    this.tally.readings += 1;
    // A hair behind the step's begin, lest rounding put it before.
    this.#series[row]!.add(Math.floor((timeS + this.#stepS * 1e-6) / this.#stepS), 1, cpu, memory);
  }

  /** All readings of a VM at once, one a step from step `first` on. Values are copied. */
  addSeries(row: number, first: number, cpu: ArrayLike<number>, memory?: ArrayLike<number>): void {
    if (row === NO_ROW) return;
    const count = Math.max(cpu.length, memory?.length ?? 0);
    const ownS = this.options.seriesStepS ?? this.#stepS;
    for (let at = 0; at < count; at += 1)
      this.addCell(row, (first + at) * ownS, cpu[at] ?? Number.NaN, memory?.[at] ?? Number.NaN);
  }

  /** The table. Throws DemandSizeError for one that is too large or empty. */
  finish(): DemandTable {
    const { cellsMax = CELLS_MAX } = this.options;
    const stepS = this.#stepS;
    for (const series of this.#series) series.close();
    const spans = this.#series
      .map((series, row) => [row, ...this.#spanOf(series, row)] as const)
      .filter(([, from, to]) => to > from);
    this.tally.absent = this.vms - spans.length;
    const first = spans.reduce((least, [, from]) => Math.min(least, from), Number.POSITIVE_INFINITY);
    const end = spans.reduce((most, [, , to]) => Math.max(most, to), Number.NEGATIVE_INFINITY);
    const steps = end - first;
    if (!(steps > 0)) throw new DemandSizeError("expected at least one reading, got none");
    const hasMemory = this.#series.some((series) => series.hasMemory);
    const rows = spans.length;
    const cells = rows * steps * (hasMemory ? 2 : 1);
    if (cells > cellsMax) {
      throw new DemandSizeError(
        `expected a table of at most ${cellsMax} values, got ${rows} VMs × ${steps} steps${hasMemory ? " × 2" : ""}`,
      );
    }
    this.tally.originS = first * stepS;
    const cpu = new Float32Array(rows * steps).fill(Number.NaN);
    const memory = hasMemory ? new Float32Array(rows * steps).fill(Number.NaN) : undefined;
    const vms = spans.map(([row, from, to], place): DemandVm => {
      const at = place * steps + from - first;
      const vm = this.#vmOf(row, from - first, to - first);
      this.#fill(row, "cpu", { from, to, scale: this.#cpuScale(vm), into: cpu.subarray(at, at + to - from) });
      if (memory !== undefined)
        this.#fill(row, "memory", {
          from,
          to,
          scale: this.#memoryScale(vm),
          into: memory.subarray(at, at + to - from),
        });
      this.#series[row] = EMPTY;
      return vm;
    });
    return { stepNs: Math.round(stepS * 1e9), steps, vms, cpu, ...(memory ? { memory } : {}) };
  }

  #spanOf(series: Series, row: number): [number, number] {
    const { fromS = Number.NEGATIVE_INFINITY, toS = Number.POSITIVE_INFINITY } = this.options;
    const stepS = this.#stepS;
    const span = this.#spans[row];
    const isEmpty = series.length === 0;
    const from = isEmpty ? Number.POSITIVE_INFINITY : series.first;
    const to = isEmpty ? Number.NEGATIVE_INFINITY : series.first + series.length;
    if (span === undefined) return [from, to];
    const said = [
      Math.floor(Math.max(span[0], fromS) / stepS),
      Math.ceil(Math.min(span[1], toS) / stepS),
    ] as const;
    return [Math.min(from, said[0]), Math.max(to, said[1])];
  }

  #vmOf(row: number, startStep: number, endStep: number): DemandVm {
    const { vcpus = 0, mhz = 0, memoryMib = 0, extra } = this.#sizes[row]!;
    const series = this.#series[row]!;
    const { cpuIn, memoryIn } = this.options;
    // Whom the trace gives no size is as large as its peak.
    const isPeak = cpuIn === "mhz" ? !(vcpus * mhz > 0) : cpuIn === "cores" && !(vcpus > 0);
    if (isPeak) this.tally.peaks += 1;
    const cores = cpuIn === "cores" ? Math.ceil(series.peak("cpu") - ROUNDING) : 0;
    return {
      id: this.#ids[row]!,
      vcpus: Math.max(vcpus, cores, vcpus > 0 ? 0 : 1),
      mhz: isPeak && cpuIn === "mhz" ? Math.max(1, series.peak("cpu") / (vcpus || 1)) : mhz,
      memoryMib: memoryIn === "mib" && !(memoryMib > 0) ? series.peak("memory") : memoryMib,
      startStep,
      endStep,
      ...(extra ? { extra } : {}),
    };
  }

  #cpuScale({ vcpus, mhz }: DemandVm): number {
    const { cpuIn } = this.options;
    return cpuIn === "part" ? 1 : 1 / (cpuIn === "mhz" ? vcpus * mhz : vcpus);
  }

  #memoryScale({ memoryMib }: DemandVm): number {
    return this.options.memoryIn === "part" ? 1 : memoryMib > 0 ? 1 / memoryMib : 0;
  }

  #fill(
    row: number,
    what: "cpu" | "memory",
    { from, to, scale, into }: { from: number; to: number; scale: number; into: Float32Array },
  ): void {
    const series = this.#series[row]!;
    const assumed = what === "cpu" ? this.#assumed[row]! : Number.NaN;
    const isAssumed = series.length === 0 && assumed >= 0;
    if (isAssumed) this.tally.assumed += 1;
    let before = isAssumed ? assumed : series.firstKnown(what) * scale;
    // Who says nothing of it at all repeats nothing.
    const isCounted = what === "cpu" && !isAssumed && !Number.isNaN(before);
    if (Number.isNaN(before)) before = 0;
    for (let step = from; step < to; step += 1) {
      const value = series.at(what, step) * scale;
      if (Number.isNaN(value)) {
        if (isCounted) this.tally.repeated += 1;
      } else {
        if (value > 1 + ROUNDING) this.tally.cut += 1;
        before = Math.min(1, value);
      }
      into[step - from] = Math.min(1, before);
    }
  }
}
