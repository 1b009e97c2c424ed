/**
 * State hash and snapshot of a core: the used rows of every column that is not volatile, in the schema's order.
 *
 *   snapshot:  magic | layout version | length of the head | head (JSON) | columns … | frames in use … | XXH64
 *
 * Of real page bytes only frames in use are hashed and saved; free ones are poisoned again on the way back.
 */
import { type Core, rowsOf } from "./boot.ts";
import { COLUMNS, LAYOUT_VERSION } from "./layout.ts";
import { type ColumnRun, readRun, runOf, writeRun } from "./records.ts";

/** A snapshot that cannot be restored here. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

const MAGIC = 0x5453_4c42; // "BLST"
const CONTENTS = new Set(["mpnContent", "mpnBytes"]);
const POISON = 0xdb;

interface Head {
  readonly digest: string;
  readonly nowNs: number;
  readonly rows: readonly number[];
  readonly frames: number;
}

/** Columns that a snapshot holds byte for byte. */
function plainColumns(core: Core): ColumnRun[] {
  return COLUMNS.flatMap((info, index) => {
    const run = runOf(core, index);
    return info.volatile || info.name === "mpnBytes" || run.bytes === 0 ? [] : [run];
  });
}

function baseOf(core: Core, name: string): number {
  return core.plan.bases[COLUMNS.findIndex((column) => column.name === name)]!;
}

/** @returns 16 hex digits */
export function hashCore(core: Core): string {
  const out = baseOf(core, "scratchWord");
  const result = new BigUint64Array(core.memory.buffer, out, 1);
  result[0] = 0n;
  for (const run of plainColumns(core)) {
    if (CONTENTS.has(run.info.name)) continue;
    // Columns of records are hashed side by side, so that a hash does not depend on what stands together.
    const aside = run.info.record !== undefined;
    if (aside) readRun(core, run, new Uint8Array(core.memory.buffer, out + 8, run.bytes));
    core.wasm.hashRange(aside ? out + 8 : run.at, run.bytes, out);
  }
  core.wasm.hashContents(core.plan.groups.has("bytes") ? 1 : 0, out);
  return result[0].toString(16).padStart(16, "0");
}

function* framesInUse(core: Core): Generator<Uint8Array> {
  if (!core.plan.groups.has("bytes")) return;
  const { mpnRefcount, mpnBytes } = core.columns;
  for (let mpn = 0; mpn < mpnRefcount.length; mpn += 1) {
    if (mpnRefcount[mpn]! > 0) yield mpnBytes.subarray(4096 * mpn, 4096 * (mpn + 1));
  }
}

export function snapshotCore(core: Core, digest: string, nowNs: number): Uint8Array {
  const columns = plainColumns(core);
  let frames = 0;
  for (const _ of framesInUse(core)) frames += 1;
  const head: Head = { digest, nowNs, rows: COLUMNS.map((column) => rowsOf(column, core.plan)), frames };
  const headBytes = new TextEncoder().encode(JSON.stringify(head));
  const columnBytes = columns.reduce((sum, column) => sum + column.bytes, 0);
  const snapshot = new Uint8Array(12 + headBytes.length + columnBytes + 4096 * frames + 8);
  new DataView(snapshot.buffer).setUint32(0, MAGIC, true);
  new DataView(snapshot.buffer).setUint32(4, LAYOUT_VERSION, true);
  new DataView(snapshot.buffer).setUint32(8, headBytes.length, true);
  snapshot.set(headBytes, 12);
  let at = 12 + headBytes.length;
  for (const column of columns) {
    readRun(core, column, snapshot.subarray(at, at + column.bytes));
    at += column.bytes;
  }
  for (const frame of framesInUse(core)) {
    snapshot.set(frame, at);
    at += 4096;
  }
  new DataView(snapshot.buffer).setBigUint64(at, checksum(core, snapshot.subarray(0, at)), true);
  return snapshot;
}

/** XXH64 of bytes outside the core, fed through its scratch a piece at a time. */
function checksum(core: Core, bytes: Uint8Array): bigint {
  const scratch = baseOf(core, "scratchWord");
  const room = core.plan.rows.scratch * 8 - 8;
  const result = new BigUint64Array(core.memory.buffer, scratch, 1);
  result[0] = BigInt(bytes.length);
  for (let from = 0; from < bytes.length; from += room) {
    const piece = bytes.subarray(from, from + room);
    new Uint8Array(core.memory.buffer).set(piece, scratch + 8);
    core.wasm.hashRange(scratch + 8, piece.length, scratch);
  }
  return result[0];
}

function readHead(core: Core, digest: string, snapshot: Uint8Array): { head: Head; from: number } {
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
  if (snapshot.length < 20 || view.getUint32(0, true) !== MAGIC) {
    throw new SnapshotError("snapshot: expected one made by ballast, got other bytes");
  }
  const version = view.getUint32(4, true);
  if (version !== LAYOUT_VERSION) {
    throw new SnapshotError(`snapshot: expected layout ${LAYOUT_VERSION}, got ${version}`);
  }
  const end = snapshot.length - 8;
  if (view.getBigUint64(end, true) !== checksum(core, snapshot.subarray(0, end))) {
    throw new SnapshotError("snapshot: expected its checksum to agree, got damaged bytes");
  }
  const from = 12 + view.getUint32(8, true);
  const head = JSON.parse(new TextDecoder().decode(snapshot.subarray(12, from))) as Head;
  if (head.digest !== digest) {
    throw new SnapshotError(`snapshot: expected scenario ${digest}, got ${head.digest}`);
  }
  return { head, from };
}

/**
 * Puts a snapshot back. Everything is checked before anything is written.
 *
 * @returns the simulated time it was taken at
 */
export function restoreCore(core: Core, digest: string, snapshot: Uint8Array): number {
  const { head, from } = readHead(core, digest, snapshot);
  const rows = COLUMNS.map((column) => rowsOf(column, core.plan));
  if (rows.some((count, index) => count !== head.rows[index])) {
    throw new SnapshotError("snapshot: expected the same rows as this world, got others");
  }
  let at = from;
  for (const column of plainColumns(core)) {
    writeRun(core, column, snapshot.subarray(at, at + column.bytes));
    at += column.bytes;
  }
  const { mpnRefcount, mpnBytes, mpnHash } = core.columns;
  mpnHash.words.fill(0);
  for (let mpn = 0; mpn < mpnBytes.length / 4096; mpn += 1) {
    const frame = mpnBytes.subarray(4096 * mpn, 4096 * (mpn + 1));
    if (mpnRefcount[mpn] === 0) {
      frame.fill(POISON);
    } else {
      frame.set(snapshot.subarray(at, at + 4096));
      at += 4096;
    }
  }
  core.columns.worldRingHead[0] = 0;
  core.columns.worldRingTail[0] = 0;
  return head.nowNs;
}
