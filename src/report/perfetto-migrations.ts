/**
 * Migrations as slices of the timeline: a process of their own, a track a migration, a slice a phase and, within, a round.
 *
 *   db h1 -> h2   [ rounds                          ][ stop ][ commits ][ push      ]
 *                 [ round 1          ][ round 2 ][3 ]
 */
import { visible } from "./names.ts";
import type { MigrationResult, Result } from "./result.ts";

/** Behind all hosts. */
const PROCESS = 1_000_000;

/** Nothing where nobody moved. */
export function* migrationSlices({ migrations, simulatedNs }: Pick<Result, "migrations" | "simulatedNs">) {
  const moved = migrations.filter(({ phases }) => phases.length > 0);
  if (moved.length === 0) return;
  yield `{"ph":"M","name":"process_name","pid":${PROCESS},"args":{"name":"migrations"}}`;
  for (const [row, migration] of moved.entries()) {
    const track = `"pid":${PROCESS},"tid":${row + 1}`;
    const name = JSON.stringify(
      `${visible(migration.vm)} ${visible(migration.from)} -> ${visible(migration.to)}`,
    );
    yield `{"ph":"M","name":"thread_name",${track},"args":{"name":${name}}}`;
    yield* slicesOf(migration, track, simulatedNs);
  }
}

function* slicesOf({ phases, rounds }: MigrationResult, track: string, endNs: number): Generator<string> {
  for (const [at, { phase, atNs }] of phases.entries()) {
    const isEnd = phase === "done" || phase === "aborted" || phase === "lost";
    if (isEnd) continue;
    const untilNs = phases[at + 1]?.atNs ?? endNs;
    if (untilNs > atNs) yield slice(phase, atNs, untilNs, track, "");
    if (phase !== "rounds") continue;
    let since = atNs;
    for (const [round, { ns, pages, dirtiedPages }] of rounds.entries()) {
      const args = `,"args":{"pages":${pages},"dirtied":${dirtiedPages}}`;
      yield slice(`round ${round + 1}`, since, since + ns, track, args);
      since += ns;
    }
  }
}

function slice(name: string, fromNs: number, untilNs: number, track: string, args: string): string {
  const [ts, dur] = [fromNs / 1000, (untilNs - fromNs) / 1000];
  return `{"ph":"X","cat":"migration","name":"${name}","ts":${ts},"dur":${dur},${track}${args}}`;
}
