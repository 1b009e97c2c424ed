/**
 * Which pages a real program wrote, interval by interval: the series that dirtying is replayed from.
 *
 *   DTZ1 | interval_ms pages samples | per sample: dt_ms runs (gap length)*      all numbers LEB128
 *
 * The first sample is everything that was there when measuring began, and is dropped. Reading is all or nothing.
 *
 * Source: the form of `../shared/oracles/dirty` (`rdz.py`). Cost: O(runs) to read; 8 bytes a run.
 */
import { TraceError } from "../trace/index.ts";

/** Pages written in one interval, as runs in increasing order. */
export interface DirtySample {
  readonly seconds: number;
  /** First page and count of each run, one after the other. */
  readonly runs: Uint32Array;
  /** Distinct pages. */
  readonly pages: number;
}

export interface DirtySeries {
  readonly name: string;
  /** Page numbers lie below. */
  readonly span: number;
  readonly samples: readonly DirtySample[];
  readonly seconds: number;
}

const MAGIC = [0x44, 0x54, 0x5a, 0x31];
const PAGES_MAX = 2 ** 32 - 1;

/**
 * Reads a bitmap series.
 *
 * Throws TraceError for damaged bytes, with the byte in its words.
 *
 * @param name  how faults call it
 */
export function parseDirtySeries(bytes: Uint8Array, name: string): DirtySeries {
  if (!isDirtySeries(bytes))
    throw new TraceError({ file: name, expected: "a series that begins DTZ1", got: "other bytes" });
  const reader = new Varints(bytes, MAGIC.length, name);
  reader.next("the interval");
  const span = reader.next("the number of pages");
  const count = reader.next("the number of samples");
  // A sample takes two bytes at least.
  if (count > bytes.length / 2) throw reader.fault("samples", `${count} of them in ${bytes.length} bytes`);
  const samples: DirtySample[] = [];
  for (let index = 0; index < count; index += 1) samples.push(readSample(reader, span));
  if (!reader.atEnd) throw reader.fault("the end", "more bytes");
  return seriesOf(name, span, samples.slice(1));
}

/** Whether bytes are such a series, by their first four. */
export function isDirtySeries(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/** A series from its samples; throws TraceError if there is nothing in it. */
export function seriesOf(name: string, span: number, samples: readonly DirtySample[]): DirtySeries {
  const seconds = samples.reduce((sum, sample) => sum + sample.seconds, 0);
  if (!(seconds > 0)) {
    throw new TraceError({
      file: name,
      expected: "at least two samples, some time apart",
      got: "none to replay",
    });
  }
  return { name, span, samples, seconds };
}

function readSample(reader: Varints, span: number): DirtySample {
  const seconds = reader.next("a sample's time") / 1000;
  const runs = new Uint32Array(2 * reader.count("a number of runs"));
  let [end, pages] = [0, 0];
  for (let at = 0; at < runs.length; at += 2) {
    const first = end + reader.next("a gap");
    const length = reader.next("a run's length");
    end = first + length;
    if (end > span) throw reader.fault(`pages below ${span}`, `page ${end - 1}`);
    runs[at] = first;
    runs[at + 1] = length;
    pages += length;
  }
  return { seconds, runs, pages };
}

class Varints {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at: number;

  constructor(bytes: Uint8Array, at: number, name: string) {
    this.#bytes = bytes;
    this.#at = at;
    this.#name = name;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(what: string): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw this.fault(what, "the end of the series");
      this.#at += 1;
      value += (byte & 127) * scale;
      if (value > PAGES_MAX) throw this.fault(`${what} below 2^32`, String(value));
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** A number of runs, each of which takes two bytes at least. */
  count(what: string): number {
    const value = this.next(what);
    if (value > (this.#bytes.length - this.#at) / 2)
      throw this.fault(what, `${value}, more than there are bytes for`);
    return value;
  }

  fault(expected: string, got: string): TraceError {
    return new TraceError({ file: this.#name, expected, got: `${got} (byte ${this.#at})` });
  }
}
