/**
 * Reads the headers of an ELF64 core as `dump-guest-memory` writes it.
 *
 *   ELF header -> program headers -> PT_LOAD segments: p_paddr, p_memsz  from  p_offset, p_filesz
 *
 * Source: System V ABI, "ELF-64 Object File Format"; QEMU dump/dump.c. QEMU writes e_ehsize 8 or 64 and puts the
 * section headers anywhere, so neither is looked at but for the real count of 65,535 segments and more.
 */
import { ImageError } from "./image-error.ts";
import { type Source, StreamSource } from "./source.ts";

/** One PT_LOAD segment. Bytes of memory from `fileBytes` on are zero. */
export interface Segment {
  /** Which program header, from 0. */
  readonly index: number;
  /** Physical address. */
  readonly address: number;
  readonly memoryBytes: number;
  /** In the (unpacked) file. */
  readonly offset: number;
  readonly fileBytes: number;
}

export interface ElfCore {
  readonly segments: readonly Segment[];
  /** A Linux process's core: its segments have virtual addresses only, and those without bytes were not dumped. */
  readonly process: boolean;
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** e_phnum that says: look into sh_info of section 0. */
const PN_XNUM = 0xffff;
const SEGMENTS_MAX = 1 << 20;
/** What a stream keeps of its beginning to find headers in. */
const STREAM_HEAD_BYTES_MAX = 1 << 26;
const NOTE_BYTES_MAX = 1 << 16;
/** No machine has physical addresses behind this. */
const ADDRESS_MAX = 2 ** 52;

/** The segments of `source` in the order of their headers. Throws ImageError for headers that make no sense. */
export async function readElfCore(source: Source): Promise<ElfCore> {
  const header = await readPart(source, 0, HEADER_BYTES, "an ELF header");
  const tableOffset = safe(source, header, 32, "e_phoff");
  const entryBytes = header.getUint16(54, true);
  if (entryBytes !== PROGRAM_HEADER_BYTES) {
    throw fault(source, 54, `${PROGRAM_HEADER_BYTES} bytes a program header (e_phentsize)`, `${entryBytes}`);
  }
  const count = await countHeaders(source, header);
  const bytes = count * PROGRAM_HEADER_BYTES;
  const table = await readPart(source, tableOffset, bytes, `${count} program headers (${bytes} bytes)`);

  const segments: Segment[] = [];
  const virtual: number[] = [];
  let note: { offset: number; bytes: number } | undefined;
  for (let index = 0; index < count; ++index) {
    const at = index * PROGRAM_HEADER_BYTES;
    const row = new DataView(table.buffer, table.byteOffset + at, PROGRAM_HEADER_BYTES);
    const type = row.getUint32(0, true);
    if (type === PT_LOAD) {
      segments.push(readSegment(source, row, tableOffset + at, index));
      virtual.push(Number(row.getBigUint64(16, true)));
    } else if (type === PT_NOTE && note === undefined) {
      note = { offset: Number(row.getBigUint64(8, true)), bytes: Number(row.getBigUint64(32, true)) };
    }
  }
  if (!segments.some((segment) => segment.memoryBytes > 0)) {
    throw fault(source, tableOffset, "segments of memory (PT_LOAD)", "none");
  }
  const process = await isProcess(source, segments, note);
  return { segments: process ? byVirtualAddress(source, segments, virtual) : segments, process };
}

async function countHeaders(source: Source, header: DataView): Promise<number> {
  let count = header.getUint16(56, true);
  if (count === PN_XNUM) {
    const sections = safe(source, header, 40, "e_shoff");
    if (sections === 0)
      throw fault(source, 40, "section 0 with the count of segments", "no sections (e_shoff 0)");
    const section = await readPart(source, sections, HEADER_BYTES, "section header 0");
    count = section.getUint32(44, true);
  }
  if (count === 0) throw fault(source, 56, "program headers", "none (e_phnum 0)");
  if (count > SEGMENTS_MAX) throw fault(source, 56, `at most ${SEGMENTS_MAX} program headers`, `${count}`);
  return count;
}

function readSegment(source: Source, row: DataView, at: number, index: number): Segment {
  const fileBytes = safe(source, row, 32, `p_filesz of segment ${index}`, at);
  const memoryBytes = safe(source, row, 40, `p_memsz of segment ${index}`, at);
  if (fileBytes > memoryBytes) {
    throw fault(
      source,
      at + 32,
      `p_filesz at most p_memsz (${memoryBytes}) in segment ${index}`,
      `${fileBytes}`,
    );
  }
  // QEMU writes an offset of -1 where nothing is in the file.
  const offset = fileBytes === 0 ? 0 : safe(source, row, 8, `p_offset of segment ${index}`, at);
  const address = safe(source, row, 24, `p_paddr of segment ${index}`, at);
  if (address + memoryBytes > ADDRESS_MAX) {
    throw fault(
      source,
      at + 24,
      `segment ${index} below physical address 2^52`,
      `an end at ${address + memoryBytes}`,
    );
  }
  if (source.size !== undefined && offset + fileBytes > source.size) {
    throw new ImageError({
      path: source.path,
      byteOffset: source.size,
      expected: `segment ${index} (bytes ${offset} to ${offset + fileBytes})`,
      got: "the end of the file",
      hint: "truncated",
    });
  }
  return { index, address, memoryBytes, offset, fileBytes };
}

/** A kernel dump may have all of its memory at address 0; only a process's note tells the two apart. */
async function isProcess(
  source: Source,
  segments: readonly Segment[],
  note: { offset: number; bytes: number } | undefined,
): Promise<boolean> {
  const NT_PRPSINFO = 3;
  if (note === undefined || segments.length < 2 || segments.some((segment) => segment.address !== 0))
    return false;
  const bytes = Math.min(note.bytes, NOTE_BYTES_MAX);
  const notes = await readPart(source, note.offset, bytes, "notes");
  for (let at = 0; at + 12 <= bytes; ) {
    if (notes.getUint32(at + 8, true) === NT_PRPSINFO && notes.getUint32(at + 12, true) === 0x45524f43)
      return true;
    at += 12 + align4(notes.getUint32(at, true)) + align4(notes.getUint32(at + 4, true));
  }
  return false;
}

function align4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function byVirtualAddress(
  source: Source,
  segments: readonly Segment[],
  virtual: readonly number[],
): Segment[] {
  const dumped: Segment[] = [];
  segments.forEach((segment, row) => {
    if (segment.fileBytes === 0) return;
    // The vsyscall page alone lies above 2^53, where no whole number is exact; it is no memory of the process.
    if (virtual[row]! >= ADDRESS_MAX) return;
    dumped.push({ ...segment, address: virtual[row]!, memoryBytes: segment.fileBytes });
  });
  if (dumped.length === 0) throw fault(source, HEADER_BYTES, "segments with bytes in the file", "none");
  return dumped;
}

/** A view on `bytes` bytes, or the fault of a file that ends before. */
async function readPart(source: Source, position: number, bytes: number, what: string): Promise<DataView> {
  if (source instanceof StreamSource) {
    if (position + bytes > STREAM_HEAD_BYTES_MAX) {
      const expected = `${what} within the first 64 MiB of a compressed core`;
      throw fault(source, position, expected, "a place behind", "decompress it first");
    }
    await source.keepHead(position + bytes);
  }
  const part = new Uint8Array(bytes);
  const got = source.size !== undefined && position >= source.size ? 0 : await source.readAt(part, position);
  if (got < bytes) {
    const end = source.size ?? position + got;
    throw fault(source, Math.max(0, end), what, "the end of the file", "truncated");
  }
  return new DataView(part.buffer);
}

/** A u64 that is a safe integer. */
function safe(source: Source, view: DataView, at: number, what: string, base = 0): number {
  const value = view.getBigUint64(at, true);
  if (value > Number.MAX_SAFE_INTEGER)
    throw fault(source, base + at, `${what} below 2^53`, `0x${value.toString(16)}`);
  return Number(value);
}

function fault(source: Source, byteOffset: number, expected: string, got: string, hint?: string): ImageError {
  return new ImageError({ path: source.path, byteOffset, expected, got, hint });
}
