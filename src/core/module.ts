/**
 * Loads the core's Wasm module, once per build, and makes instances of it.
 *
 * The module stands beside the package's entry point as `ballast.wasm` and `ballast.threads.wasm`; whoever cannot
 * serve it there passes a source of their own, or imports `ballast/inline`, which carries it.
 */
import { abortOf } from "./abort.ts";
import type { CoreExports } from "./exports.ts";
import { BASES_AT, COLUMNS, COUNTS_AT, SPACES } from "./layout.ts";

/** Where the module comes from: a URL, a response, its bytes, or the compiled module. */
export type CoreSource = string | URL | Response | BufferSource | WebAssembly.Module;
export type CoreBuild = "plain" | "threads";

const loading: Partial<Record<CoreBuild, Promise<WebAssembly.Module>>> = {};
let inlineBytes: (() => Uint8Array<ArrayBuffer>) | undefined;

/** Makes every later load of the plain build use these bytes: what `ballast/inline` does. */
export function provideInlineCore(bytes: () => Uint8Array<ArrayBuffer>): void {
  inlineBytes = bytes;
}

/**
 * Compiles the core. Idempotent for the default source: later calls return the same module.
 *
 * @param build   `threads` needs SharedArrayBuffer
 * @param source  instead of the file beside the package's entry point
 */
export function loadCore(build: CoreBuild = "plain", source?: CoreSource): Promise<WebAssembly.Module> {
  if (source !== undefined) return compile(source);
  loading[build] ??= compile(defaultSource(build)).catch((fault: unknown) => {
    delete loading[build];
    throw fault;
  });
  return loading[build];
}

function defaultSource(build: CoreBuild): CoreSource {
  if (build === "threads") return new URL("../ballast.threads.wasm", import.meta.url);
  return inlineBytes?.() ?? new URL("../ballast.wasm", import.meta.url);
}

async function compile(source: CoreSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  const isAddress = typeof source === "string" || source instanceof URL;
  // Not asked of an address: the first mention of Response makes Node load its whole fetch.
  if (!isAddress && typeof Response !== "undefined" && source instanceof Response)
    return compileResponse(source);
  const url = new URL(source as string | URL, globalThis.location?.href ?? workingDirectory());
  if (url.protocol === "file:" && inNode()) {
    const { readFile } = process.getBuiltinModule("node:fs/promises");
    return WebAssembly.compile(await readFile(url));
  }
  return compileResponse(await fetch(url));
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`ballast core: ${response.url} answered ${response.status}`);
  // Servers that do not know .wasm are common; streaming compilation insists on the type.
  const streams = response.headers.get("content-type") === "application/wasm";
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

export function inNode(): boolean {
  return typeof process !== "undefined" && process.versions?.node !== undefined;
}

function workingDirectory(): string | undefined {
  return inNode() ? process.getBuiltinModule("node:url").pathToFileURL(`${process.cwd()}/`).href : undefined;
}

/**
 * A memory for kernels that work on raw addresses, without a world's columns.
 *
 * @throws RangeError if the machine has not so much
 */
export function kernelMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536), maximum: 65_535 });
}

/** What an instance imports as `layout`: row counts and base addresses, from the header; 0 in a memory that holds no world. */
export function layoutOf(memory: WebAssembly.Memory): Record<string, number> {
  const words = new Uint32Array(memory.buffer);
  const values: Record<string, number> = {};
  SPACES.forEach((space, index) => {
    values[`${space}Rows`] = words[COUNTS_AT / 4 + index]!;
  });
  COLUMNS.forEach(({ name, space, record }, index) => {
    const base = words[BASES_AT / 4 + index]!;
    if (record === undefined) values[`${name}Base`] = base;
    else if (record.offset === 0) values[`${space}Base`] = base;
  });
  return values;
}

/**
 * Makes an instance over a memory, which stands as its header says. Assertions of the core arrive as `CoreAbort`.
 *
 * @param memory  for the plain build unshared, for `threads` shared
 */
export function instantiateCore(module: WebAssembly.Module, memory: WebAssembly.Memory): CoreExports {
  // A stale build asks for other names; the version that it answers says so more clearly.
  const layout = new Proxy(layoutOf(memory), { get: (values, name) => values[name as string] ?? 0 });
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: abortOf(memory) }, layout });
  return instance.exports as unknown as CoreExports;
}
