/**
 * A pool of workers over one shared Wasm memory, for pure work on rows: hashing, zero detection, counting bits.
 *
 *   caller   slices -> GENERATION + 1, wake all                                        done -> promise
 *   worker                                     slice, slice, …    PENDING - 1, the last one says so
 *
 * Slices write rows that no other slice reads or writes; so it does not matter which worker runs which slice, nor how
 * many workers there are: the bytes in the memory are the same. Whatever decides anything stays on the caller's thread.
 *
 * Needs SharedArrayBuffer. Where it is missing (a page without cross-origin isolation) the caller runs the plain build
 * on its own thread; `threadsAvailable` says which.
 *
 * Source: none. Cost: about 30 µs a run (fork and join), so slices are worth it from about 100 pages on.
 */
import { abortOf } from "../abort.ts";
import { layoutOf } from "../module.ts";
import {
  ARGUMENTS,
  CONTROL_BYTES,
  COUNT,
  controlOf,
  type Fault,
  GENERATION,
  KERNEL,
  kernelNames,
  NEXT,
  PENDING,
  SLICES,
  takeFault,
} from "./control.js";
import { spawn, type Thread } from "./spawn.ts";

export interface PoolOptions {
  /** The threads build, compiled. */
  readonly module: WebAssembly.Module;
  /** A shared memory; the pool keeps it alive until it is disposed of. */
  readonly memory: WebAssembly.Memory;
  /** Workers, 1 or more. */
  readonly threads: number;
  /** True: each worker calls the core's `attach` once, for kernels that read columns. The header must stand by then. */
  readonly attach?: boolean;
}

/** The numbers that one call of a kernel takes, at most 8. */
export type Slice = readonly number[];

export interface Pool {
  readonly threads: number;
  /**
   * Calls a kernel once per slice, spread over the workers; runs asked for meanwhile wait their turn.
   *
   * @param kernel  name of an exported function
   * @param slices  disjoint in what they write
   * @throws CoreAbort if the core aborts in a worker; the pool stays usable, the rows of the run are undefined
   */
  run(kernel: string, slices: readonly Slice[]): Promise<void>;
  /** Ends the workers; a run that is not done is rejected. Again: nothing happens. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** True if workers can share memory here: always in Node, in a browser only with cross-origin isolation. */
export function threadsAvailable(): boolean {
  return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
}

/**
 * Cuts rows into slices of equal length, eight for each worker: enough for a late worker to be helped out.
 *
 * @param rows     from 0
 * @param threads  workers of the pool
 * @param slice    the numbers of a slice, from its first row and its count
 */
export function slicesOf(
  rows: number,
  threads: number,
  slice: (from: number, count: number) => Slice,
): Slice[] {
  const length = Math.max(1, Math.ceil(rows / (8 * threads)));
  const slices: Slice[] = [];
  for (let from = 0; from < rows; from += length) slices.push(slice(from, Math.min(length, rows - from)));
  return slices;
}

/**
 * Starts a pool; resolves when every worker stands ready.
 *
 * @throws RangeError for options that cannot be; Error if a worker cannot start
 */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const { module, memory, threads, attach = false } = options;
  if (!(Number.isInteger(threads) && threads > 0)) {
    throw new RangeError(`createPool.threads: expected an integer from 1, got ${threads}`);
  }
  if (!threadsAvailable() || !(memory.buffer instanceof SharedArrayBuffer)) {
    throw new RangeError("createPool.memory: expected a shared memory, got one that is not");
  }
  const pool = new WorkerPool(module, memory, threads);
  try {
    await pool.start(attach);
  } catch (fault) {
    await pool.dispose();
    throw fault;
  }
  return pool;
}

interface Settle {
  resolve(): void;
  reject(reason: Error): void;
}

class WorkerPool implements Pool {
  readonly threads: number;
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: readonly string[];
  readonly #buffer = new SharedArrayBuffer(CONTROL_BYTES);
  readonly #control = controlOf(this.#buffer);
  readonly #workers: Thread[] = [];
  /** The start or the fork that is under way. */
  #waiting: Settle | undefined;
  #ready = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Why nothing can run any more. */
  #ended: Error | undefined;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number) {
    this.threads = threads;
    this.#module = module;
    this.#memory = memory;
    this.#kernels = kernelNames(module);
  }

  start(attach: boolean): Promise<void> {
    const started = this.#wait();
    const layout = layoutOf(this.#memory);
    for (let thread = 0; thread < this.threads; thread += 1) {
      const worker = spawn({
        message: (message) => this.#hear(message),
        lost: (reason) => this.#end(reason),
      });
      this.#workers.push(worker);
      worker.post({ module: this.#module, memory: this.#memory, layout, control: this.#buffer, attach });
    }
    return started;
  }

  run(kernel: string, slices: readonly Slice[]): Promise<void> {
    const turn = this.#turn.then(() => this.#runAll(kernel, slices));
    // The next run waits for this one, but does not fail with it.
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async dispose(): Promise<void> {
    this.#end(new Error("the pool was disposed of"));
    await Promise.all(this.#workers.splice(0).map((worker) => worker.end()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #runAll(kernel: string, slices: readonly Slice[]): Promise<void> {
    const row = this.#kernels.indexOf(kernel);
    if (row < 0) throw new RangeError(`pool.run: expected the name of an exported function, got ${kernel}`);
    const long = slices.find((slice) => slice.length > ARGUMENTS);
    if (long) throw new RangeError(`pool.run: expected at most ${ARGUMENTS} numbers, got ${long.length}`);
    for (let from = 0; from < slices.length; from += SLICES) {
      await this.#fork(row, slices.slice(from, from + SLICES));
    }
  }

  async #fork(kernel: number, slices: readonly Slice[]): Promise<void> {
    if (this.#ended) throw this.#ended;
    const { words, slices: numbers } = this.#control;
    slices.forEach((slice, row) => {
      numbers.set(slice, row * ARGUMENTS);
    });
    Atomics.store(words, KERNEL, kernel);
    Atomics.store(words, COUNT, slices.length);
    Atomics.store(words, NEXT, 0);
    Atomics.store(words, PENDING, this.threads);
    const joined = this.#wait();
    Atomics.add(words, GENERATION, 1);
    Atomics.notify(words, GENERATION);
    await joined;
    const fault = takeFault(this.#control);
    if (fault) throw this.#errorOf(fault);
  }

  /** Waits for the workers, and keeps the process alive as long. */
  async #wait(): Promise<void> {
    const settled = new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    for (const worker of this.#workers) worker.hold(true);
    try {
      await settled;
    } finally {
      for (const worker of this.#workers) worker.hold(false);
    }
  }

  #hear(message: unknown): void {
    if (message === "ready") {
      this.#ready += 1;
      if (this.#ready === this.threads) this.#waiting?.resolve();
    } else if (message === "done") {
      this.#waiting?.resolve();
    } else {
      this.#waiting?.reject(this.#errorOf((message as { fault: Fault }).fault));
    }
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#waiting?.reject(this.#ended);
  }

  #errorOf(fault: Fault): Error {
    if ("message" in fault) return new Error(`a worker of the pool failed: ${fault.message}`);
    const [message = 0, file = 0, line = 0, column = 0] = fault.abort;
    try {
      return abortOf(this.#memory)(message, file, line, column);
    } catch (abort) {
      return abort as Error;
    }
  }
}
