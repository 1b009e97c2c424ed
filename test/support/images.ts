/** Memory images for tests: pages of known content, ELF cores as QEMU writes them, gzip and zstd around them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const PAGE = 4096;
export const SHARED = fileURLToPath(new URL("../../../shared/oracles/pages/", import.meta.url));

/** A directory for one test file, and what removes it. */
export function imageFolder(): {
  path: string;
  put: (name: string, bytes: Uint8Array) => string;
  remove: () => void;
} {
  const path = mkdtempSync(join(tmpdir(), "ballast-images-"));
  return {
    path,
    put(name, bytes) {
      const file = join(path, name);
      writeFileSync(file, bytes);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A page whose content is told by `id`; 0 is the zero page. */
export function pageOf(id: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  if (id === 0) return page;
  const words = new Uint32Array(page.buffer);
  for (let i = 0; i < words.length; ++i) words[i] = Math.imul(id, 0x9e3779b1) + Math.imul(i, 0x85ebca6b);
  return page;
}

export function pagesOf(...ids: number[]): Uint8Array {
  return concat(ids.map(pageOf));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export interface TestSegment {
  readonly address: number;
  readonly virtual?: number;
  /** In the file; absent: `bytes` are appended. */
  readonly offset?: number;
  readonly bytes?: Uint8Array;
  readonly fileBytes?: number;
  readonly memoryBytes?: number;
}

export interface TestElf {
  readonly segments: readonly TestSegment[];
  /** 4: core. */
  readonly type?: number;
  /** 2: 64 bits. */
  readonly bits?: number;
  /** 1: little-endian. */
  readonly order?: number;
  /** The real count goes to sh_info of section 0, e_phnum says 0xffff. */
  readonly extended?: boolean;
  /** Contents of the PT_NOTE segment. */
  readonly note?: Uint8Array;
  readonly entryBytes?: number;
}

const SECTION_AT = 64;
const TABLE_AT = 128;

/** Offset of the first appended byte in the file `elfCore` makes of `segments` segments and a note. */
export function dataOffset(segments: number, noteBytes = 0x330): number {
  return TABLE_AT + 56 * (segments + 1) + noteBytes;
}

/** An ELF core with a note segment first, as `dump-guest-memory` orders its file: headers, note, memory. */
export function elfCore(elf: TestElf): Uint8Array {
  const note = elf.note ?? new Uint8Array(0x330);
  const count = elf.segments.length + 1;
  const head = new Uint8Array(TABLE_AT + 56 * count);
  const view = new DataView(head.buffer);
  head.set([0x7f, 0x45, 0x4c, 0x46, elf.bits ?? 2, elf.order ?? 1, 1]);
  view.setUint16(16, elf.type ?? 4, elf.order !== 2);
  view.setUint16(18, 62, true);
  view.setBigUint64(32, BigInt(TABLE_AT), true);
  view.setBigUint64(40, BigInt(SECTION_AT), true);
  view.setUint16(52, 8, true); // e_ehsize of QEMU's cores, wrong as it is
  view.setUint16(54, elf.entryBytes ?? 56, true);
  view.setUint16(56, elf.extended === true ? 0xffff : count, true);
  view.setUint32(SECTION_AT + 44, elf.extended === true ? count : 0, true);

  let end = head.length + note.length;
  const header = (row: number, type: number, words: readonly (number | bigint)[]) => {
    view.setUint32(TABLE_AT + 56 * row, type, true);
    for (const [i, word] of words.entries()) {
      view.setBigUint64(TABLE_AT + 56 * row + 8 + 8 * i, BigInt(word), true);
    }
  };
  header(0, 4, [head.length, 0, 0, note.length, note.length]);
  const parts: Uint8Array[] = [head, note];
  elf.segments.forEach(({ address, virtual = address, offset, bytes, fileBytes, memoryBytes }, row) => {
    const inFile = fileBytes ?? bytes?.length ?? 0;
    const at = offset ?? (inFile === 0 ? 0xffffffffffffffffn : end);
    header(row + 1, 1, [at, virtual, address, inFile, memoryBytes ?? inFile]);
    if (offset === undefined && bytes !== undefined) {
      parts.push(bytes);
      end += bytes.length;
    }
  });
  return concat(parts);
}

/** A note of owner CORE, as the kernel writes them into cores of processes. */
export function coreNote(type: number): Uint8Array {
  const note = new Uint8Array(0x330);
  const view = new DataView(note.buffer);
  view.setUint32(0, 5, true);
  view.setUint32(4, 16, true);
  view.setUint32(8, type, true);
  note.set([0x43, 0x4f, 0x52, 0x45], 12);
  return note;
}

export function gz(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes);
}

/** A zstd frame of raw blocks, which Node 20 cannot write: window 1 MiB, no checksum, no content size. */
export function zst(bytes: Uint8Array, blockBytes = 1 << 17): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3)];
  let at = 0;
  do {
    const block = bytes.subarray(at, at + blockBytes);
    at += block.length;
    const word = (block.length << 3) | (at >= bytes.length ? 1 : 0);
    parts.push(Uint8Array.of(word & 255, (word >> 8) & 255, word >> 16), block);
  } while (at < bytes.length);
  return concat(parts);
}

export function u64(...words: readonly (number | bigint)[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words.map(BigInt)).buffer);
}

/** Where files of a test that compares with `../shared` would be. */
export function sharedFile(...parts: string[]): string {
  return join(SHARED, ...parts);
}
