/**
 * The bare core over a memory of plain bytes: for kernels that need addresses and no world. Also used by the benches.
 */
import { readFileSync } from "node:fs";
import type { CoreExports } from "../../src/core/exports.ts";
import { instantiateCore } from "../../src/core/module.ts";

export const PAGE = 4096;

/** First byte that belongs to the caller; below lie the module's constants and the header of a world. */
export const ARENA = 0x10000;

/** Kernels that the wrappers have no use for, but tests and benches do. */
export interface PageExports extends CoreExports {
  pageHash_xxh64(address: number, bytes: number, seed: bigint): bigint;
  pageZero_zeroRows(base: number, rows: number, count: number, out: number): void;
  pageCompare_compareRows(base: number, aRows: number, bRows: number, count: number, out: number): void;
}

export interface RawCore {
  readonly wasm: PageExports;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
}

/** Reads and compiles a build of the core. */
export function compileCore(build: "ballast" | "ballast.threads"): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`../../src/${build}.wasm`, import.meta.url)));
}

/**
 * Makes an instance over a new memory.
 *
 * @param bytes   what the caller needs from `ARENA` on
 * @param shared  true: the threads build over a shared memory
 */
export function rawCore(bytes: number, shared = false): RawCore {
  const wasmPages = Math.ceil((ARENA + bytes) / 65_536);
  const module = compileCore(shared ? "ballast.threads" : "ballast");
  const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared });
  const wasm = instantiateCore(module, memory) as PageExports;
  return { wasm, module, memory, bytes: new Uint8Array(memory.buffer) };
}

/** The bytes that xxHash's own sanity test hashes: the top byte of 2654435761 * 11400714785074694797^i. */
export function sanityBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 2_654_435_761n;
  for (let i = 0; i < length; i += 1) {
    bytes[i] = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11_400_714_785_074_694_797n);
  }
  return bytes;
}
