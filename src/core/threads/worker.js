/**
 * A worker of the pool: an instance of the core over the shared memory that runs slices of kernels until it is ended.
 *
 * It answers its first message, which brings the module and the memory, with "ready" or with a fault. From then on it
 * reads no more messages: it sleeps on the control's GENERATION, and the pool ends it from outside.
 *
 * The same file serves Node's worker_threads and the browser's Worker.
 */
import {
  ARGUMENTS,
  COUNT,
  controlOf,
  GENERATION,
  KERNEL,
  kernelNames,
  NEXT,
  PENDING,
  writeFault,
} from "./control.js";

/**
 * What the pool sends first.
 *
 * @typedef {object} Start
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory
 * @property {Record<string, number>} layout  what the core imports under that name
 * @property {SharedArrayBuffer} control
 * @property {boolean} attach
 */

/** The core's abort, to be told to the pool as four numbers: it can read the texts they point at. */
class Abort extends Error {
  /** @param {number[]} numbers */
  constructor(numbers) {
    super("abort");
    this.numbers = numbers;
  }
}

/**
 * Says what a thrown value was.
 *
 * @param {unknown} thrown
 * @returns {import("./control.js").Fault}
 */
function faultOf(thrown) {
  if (thrown instanceof Abort) return { abort: thrown.numbers };
  return { message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/**
 * Makes this thread's instance.
 *
 * @param {Start} start
 * @returns {((...numbers: number[]) => void)[]}  its functions, in the order of `kernelNames`
 */
function kernelsOf({ module, memory, layout, attach }) {
  /** @type {(...numbers: number[]) => never} */
  const abort = (...numbers) => {
    throw new Abort(numbers);
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort }, layout });
  const kernels = kernelNames(module).map((name) => /** @type {() => void} */ (exports[name]));
  if (attach) /** @type {() => void} */ (exports["attach"])();
  return kernels;
}

/**
 * Runs slices until none is left. After a fault the slices that remain are skipped: the run has failed anyway.
 *
 * @param {import("./control.js").Control} control
 * @param {((...numbers: number[]) => void)[]} kernels
 */
function work(control, kernels) {
  const { words, slices } = control;
  const count = Atomics.load(words, COUNT);
  const kernel = kernels[Atomics.load(words, KERNEL)];
  try {
    for (;;) {
      const slice = Atomics.add(words, NEXT, 1);
      if (slice >= count) return;
      // A Wasm function ignores numbers beyond its own.
      kernel?.(...slices.subarray(slice * ARGUMENTS, (slice + 1) * ARGUMENTS));
    }
  } catch (thrown) {
    writeFault(control, faultOf(thrown));
    Atomics.store(words, NEXT, count);
  }
}

/**
 * Serves the pool for good.
 *
 * @param {Start} start
 * @param {(message: unknown) => void} post
 */
function serve(start, post) {
  const control = controlOf(start.control);
  const { words } = control;
  // Read before "ready", so that the first fork is not missed.
  let generation = Atomics.load(words, GENERATION);
  /** @type {ReturnType<typeof kernelsOf>} */
  let kernels;
  try {
    kernels = kernelsOf(start);
  } catch (thrown) {
    post({ fault: faultOf(thrown) });
    return;
  }
  post("ready");
  for (;;) {
    Atomics.wait(words, GENERATION, generation);
    const now = Atomics.load(words, GENERATION);
    if (now === generation) continue; // woken for nothing
    generation = now;
    work(control, kernels);
    if (Atomics.sub(words, PENDING, 1) === 1) post("done");
  }
}

const node =
  typeof process === "object" ? process.getBuiltinModule?.("node:worker_threads").parentPort : undefined;
if (node) {
  node.once("message", (start) => serve(start, (message) => node.postMessage(message)));
} else {
  // Any, because the DOM's types know this scope as a window.
  const scope = /** @type {any} */ (globalThis);
  scope.onmessage = (/** @type {MessageEvent<Start>} */ event) =>
    serve(event.data, (message) => scope.postMessage(message));
}
