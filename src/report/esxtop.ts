/**
 * The series in the batch format of esxtop, which the tools read that people use for it: one row a sample, quoted.
 *
 *   "(PDH-CSV 4.0) (UTC)(0)","\\h1\Memory\Machine MBytes",…,"\\h1\Group Cpu(1:web)\% Used",…
 *   "01/01/2000 00:00:05","8192.00",…,"37.50",…
 *
 * Only counters that the series hold; simulated time counts from the first second of the year 2000.
 *
 * Source: esxtop -b; titles after Windows' performance counters. Cost: O(samples × counters).
 */
import { type Counter, memoryOfHost, memoryOfVm } from "./esxtop-memory.ts";
import { visible } from "./names.ts";
import type { HostResult, HostSeries, Result, VmSeries } from "./result.ts";
import { own } from "./series.ts";

/** 2000-01-01T00:00:00Z, in milliseconds of Unix time. */
const EPOCH_MS = 946_684_800_000;
const PERCENT_PPM = 10_000;

/** The whole file in one string; for long runs of many VMs write `esxtopCsvLines` out as they come. */
export function esxtopCsv(result: Result): string {
  return [...esxtopCsvLines(result)].join("");
}

/** The lines of the file, each with its `\n`: titles, then one a sample. */
export function* esxtopCsvLines(result: Result): Generator<string> {
  const { atNs } = result.series;
  const counters = result.hosts.flatMap((host) => countersOf(host, result));
  yield `${["(PDH-CSV 4.0) (UTC)(0)", ...counters.map(({ title }) => title)].map(quoted).join(",")}\n`;
  const whole = atNs.every((ns) => ns % 1e9 === 0);
  for (let sample = 0; sample < atNs.length; ++sample) {
    const values = counters.map(({ value }) => `"${value(sample).toFixed(2)}"`);
    yield `${[`"${timestamp(atNs[sample]!, whole)}"`, ...values].join(",")}\n`;
  }
}

function countersOf(host: HostResult, result: Result): Counter[] {
  const series = own(result.series.hosts, host.name);
  if (series === undefined) return [];
  const place = `\\\\${instanceName(host.name)}\\`;
  const vms = result.vms
    // A group's number is the VM's place in the scenario, from 1.
    .map((vm, index) => ({ vm, group: `${index + 1}:${instanceName(vm.name)}` }))
    .filter(({ vm }) => vm.host === host.name)
    .flatMap(({ vm, group }) => {
      const ofVm = own(result.series.vms, vm.name);
      return ofVm === undefined ? [] : [{ vm, group, series: ofVm }];
    });
  return [
    ...memoryOfHost(result, host, series),
    ...cpuOfHost(
      host,
      series,
      vms.map((each) => each.series),
    ),
    ...vms.flatMap((each) => cpuOfVm(each.group, each.series)),
    ...vms.flatMap((each) => memoryOfVm(each.group, each.vm, each.series)),
  ].map(({ title, value }) => ({ title: place + title, value }));
}

function cpuOfHost({ cpu }: HostResult, { busyPpm }: HostSeries, vms: readonly VmSeries[]): Counter[] {
  const counters: Counter[] = [];
  if (cpu === undefined) return counters;
  if (vms.length > 0 && vms.every(({ usedPpm }) => usedPpm !== undefined)) {
    const used = (i: number): number => vms.reduce((sum, { usedPpm }) => sum + usedPpm![i]!, 0);
    const value = (i: number): number => used(i) / cpu.pcpus / PERCENT_PPM;
    counters.push({ title: "Physical Cpu(_Total)\\% Processor Time", value });
  }
  if (busyPpm !== undefined) {
    const value = (i: number): number => busyPpm[i]! / PERCENT_PPM;
    counters.push({ title: "Physical Cpu(_Total)\\% Util Time", value });
  }
  return counters;
}

function cpuOfVm(group: string, { usedPpm, readyPpm, costopPpm }: VmSeries): Counter[] {
  const columns = { "% Used": usedPpm, "% Ready": readyPpm, "% CoStop": costopPpm };
  return Object.entries(columns).flatMap(([title, values]) =>
    values === undefined
      ? []
      : [{ title: `Group Cpu(${group})\\${title}`, value: (i: number) => values[i]! / PERCENT_PPM }],
  );
}

/** `MM/DD/YYYY HH:MM:SS`, with milliseconds if any sample of the file stands between two seconds. */
function timestamp(ns: number, whole: boolean): string {
  const [date, time] = new Date(EPOCH_MS + Math.floor(ns / 1e6)).toISOString().split("T") as [string, string];
  const [year, month, day] = date.split("-");
  return `${month}/${day}/${year} ${whole ? time.slice(0, 8) : time.slice(0, 12)}`;
}

/** Characters that mean something in a counter's path, replaced as Windows does. */
const REPLACED: Readonly<Record<string, string>> = { "(": "[", ")": "]", "\\": "/", "#": "_" };

function instanceName(name: string): string {
  return visible(name).replace(/[()\\#]/g, (character) => REPLACED[character]!);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
