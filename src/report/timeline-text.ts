/**
 * A timeline as letters, a line a vCPU, a letter a quantum:
 *
 *   vm1  URRRRURRRRURRRRUWRRRURRR      U runs  R ready  C co-stopped  W waits  . off
 *   vm2  URRRRURRRRURRRRUWRRRURRR
 *
 * A letter is the state that held for most of its quantum; of two that held equally long the one named first above.
 * Cost: O(entries + letters).
 */
import { formatDuration } from "./format.ts";
import { displayWidth, padEnd, truncate, visible, wrap } from "./names.ts";
import type { Timeline } from "./result.ts";
import { COSTOPPED, IDLE, READY, RUN, type Span, SWAP_WAIT, spansOf, vcpuNames } from "./spans.ts";

export interface TimelineTextOptions {
  /** Simulated time a letter stands for, above 0. */
  readonly quantumNs: number;
  /** Columns of the terminal; lines that are longer are broken into blocks. 100 if absent, at least 40. */
  readonly columns?: number;
  /** Start of the first letter; 0 if absent. */
  readonly fromNs?: number;
  /** Letters a vCPU; as many as the timeline has from there if absent, never more. */
  readonly quanta?: number;
}

const LETTERS = "URCW.";
const OFF_LETTER = 4;
/** Place in `LETTERS` of every state. */
const LETTER_OF: Readonly<Record<number, number>> = {
  [RUN]: 0,
  [READY]: 1,
  [COSTOPPED]: 2,
  [IDLE]: 3,
  [SWAP_WAIT]: 3,
};

const NAME_WIDTH_MAX = 24;
const COLUMNS_MIN = 40;

/**
 * The letters of each vCPU.
 *
 * @param quantumNs  above 0
 * @param fromNs     start of the first letter
 * @param quanta     letters a vCPU, at least 0
 * @returns          a string a vCPU, in the timeline's order; shorter than `quanta` where the timeline ends
 */
export function timelineLetters(
  timeline: Timeline,
  quantumNs: number,
  fromNs: number,
  quanta: number,
): string[] {
  const count = Math.max(0, Math.min(quanta, Math.ceil((timeline.untilNs - fromNs) / quantumNs)));
  const rows = timeline.vcpus.map(() => new Row(quantumNs, fromNs, count));
  for (const span of spansOf(timeline)) rows[span.vcpu]!.add(span);
  return rows.map((row) => row.text());
}

/** One vCPU's letters, made from spans that come in order of time. */
class Row {
  readonly #quantumNs: number;
  readonly #fromNs: number;
  readonly #count: number;
  readonly #held = new Float64Array(LETTERS.length);
  readonly #letters: string[] = [];

  constructor(quantumNs: number, fromNs: number, count: number) {
    this.#quantumNs = quantumNs;
    this.#fromNs = fromNs;
    this.#count = count;
  }

  add({ state, fromNs, toNs }: Span): void {
    const letter = LETTER_OF[state] ?? OFF_LETTER;
    let at = Math.max(fromNs, this.#fromNs);
    while (at < toNs && this.#letters.length < this.#count) {
      const end = this.#fromNs + (this.#letters.length + 1) * this.#quantumNs;
      this.#held[letter]! += Math.min(end, toNs) - at;
      if (toNs < end) return;
      this.#close();
      at = end;
    }
  }

  #close(): void {
    let most = 0;
    for (let i = 1; i < LETTERS.length; ++i) if (this.#held[i]! > this.#held[most]!) most = i;
    this.#letters.push(LETTERS[most]!);
    this.#held.fill(0);
  }

  text(): string {
    // The last quantum may be cut by the end of the timeline.
    if (this.#letters.length < this.#count) this.#close();
    return this.#letters.join("");
  }
}

/**
 * The timeline as text, lines ended by `\n`, in blocks where the terminal is narrower than the run is long.
 *
 * @returns  a sentence if there is nothing to show
 * @throws   RangeError if the quantum is not above 0
 */
export function timelineText(timeline: Timeline, options: TimelineTextOptions): string {
  const { quantumNs, fromNs = 0, quanta = Number.POSITIVE_INFINITY } = options;
  if (!(quantumNs > 0)) throw new RangeError(`timelineText.quantumNs: expected above 0, got ${quantumNs}`);
  const columns = Math.max(COLUMNS_MIN, Math.floor(options.columns ?? 100));
  const names = vcpuNames(timeline).map((name) => truncate(visible(name), NAME_WIDTH_MAX));
  const letters = timelineLetters(timeline, quantumNs, fromNs, quanta);
  const length = letters[0]?.length ?? 0;
  if (length === 0) return "timeline: nothing was recorded\n";

  const nameWidth = Math.max(...names.map(displayWidth));
  const room = blockLength(columns - nameWidth - 2);
  const head = [
    `a letter is ${formatDuration(quantumNs)}: U runs, R ready, C co-stopped, W waits, . off`,
    ...(timeline.cut ? [`recorded until ${formatDuration(timeline.untilNs)}, for want of room`] : []),
  ];
  const lines = head.flatMap((line) => wrap(line, columns));
  for (let start = 0; start < length; start += room) {
    lines.push(`${padEnd("", nameWidth)}  ${formatDuration(fromNs + start * quantumNs)}`);
    letters.forEach((text, row) => {
      lines.push(`${padEnd(names[row]!, nameWidth)}  ${text.slice(start, start + room)}`);
    });
  }
  return `${lines.join("\n")}\n`;
}

/** Tens where there is room for tens, so that the starts of blocks are round moments. */
function blockLength(room: number): number {
  return room >= 20 ? room - (room % 10) : Math.max(1, room);
}
