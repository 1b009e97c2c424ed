/** QEMU's pre-copy page by page, as naive as can be: a bitmap, a scan round and round, a writer, windows of 100 ms. */

export interface PageMigration {
  readonly pages: number;
  /** The first of them are written. */
  readonly hotPages: number;
  readonly pagesPerS: number;
  readonly pattern: "cyclic" | "uniform";
  /** Part of its round that a cyclic writer has run at the start. */
  readonly phase: number;
  readonly bytesPerS: number;
  readonly downtimeLimitS: number;
}

export interface PageOutcome {
  readonly converged: boolean;
  /** Until the guest is stopped. */
  readonly seconds: number;
  readonly pagesSent: number;
  readonly leftPages: number;
  readonly looks: number;
}

const PAGE_COST = 4106;
const WINDOW_S = 0.1;

/** Runs to the end, or so many looks. */
export function migratePages(one: PageMigration, looksMax = 200): PageOutcome {
  const waits = new Uint8Array(one.pages).fill(1);
  const limit = (one.bytesPerS * one.downtimeLimitS) / 4096;
  let [waiting, scan, seconds, pagesSent, looks, budget] = [one.pages, 0, 0, 0, 1, 0];
  let written = 0;
  let state = 12345;
  const next = (): number => {
    if (one.pattern === "cyclic") return Math.floor(one.phase * one.hotPages + written) % one.hotPages;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * one.hotPages);
  };
  const look = (): void => {
    looks += 1;
    for (const due = Math.floor(seconds * one.pagesPerS); written < due; written += 1) {
      const page = next();
      waiting += 1 - waits[page]!;
      waits[page] = 1;
    }
  };
  while (looks < looksMax) {
    budget += one.bytesPerS * WINDOW_S;
    for (; waiting > 0 && budget >= PAGE_COST; scan = (scan + 1) % one.pages) {
      if (waits[scan] === 0) continue;
      waits[scan] = 0;
      waiting -= 1;
      pagesSent += 1;
      budget -= PAGE_COST;
    }
    seconds += WINDOW_S;
    if (waiting >= limit) continue;
    look();
    if (waiting < limit) return { converged: true, seconds, pagesSent, leftPages: waiting, looks: looks + 1 };
  }
  return { converged: false, seconds, pagesSent, leftPages: waiting, looks };
}
