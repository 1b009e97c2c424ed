/**
 * Bytes by position: of a file, or of what a compressed one holds.
 *
 * A file can be read anywhere; a stream only forward, but for its first bytes, which it keeps until the format is
 * known. Cost: one copy per byte at most; a stream holds one chunk and its head.
 */
import { fromSystem, ImageError } from "./image-error.ts";
import { nodeModule } from "./node.ts";

export interface Source {
  readonly path: string;
  /** Bytes in all; absent where only reading to the end tells. */
  readonly size: number | undefined;
  /** Whether `readAt` may go back. */
  readonly seekable: boolean;
  /**
   * Reads from `position` on until `into` is full or the source ends.
   *
   * @param position  a stream takes only positions from its head, or at or behind the last byte read
   * @returns         bytes read; fewer than `into` holds only at the end
   */
  readAt(into: Uint8Array, position: number): Promise<number>;
  /** Throws if the file is no longer what it was when it was opened. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

type FileHandle = Awaited<ReturnType<typeof import("node:fs/promises")["open"]>>;

/** One system call reads at most this much, so that an abort is seen soon. */
const READ_BYTES_MAX = 1 << 26;

export class FileSource implements Source {
  readonly seekable = true;
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path;
    this.#handle = handle;
    this.size = size;
  }

  /** Opens a regular file that is not empty. Never waits for the other end of a FIFO. */
  static async open(path: string): Promise<FileSource> {
    const { open, stat } = nodeModule("fs/promises");
    try {
      refuseUnlessFile(path, await stat(path));
      const handle = await open(path, "r");
      const { size } = await handle.stat();
      if (size > 0) return new FileSource(path, handle, size);
      await handle.close();
    } catch (error) {
      throw fromSystem(path, error);
    }
    throw new ImageError({ path, expected: "a memory image", got: "an empty file" });
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    try {
      while (done < into.length) {
        const length = Math.min(into.length - done, READ_BYTES_MAX);
        const { bytesRead } = await this.#handle.read(into, done, length, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
    } catch (error) {
      throw fromSystem(this.path, error);
    }
    // What lies behind the size at opening was not there then; `finish` tells.
    return Math.max(0, Math.min(done, this.size - position));
  }

  async finish(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size !== this.size) throw this.changed(size);
  }

  /** The fault of a file that is now `size` bytes long. */
  changed(size: number): ImageError {
    const verb = size < this.size ? "shrank" : "grew";
    return new ImageError({
      path: this.path,
      expected: `the ${this.size} bytes it had when it was opened`,
      got: `${size}: it ${verb} while being read`,
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

interface Stats {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
}

function refuseUnlessFile(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new ImageError({ path, expected: "a regular file", got: kindOf(stats) });
}

/** What something that is no regular file is called. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return stats.isCharacterDevice() ? "a character device" : "a block device";
}

/** What a decompressor makes of a file. */
export class StreamSource implements Source {
  readonly seekable = false;
  readonly size = undefined;
  readonly path: string;
  readonly #file: FileSource;
  readonly #chunks: AsyncIterator<Uint8Array, void>;
  /** The first bytes, kept while headers are read. */
  #head = new Uint8Array(0);
  #chunk = new Uint8Array(0);
  /** Position behind the head and all chunks used up. */
  #position = 0;

  constructor(file: FileSource, chunks: AsyncIterable<Uint8Array, void>) {
    this.path = file.path;
    this.#file = file;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Reads `bytes` ahead and keeps them, so that `readAt` can begin there again. */
  async keepHead(bytes: number): Promise<void> {
    if (bytes <= this.#head.length) return;
    const head = new Uint8Array(bytes);
    head.set(this.#head);
    const got = await this.#forward(head.subarray(this.#head.length));
    this.#head = head.subarray(0, this.#head.length + got);
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    const kept = this.#head.subarray(position, position + into.length);
    into.set(kept);
    if (kept.length === into.length) return into.length;
    if (!(await this.#skipTo(position + kept.length))) return kept.length;
    return kept.length + (await this.#forward(into.subarray(kept.length)));
  }

  /** False where the stream ends first. */
  async #skipTo(position: number): Promise<boolean> {
    if (position < this.#position) throw new RangeError(`${this.path}: a stream cannot go back`);
    while (this.#position < position) {
      if (!(await this.#refill())) return false;
      const skip = Math.min(this.#chunk.length, position - this.#position);
      this.#chunk = this.#chunk.subarray(skip);
      this.#position += skip;
    }
    return true;
  }

  async #forward(into: Uint8Array): Promise<number> {
    let done = 0;
    while (done < into.length && (await this.#refill())) {
      const part = this.#chunk.subarray(0, into.length - done);
      into.set(part, done);
      this.#chunk = this.#chunk.subarray(part.length);
      done += part.length;
    }
    this.#position += done;
    return done;
  }

  async #refill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#chunk = value as Uint8Array<ArrayBuffer>;
    }
    return true;
  }

  async finish(): Promise<void> {
    await this.#file.finish();
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
    await this.#file.close();
  }
}
