/**
 * How far what sharing leaves would compress: each nonzero content once, by its LZ4 block.
 *
 * Cost: one compression a content and file.
 */

/** Counts over nonzero contents, each once. */
export interface PagesCompressed {
  /** Blocks of at most 1024 bytes. */
  readonly quarterPages: number;
  /** Of at most 2048: what a compression cache takes. */
  readonly halfPages: number;
  /** Of less than 4096. */
  readonly wholePages: number;
  /** Bytes of the blocks counted in `halfPages`. */
  readonly halfBytes: number;
  /** Contents that came first as a fingerprint: there were no bytes to compress. */
  readonly unknownPages: number;
}

const HALF_BYTES = 2048;

/** Counts sizes. */
export class CompressedCounts {
  #counts = { quarterPages: 0, halfPages: 0, wholePages: 0, halfBytes: 0, unknownPages: 0 };

  /** @param size  bytes of a content's block, 4096: it does not shrink; undefined: not known */
  add(size: number | undefined): void {
    const counts = this.#counts;
    if (size === undefined) {
      counts.unknownPages += 1;
      return;
    }
    if (size <= HALF_BYTES / 2) counts.quarterPages += 1;
    if (size < 2 * HALF_BYTES) counts.wholePages += 1;
    if (size > HALF_BYTES) return;
    counts.halfPages += 1;
    counts.halfBytes += size;
  }

  get counts(): PagesCompressed {
    return { ...this.#counts };
  }
}
