/** What a run came to for processors, in a sentence or two: how busy the hosts were, and who suffered. */
import { readyShare, tellsOfCpu, vmRows, worstFirst } from "./cpu-rows.ts";
import { formatPercent, plural } from "./format.ts";
import { visible } from "./names.ts";
import type { HostCpu, Result } from "./result.ts";

/** Less than this part of its time and a VM does not suffer. */
const SUFFERS = 0.01;
/** Of co-stop, which is no wait for a processor but costs the guest as much. */
const STANDS = 0.1;
const NAMED = 3;

/** The sentences; none if no guest computes. */
export function cpuInsight(result: Result): string[] {
  if (!tellsOfCpu(result)) return [];
  return [
    ...busySentence(result),
    ...sufferedSentence(result),
    ...costopSentence(result),
    ...troubleSentences(result),
  ];
}

function busySentence(result: Result): string[] {
  const hosts = result.hosts.flatMap(({ name, cpu }) => (cpu === undefined ? [] : [{ name, cpu }]));
  if (hosts.length === 0) return [];
  const busy = (list: readonly HostCpu[]): [number, number] => [
    list.reduce((sum, { busyNs }) => sum + busyNs, 0),
    list.reduce((sum, { busyNs, idleNs }) => sum + busyNs + idleNs, 0),
  ];
  const all = formatPercent(...busy(hosts.map(({ cpu }) => cpu)));
  if (hosts.length === 1)
    return [`The processors of ${visible(hosts[0]!.name)} were busy for ${all} of the time.`];
  const part = ({ cpu }: (typeof hosts)[number]): number => cpu.busyNs / (cpu.busyNs + cpu.idleNs);
  const most = hosts.reduce((best, host) => (part(host) > part(best) ? host : best));
  const its = formatPercent(...busy([most.cpu]));
  return [`The processors were busy for ${all} of the time, those of ${visible(most.name)} most (${its}).`];
}

function sufferedSentence(result: Result): string[] {
  const [worst] = worstFirst(vmRows(result));
  if (worst === undefined) return [];
  if (readyShare(worst) < SUFFERS) return ["No VM waited for a processor for more than 1 % of its time."];
  const { readyNs, limitedNs, elapsedNs } = worst.cpu;
  const waited = `${visible(worst.name)} suffered most: ready but not running for ${formatPercent(readyNs, elapsedNs)} of its time`;
  if (limitedNs === 0) return [`${waited}.`];
  const held = limitedNs >= readyNs ? "all of that" : formatPercent(limitedNs, elapsedNs);
  return [`${waited}, ${held} held by a limit.`];
}

function costopSentence(result: Result): string[] {
  const part = ({ cpu }: (typeof rows)[number]): number => cpu.costopNs / Math.max(1, cpu.elapsedNs);
  const rows = vmRows(result);
  if (rows.length === 0) return [];
  const worst = rows.reduce((best, row) => (part(row) > part(best) ? row : best));
  if (part(worst) < STANDS) return [];
  const stood = formatPercent(worst.cpu.costopNs, worst.cpu.elapsedNs);
  return [
    `${visible(worst.name)} stood still for ${stood} of its time so that its vCPUs keep together (co-stop).`,
  ];
}

function troubleSentences(result: Result): string[] {
  const named = (what: string, names: readonly string[]): string[] => {
    if (names.length === 0) return [];
    const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
    return [
      `${plural(names.length, "VM")} ${what}: ${names.slice(0, NAMED).map(visible).join(", ")}${rest}.`,
    ];
  };
  const those = (has: (cpu: NonNullable<Result["vms"][number]["cpu"]>) => boolean): string[] =>
    result.vms.filter(({ cpu }) => cpu !== undefined && has(cpu)).map(({ name }) => name);
  return [
    ...named(
      "panicked",
      those(({ power }) => power === "panicked"),
    ),
    ...named(
      "in quarantine",
      those(({ quarantined }) => quarantined === true),
    ),
  ];
}
