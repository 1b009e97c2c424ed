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
import type { CpuTimesSeries, HostResult, HostSeries, Result } from "./result.ts";
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
    ...cpuOfHost(series),
    ...poolsOf(host, result).flatMap((each) => cpuOfGroup(each.group, each.series)),
    ...vms.flatMap((each) => cpuOfGroup(each.group, each.series)),
    ...vms.flatMap((each) => memoryOfVm(each.group, each.vm, each.series)),
  ].map(({ title, value }) => ({ title: place + title, value }));
}

function cpuOfHost({ usedPpm, busyPpm }: HostSeries): Counter[] {
  return [
    ...percent("Physical Cpu(_Total)\\% Processor Time", usedPpm),
    ...percent("Physical Cpu(_Total)\\% Util Time", busyPpm),
  ];
}

/** Pools are groups, too: numbered behind the VMs, in the scenario's order. */
function poolsOf(host: HostResult, { pools, vms, series }: Result) {
  return pools.flatMap(({ name, host: home }, index) => {
    const ofPool = home === host.name ? own(series.pools ?? {}, name) : undefined;
    const group = `${vms.length + index + 1}:${instanceName(name)}`;
    return ofPool === undefined ? [] : [{ group, series: ofPool }];
  });
}

/** Counters of a VM or a pool, in the order of esxtop's fields. */
const TIMES: readonly (readonly [
  title: string,
  of: (series: CpuTimesSeries) => readonly number[] | undefined,
])[] = [
  ["% Used", ({ usedPpm }) => usedPpm],
  ["% Run", ({ runPpm }) => runPpm],
  ["% System", ({ systemPpm }) => systemPpm],
  ["% Wait", ({ waitPpm }) => waitPpm],
  ["% VmWait", ({ waitPpm, idlePpm }) => idlePpm && waitPpm?.map((ppm, i) => ppm - idlePpm[i]!)],
  ["% Ready", ({ readyPpm }) => readyPpm],
  ["% Idle", ({ idlePpm }) => idlePpm],
  ["% Overlap", ({ overlapPpm }) => overlapPpm],
  ["% CoStop", ({ costopPpm }) => costopPpm],
  ["% Max Limited", ({ limitedPpm }) => limitedPpm],
  ["% Swap Wait", ({ swapWaitPpm }) => swapWaitPpm],
];

function cpuOfGroup(group: string, series: CpuTimesSeries): Counter[] {
  return TIMES.flatMap(([title, of]) => percent(`Group Cpu(${group})\\${title}`, of(series)));
}

function percent(title: string, ppm: readonly number[] | undefined): Counter[] {
  return ppm === undefined ? [] : [{ title, value: (i) => ppm[i]! / PERCENT_PPM }];
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
