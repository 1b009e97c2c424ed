/** What stands at the other end of stdout and stderr: a terminal with a width and colours, a pipe, nobody. */
import pc from "picocolors";
import { EXIT, fileTrouble } from "./fail.ts";

const WIDTH_ABSENT = 100;

/** Columns for a report: of the terminal, else of COLUMNS, else 100. */
export function reportWidth(): number {
  const given = process.stdout.columns ?? Number(process.env["COLUMNS"]);
  return Number.isInteger(given) && given > 0 ? given : WIDTH_ABSENT;
}

/** Emphasis for stdout: on a terminal, unless NO_COLOR says no; anywhere if FORCE_COLOR says so. */
export function colors(): ReturnType<typeof pc.createColors> {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = process.env;
  if (NO_COLOR !== "") return pc.createColors(false);
  if (FORCE_COLOR !== "") return pc.createColors(FORCE_COLOR !== "0");
  return pc.createColors(process.stdout.isTTY === true && TERM !== "dumb");
}

/**
 * Draws one line on stderr again and again.
 *
 * @param enabled  false: draws nothing; nothing is drawn without a terminal either
 */
export function statusLine(enabled: boolean): { show: (line: string) => void; clear: () => void } {
  const draws = enabled && process.stderr.isTTY === true;
  let isShown = false;
  return {
    show(line) {
      if (!draws) return;
      isShown = true;
      const width = (process.stderr.columns || 80) - 1;
      process.stderr.write(`\r\x1b[K${[...line].slice(0, width).join("")}`);
    },
    clear() {
      if (isShown) process.stderr.write("\r\x1b[K");
      isShown = false;
    },
  };
}

/** A reader that goes away (`ballast … | head`) is no fault; a full disk is one, and is told. */
export function guardStreams(): void {
  process.stdout.on("error", (fault: NodeJS.ErrnoException) => {
    if (fault.code === "EPIPE") process.exit(EXIT.ok);
    process.stderr.write(`ballast: could not write the output: ${fileTrouble(fault)}\n`);
    process.exit(EXIT.input);
  });
  // Nobody is left to tell.
  process.stderr.on("error", () => {});
}
