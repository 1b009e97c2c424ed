/** What is wrong with a migration that was asked for: every fault at once, in the caller's words. */

export interface MigrationFault {
  /** The option, such as `dirtyRate`; in a list or a file the place too. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** A migration that cannot be planned. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly faults: readonly MigrationFault[];

  constructor(faults: readonly MigrationFault[]) {
    super(migrationFaultText(faults, (path) => path));
    this.faults = faults;
  }
}

/**
 * The faults as people read them.
 *
 * @param named  how the caller's user writes an option, such as `--dirty-rate`
 */
export function migrationFaultText(
  faults: readonly MigrationFault[],
  named: (path: string) => string,
): string {
  const names = faults.map(({ path }) => named(path));
  const width = Math.max(0, ...names.map((name) => name.length));
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const rows = faults.map(
    ({ expected, got }, index) => `  ${names[index]!.padEnd(width)}  expected ${expected}, got ${got}`,
  );
  return [`migration is not valid (${count})`, ...rows].join("\n");
}
