/** A core and its naive twin over the same small scenario, and the comparison of everything they both know. */
import { expect } from "vitest";
import type { Core } from "../../src/core/boot.ts";
import { MachineMemory } from "../model/memory/machine-memory.ts";
import { xxh3Model } from "../model/memory/page-hash.ts";
import { expandPage, firstWord, mix64 } from "../model/prng.ts";
import { type Build, coreOf, FLAG, NO_MPN, type SmallScenario } from "./world.ts";

export interface Twins {
  readonly core: Core;
  readonly model: MachineMemory;
  /** PPN rows, VM after VM. */
  readonly ppns: readonly number[];
}

const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => first + at);

/** Entries on file from which on the core sweeps: 15 of 16 home slots, 1024 slots being spare. */
function fileMaxOf(core: Core): number {
  const homes = core.plan.rows.slot - 1024;
  return homes - Math.floor(homes / 16);
}

export function twinsOf(small: SmallScenario, build: Build = "debug"): Twins {
  const core = coreOf(small, build);
  const { columns, world } = core;
  const hosts = (small.hosts ?? [0]).map((_, host) => ({
    zones: world.zones.filter((zone) => zone.host === host).map(({ first, pages }) => range(first, pages)),
  }));
  const vms = world.vmOrder.map((index, row) => ({
    host: columns.vmHost[row]!,
    tenant: tenantOf(small, index),
    ppns: range(columns.vmPpnFirst[row]!, columns.vmPpnCount[row]!),
  }));
  const mask = (1n << BigInt(small.sharing?.hashBits ?? 64)) - 1n;
  const hash = small.content === "bytes" ? bytesHash : mix64;
  const model = new MachineMemory(hosts, vms, (content) => hash(content) & mask, fileMaxOf(core));
  return { core, model, ppns: vms.flatMap((vm) => vm.ppns) };
}

/** Who may share with whom, in the scenario's words: equal salts, and with `vm` nobody without one. */
function tenantOf(small: SmallScenario, index: number): number {
  const { salting = "none" } = small.sharing ?? {};
  const { salt } = small.vms[index]!;
  if (salting === "none") return -1;
  if (salt !== undefined) return small.vms.findIndex((vm) => vm.salt === salt);
  return salting === "group" ? -1 : index;
}

const hashes = new Map<bigint, bigint>();

function bytesHash(content: bigint): bigint {
  let hash = hashes.get(content);
  if (hash === undefined) {
    hash = xxh3Model(expandPage(content));
    hashes.set(content, hash);
  }
  return hash;
}

export type Command =
  | { readonly op: "visit" | "read" | "rewrite" | "drop"; readonly at: number }
  | { readonly op: "write"; readonly at: number; readonly content: bigint };

/** Does the same to both and expects the same answer. */
export function applyBoth({ core, model, ppns }: Twins, command: Command): void {
  const { wasm } = core;
  const ppn = ppns[command.at % ppns.length]!;
  const word = `${command.op} of ppn ${ppn}`;
  switch (command.op) {
    case "visit":
      expect(wasm.pageSharing_visitPage(ppn), word).toBe(model.visit(ppn));
      break;
    case "read":
      expect(wasm.fault_readPage(ppn) !== 0, word).toBe(model.read(ppn));
      break;
    case "rewrite":
      expect(wasm.fault_rewritePage(ppn) !== 0, word).toBe(model.rewrite(ppn));
      break;
    case "write":
      expect(wasm.fault_writePage(ppn, command.content) !== 0, word).toBe(model.write(ppn, command.content));
      break;
    case "drop":
      wasm.fault_dropPage(ppn);
      model.drop(ppn);
  }
}

const FLAG_NAMES = ["mapped", "cow", "zero", "touched", "dirty", "ineligible", "visited"] as const;

/** Content of a frame as one word that tells ids apart, in either form. */
function wordOf(core: Core, mpn: number): bigint {
  if (core.plan.groups.has("ids")) return core.columns.mpnContent.big(mpn);
  const { buffer, byteOffset } = core.columns.mpnBytes;
  return new DataView(buffer, byteOffset + 4096 * mpn, 8).getBigUint64(0, true);
}

function pageOf(core: Core, ppn: number): unknown {
  const { ppnMpn, ppnFlags } = core.columns;
  const flags = ppnFlags[ppn]!;
  const frame = ppnMpn[ppn] === NO_MPN ? undefined : ppnMpn[ppn]!;
  const named = Object.fromEntries(FLAG_NAMES.map((name) => [name, (flags & FLAG[name]) !== 0]));
  return { ppn, frame, word: frame === undefined ? undefined : wordOf(core, frame), ...named };
}

function modelPageOf(core: Core, model: MachineMemory, ppn: number): unknown {
  const { vm: _, ...page } = model.pages.get(ppn)!;
  const content = model.content(ppn);
  const isIds = core.plan.groups.has("ids");
  const word = content === undefined || isIds ? content : firstWord(content);
  return { ppn, word, ...page, mapped: page.frame !== undefined };
}

/** Expects that core and model agree in everything there is to see. */
export function expectEqual({ core, model, ppns }: Twins): void {
  const { columns, wasm } = core;
  expect(ppns.map((ppn) => pageOf(core, ppn))).toEqual(ppns.map((ppn) => modelPageOf(core, model, ppn)));
  const counts = [...model.frames].map(([mpn, { ppns: mapped }]) => [mpn, mapped.size]);
  expect(counts.map(([mpn]) => [mpn, wasm.refcount_of(mpn!) >>> 0])).toEqual(counts);
  const bits = baseOf(core, columns.frameWordBits);
  model.free.forEach((free, host) => {
    const found = [...free].filter((mpn) => columns.mpnRefcount[mpn] !== 0 || !wasm.bits_hasBit(bits, mpn));
    expect(found, "frames that should be free").toEqual([]);
    expect({
      used: columns.hostUsedPages[host],
      granted: columns.hostGrantedPages[host],
      shared: columns.hostSharedPages[host],
      common: columns.hostCommonPages[host],
      hints: columns.hostHintPages[host],
    }).toEqual(model.countHost(host));
  });
  model.cowBreaks.forEach((breaks, vm) => {
    expect(columns.vmCowBreaks.get(vm)).toBe(breaks);
    expect(columns.vmFalseMatches.get(vm)).toBe(model.falseMatches[vm]);
  });
  expect(columns.worldHintsDropped.get(0)).toBe(model.hintsDropped);
  expect(columns.worldTableEntries[0]).toBe(model.file.size);
}

/** Address of a column's first row. */
export function baseOf(
  core: Core,
  column: { readonly words: Uint32Array } | Uint32Array | Uint16Array,
): number {
  const view = "words" in column ? column.words : column;
  if (view.buffer !== core.memory.buffer) throw new Error("baseOf: expected a column of this core");
  return view.byteOffset;
}
