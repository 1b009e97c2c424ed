/** One line that says how far a run is; whoever prints it decides where and how often. */
import { formatDuration, formatPages } from "./format.ts";

export interface Progress {
  readonly simulatedNs: number;
  readonly durationNs: number;
  readonly wallMs: number;
  readonly savedPages: number;
}

const BAR_WIDTH = 20;
/** Before this there is too little to go by. */
const ETA_AFTER_MS = 500;

/**
 * How far a run is, under 80 columns, no line end.
 *
 * @returns  `━━━━━━──────  31 %  3 min 6 s of 10 min  saved 412 MiB  12 s left`
 */
export function progressLine({ simulatedNs, durationNs, wallMs, savedPages }: Progress): string {
  const fraction = durationNs > 0 ? Math.min(1, Math.max(0, simulatedNs / durationNs)) : 1;
  const done = Math.floor(fraction * BAR_WIDTH);
  const bar = "━".repeat(done) + "─".repeat(BAR_WIDTH - done);
  const percent = `${Math.floor(fraction * 100)}`.padStart(3);
  const parts = [
    `${bar} ${percent} %`,
    `${formatDuration(simulatedNs)} of ${formatDuration(durationNs)}`,
    `saved ${formatPages(savedPages)}`,
  ];
  if (fraction > 0 && fraction < 1 && wallMs >= ETA_AFTER_MS) {
    const leftSeconds = Math.ceil((wallMs * (1 / fraction - 1)) / 1000);
    parts.push(`${formatDuration(leftSeconds * 1e9)} left`);
  }
  return parts.join("  ");
}
