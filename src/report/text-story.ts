/** The parts of the text report that tell what happened: decisions with their reasons, and events. */
import { formatAt, formatCount, formatQuantity, plural } from "./format.ts";
import { displayWidth, visible, wrap } from "./names.ts";
import type { Decision, EventResult, Result } from "./result.ts";
import { decisionsToTell, isScanRate } from "./summary.ts";
import type { TextContext } from "./table.ts";

const DECISIONS_SHOWN = 4;
const ROWS_NAMED = 4;
const EVENTS_SHOWN = 8;

/**
 * The first decisions, or all, each with what it set and why; then how many there are besides. Rates of scans come last among
 * those to be shown, and where nothing is in memory not at all.
 */
export function decisionLines(result: Result, context: TextContext): string[] {
  const decisions = context.all ? result.decisions : decisionsToTell(result);
  if (decisions.length === 0) return [];
  const groups = alike(decisions);
  const shown = context.all ? groups : telling(groups);
  const stamp = stampWidth(result);
  const lines = [context.paint.dim(plural(decisions.length, "decision"))];
  for (const { decision, rows } of shown) {
    const at = `[${formatAt(decision.atNs).padStart(stamp)}] `;
    const head = `${rowsText(rows, context.all)}  ${settings(decision)}`;
    lines.push(...hanging(at, head, context.width));
    lines.push(...hanging(" ".repeat(at.length), visible(decision.reason), context.width));
  }
  const rest = decisions.length - shown.reduce((sum, { rows }) => sum + rows.length, 0);
  if (rest > 0) lines.push(context.paint.dim(`${formatCount(rest)} more: --all, --json or --out DIR`));
  return lines;
}

/** As many as are shown, in their order. */
function telling(groups: readonly Alike[]): Alike[] {
  const first = groups.filter(({ decision }) => !isScanRate(decision)).slice(0, DECISIONS_SHOWN);
  const rest = groups.filter(({ decision }) => isScanRate(decision));
  const shown = new Set([...first, ...rest.slice(0, DECISIONS_SHOWN - first.length)]);
  return groups.filter((group) => shown.has(group));
}

interface Alike {
  readonly decision: Decision;
  readonly rows: readonly string[];
}

/** Decisions of one moment that set the same for the same reason stand once, with all their rows. */
function alike(decisions: readonly Decision[]): Alike[] {
  const groups = new Map<string, { decision: Decision; rows: string[] }>();
  for (const decision of decisions) {
    const [kind] = decision.row.split(" ");
    const key = JSON.stringify([decision.atNs, kind, decision.policy, decision.target, decision.reason]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { decision, rows: [decision.row] });
    else group.rows.push(decision.row);
  }
  return [...groups.values()];
}

/** `vm web-1`, or `3 vms: web-1, web-2, web-3`. */
function rowsText(rows: readonly string[], all: boolean): string {
  const [first] = rows;
  if (rows.length === 1) return visible(first!);
  const [kind] = first!.split(" ");
  const names = rows.map((row) => visible(row.slice(kind!.length + 1)));
  const listed = all ? names : names.slice(0, ROWS_NAMED);
  const more = names.length > listed.length ? [`${formatCount(names.length - listed.length)} more`] : [];
  return `${plural(rows.length, kind!)}: ${[...listed, ...more].join(", ")}`;
}

function settings(decision: Decision): string {
  return Object.entries(decision.target)
    .map(([column, value]) => `${visible(column)} ${formatQuantity(column, value)}`)
    .join(", ");
}

/** The first events, or all; then how many of each kind there are besides. */
export function eventLines(result: Result, context: TextContext): string[] {
  const { events } = result;
  if (events.length === 0) return [];
  const shown = context.all ? events : events.slice(0, EVENTS_SHOWN);
  const stamp = stampWidth(result);
  const lines = [context.paint.dim(plural(events.length, "event"))];
  for (const event of shown) {
    const at = `[${formatAt(event.atNs).padStart(stamp)}] `;
    const place = [event.host, event.vm].filter((name) => name !== undefined).map(visible);
    const text = [...place, visible(event.kind), visible(event.text)].join("  ");
    lines.push(...hanging(at, text, context.width));
  }
  const rest = events.slice(shown.length);
  if (rest.length > 0)
    lines.push(
      ...wrap(`more: ${kinds(rest)}; all of them: --all, --json or --out DIR`, context.width).map(
        context.paint.dim,
      ),
    );
  return lines;
}

function kinds(events: readonly EventResult[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${formatCount(count)} ${visible(kind)}`).join(", ");
}

/** Wide enough for every moment of the run. */
function stampWidth(result: Result): number {
  return formatAt(result.simulatedNs).length;
}

/** `text` behind `lead`, further lines indented as far. */
function hanging(lead: string, text: string, width: number): string[] {
  const indent = " ".repeat(displayWidth(lead));
  return wrap(text, width - indent.length).map((line, index) => (index === 0 ? lead : indent) + line);
}
