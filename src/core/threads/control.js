/**
 * What the pool and its workers tell each other, in one small shared buffer beside the Wasm memory.
 *
 *   words      GENERATION  COUNT  KERNEL  NEXT  PENDING  FAULT          i32, touched with Atomics only
 *   slices     COUNT rows of ARGUMENTS numbers                          f64, written before GENERATION grows
 *   fault      text of the first error of a run                         UTF-16, written by whoever wins FAULT
 *
 * Fork: the pool writes the slices, then adds one to GENERATION and wakes all. Each worker takes rows by adding one to
 * NEXT until none is left, so a worker that the machine holds up takes fewer of them. Join: PENDING falls by one a
 * worker; who brings it to zero sends the pool a message.
 *
 * Plain JavaScript, because the worker file must run as it stands from `src`, from `dist` and in a bundle.
 */

export const GENERATION = 0;
export const COUNT = 1;
export const KERNEL = 2;
export const NEXT = 3;
export const PENDING = 4;
/** 0: none. 1: one is being written or stands there. */
export const FAULT = 5;
/** UTF-16 code units of the fault's text. */
export const FAULT_UNITS = 6;
const WORDS = 16;

/** Numbers that a kernel can take. */
export const ARGUMENTS = 8;
/** Slices that one fork can hold; more go in several. */
export const SLICES = 1024;
/** A message this long fits however much of it JSON has to escape. */
const MESSAGE_UNITS_MAX = 512;
const FAULT_UNITS_MAX = 6 * MESSAGE_UNITS_MAX + 64;

const SLICES_AT = WORDS * 4;
const FAULT_AT = SLICES_AT + SLICES * ARGUMENTS * 8;
export const CONTROL_BYTES = FAULT_AT + FAULT_UNITS_MAX * 2;

/**
 * The buffer's three parts.
 *
 * @typedef {{ words: Int32Array, slices: Float64Array, fault: Uint16Array }} Control
 */

/**
 * Views of the buffer.
 *
 * @param {SharedArrayBuffer} buffer  of CONTROL_BYTES
 * @returns {Control}
 */
export function controlOf(buffer) {
  return {
    words: new Int32Array(buffer, 0, WORDS),
    slices: new Float64Array(buffer, SLICES_AT, SLICES * ARGUMENTS),
    fault: new Uint16Array(buffer, FAULT_AT, FAULT_UNITS_MAX),
  };
}

/**
 * Names of the functions that a module exports, in an order that all threads agree on.
 *
 * @param {WebAssembly.Module} module
 * @returns {string[]}
 */
export function kernelNames(module) {
  return WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "function")
    .map(({ name }) => name);
}

/**
 * What went wrong in a worker: the core's abort as it came, four numbers that point into the Wasm memory; else a text.
 *
 * @typedef {{ abort: number[] } | { message: string }} Fault
 */

/**
 * Puts down the first fault of a run; later ones of the same run are dropped.
 *
 * @param {Control} control
 * @param {Fault} fault
 */
export function writeFault({ words, fault: units }, fault) {
  if (Atomics.compareExchange(words, FAULT, 0, 1) !== 0) return;
  const short = "message" in fault ? { message: fault.message.slice(0, MESSAGE_UNITS_MAX) } : fault;
  const text = JSON.stringify(short).slice(0, units.length);
  for (let unit = 0; unit < text.length; unit += 1) units[unit] = text.charCodeAt(unit);
  Atomics.store(words, FAULT_UNITS, text.length);
}

/**
 * Reads the fault of a run that has ended, and makes room for the next.
 *
 * @param {Control} control
 * @returns {Fault | undefined}
 */
export function takeFault({ words, fault: units }) {
  if (Atomics.load(words, FAULT) === 0) return undefined;
  const text = String.fromCharCode(...units.slice(0, Atomics.load(words, FAULT_UNITS)));
  Atomics.store(words, FAULT, 0);
  return JSON.parse(text);
}
