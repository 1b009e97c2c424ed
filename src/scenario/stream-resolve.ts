/** Streams of memory accesses in base units, the regions they are of, and the operations that threads make with them. */
import { scenarioDefaults } from "./defaults.ts";
import type { Path } from "./fault.ts";
import { pagesOf } from "./fields.ts";
import { type GuestStream, guestPresets } from "./guest-presets.ts";
import { leftPages, ownRegion } from "./guest-resolve.ts";
import { type PageTraceOf, pageTraceOf } from "./page-trace.ts";
import { lengthStep } from "./phases.ts";
import { type PresetStream, workloadPresets } from "./presets.ts";
import { addThreads, type Draft, type Node, type Sink } from "./program.ts";
import type { ParsedScenario } from "./schema.ts";
import type { OsSpec, RegionSpec, StreamSpec } from "./types.ts";
import { isStream, type ParsedWork, workOf } from "./work-resolve.ts";

type ParsedVm = ParsedScenario["vms"][number];

const { stream: absent } = scenarioDefaults;

/** A VM's memory work while it is put together. */
interface Draught {
  readonly vm: ParsedVm;
  readonly os: Omit<OsSpec, "regions"> | undefined;
  readonly streams: StreamSpec[];
  readonly regions: RegionSpec[];
  readonly traces: PageTraceOf;
  readonly sink: Sink;
  readonly program: Draft;
  readonly onNs: number;
}

/** What the streams of a VM resolve to. */
export interface MemoryWork {
  readonly workload: readonly StreamSpec[];
  readonly os: OsSpec | undefined;
}

/**
 * Resolves the streams of a VM; operations add their threads to its program.
 *
 * @param path  of the VM, for faults
 */
export function resolveStreams(
  vm: ParsedVm,
  path: Path,
  context: Pick<Draught, "os" | "traces" | "sink" | "program" | "onNs">,
): MemoryWork {
  const { os } = context;
  const draught: Draught = { vm, streams: [], regions: [], ...context };
  for (const [work, at] of workOf(vm, path)) {
    if (!isStream(work)) continue;
    const place = at.slice(path.length).join(".");
    if (work.preset === undefined) addOwn(work, at, place, draught);
    else if (os === undefined) addRawPreset(work, draught);
    else addGuestPreset(work, place, draught);
  }
  const { streams, regions } = draught;
  return { workload: streams, os: os === undefined ? undefined : { ...os, regions } };
}

function span({ start, stop }: ParsedWork): { startNs: number; stopNs?: number } {
  return { startNs: start ?? absent.startNs.value, ...(stop === undefined ? {} : { stopNs: stop }) };
}

/** What streams have that say nothing else. */
const plain = {
  exponent: absent.exponent.value,
  hotPagesPpm: absent.hotPagesPpm.value,
  hotAccessesPpm: absent.hotAccessesPpm.value,
  writesZeroPpm: absent.contentZeroPpm.value,
  writesCommonPpm: absent.contentCommonPpm.value,
  writesSamePpm: absent.contentSamePpm.value,
};

/** Row of the region; one for each file of a VM, one for each stream of anonymous memory. */
function regionRow({ regions }: Draught, region: RegionSpec): number {
  const known =
    region.kind === "file"
      ? regions.findIndex(({ kind, name }) => kind === "file" && name === region.name)
      : -1;
  if (known < 0) return regions.push(region) - 1;
  regions[known] = { ...region, pages: Math.max(region.pages, regions[known]!.pages) };
  return known;
}

/** A stream with all that it says of itself. */
function addOwn(work: ParsedWork, path: Path, place: string, draught: Draught): void {
  const { vm, os, streams } = draught;
  const firstPage = work.offset ?? absent.firstPage.value;
  const trace =
    typeof work.pages === "string" ? pageTraceOf(work.pages, [...path, "pages"], draught) : undefined;
  if (trace === undefined && typeof work.pages === "string") return;
  const room = (os === undefined ? vm.memory : leftPages(vm.memory, os)) - firstPage;
  const size = work.size === undefined ? undefined : Math.max(1, pagesOf(work.size, vm.memory));
  const length = typeof work.pages === "number" ? work.pages : size;
  const pages = trace?.pages ?? length ?? Math.max(1, room);
  if (trace !== undefined && os === undefined && pages > room) {
    const expected = `at most ${room} distinct pages, the VM's memory${firstPage === 0 ? "" : " after its offset"}`;
    draught.sink.finding({ path: [...path, "pages"], expected, got: `${pages} in ${String(work.pages)}` });
    return;
  }
  const kind = work.memory ?? "anonymous";
  const name = kind === "file" && work.file !== undefined ? work.file : ownRegion(place);
  const region =
    os === undefined ? {} : { region: regionRow(draught, { kind, pages: firstPage + pages, name }) };
  const row = streams.push({
    pattern: trace === undefined ? work.pattern! : "trace",
    ...region,
    ...(trace === undefined ? {} : { references: trace.references }),
    ratePerKs: work.rate ?? 0,
    writesPpm: work.writes ?? absent.writesPpm.value,
    firstPage,
    pages,
    exponent: work.exponent ?? absent.exponent.value,
    hotPagesPpm: work.hot?.pages ?? absent.hotPagesPpm.value,
    hotAccessesPpm: work.hot?.accesses ?? absent.hotAccessesPpm.value,
    writesZeroPpm: work.content?.zero ?? absent.contentZeroPpm.value,
    writesCommonPpm: work.content?.common ?? absent.contentCommonPpm.value,
    writesSamePpm: work.content?.same ?? absent.contentSamePpm.value,
    ...span(work),
  });
  if (work.accesses === undefined) return;
  const body: Node[] = [
    { kind: "access", stream: row - 1, accesses: work.accesses },
    lengthStep("run", work.work!),
    ...(work.sleep === undefined ? [] : [lengthStep("sleep", work.sleep)]),
  ];
  addOperations(work, body, work.threads ?? 1, draught);
}

/** Threads that go round for as long as the entry says; its times are the run's, a program's are after the guest is up. */
function addOperations(work: ParsedWork, body: readonly Node[], threads: number, draught: Draught): void {
  const { onNs, program } = draught;
  const { startNs, stopNs } = span(work);
  const upNs = onNs + program.bootNs;
  const stop: Node[] = stopNs === undefined ? [] : [{ kind: "stop", ns: Math.max(1, stopNs - upNs) }];
  addThreads(program, threads, Math.max(0, startNs - upNs), [
    { kind: "repeat", rounds: 0, body: [...stop, ...body] },
  ]);
}

/** Presets say whole percents, so that the product stays exact. */
function partOf(pages: number, ppm: number): number {
  return Math.floor((pages * (ppm / 10_000)) / 100);
}

function addRawPreset(work: ParsedWork, { vm, streams }: Draught): void {
  const { memory } = vm;
  for (const { pattern, ratePerKs, writesPpm, offsetPpm, sizePpm } of rawPreset(work.preset!)) {
    const firstPage = Math.min(memory - 1, partOf(memory, offsetPpm));
    const pages = Math.min(memory - firstPage, Math.max(1, partOf(memory, sizePpm)));
    streams.push({ pattern, ratePerKs, writesPpm, firstPage, pages, ...plain, ...span(work) });
  }
}

/** The rules have refused presets that need an `os`. */
function rawPreset(name: string): readonly PresetStream[] {
  return workloadPresets[name] ?? [];
}

function addGuestPreset(work: ParsedWork, place: string, draught: Draught): void {
  const { vm, streams } = draught;
  const { streams: parts, operation } = guestPresets[work.preset!]!;
  const first = streams.length;
  for (const [k, part] of parts.entries()) {
    const size = k === 0 && work.size !== undefined ? work.size : part.size;
    const pages = sizeOf(size, draught);
    const kind = part.memory;
    const name = part.file ?? ownRegion(`${place}.${k}`);
    streams.push({
      pattern: part.pattern,
      region: regionRow(draught, { kind, pages, name }),
      ratePerKs: part.ratePerKs,
      writesPpm: part.writesPpm,
      firstPage: 0,
      pages,
      ...plain,
      ...(part.exponent === undefined ? {} : { exponent: part.exponent }),
      ...span(work),
    });
  }
  if (operation === undefined) return;
  const { accesses, workNs, workDraw, sleepNs, threads } = operation;
  const body: Node[] = [
    ...accesses.map(([k, count]): Node => ({ kind: "access", stream: first + k, accesses: count })),
    { kind: "run", ns: workNs, draw: workDraw, spreadNs: 0 },
    ...(sleepNs === 0 ? [] : [{ kind: "sleep", ns: sleepNs, draw: "exponential", spreadNs: 0 } as const]),
  ];
  addOperations(work, body, threads ?? vm.vcpus ?? scenarioDefaults.vm.vcpus.value, draught);
}

function sizeOf(size: GuestStream["size"], { vm, os }: Draught): number {
  return Math.max(1, size === "rest" ? leftPages(vm.memory, os!) : pagesOf(size, vm.memory));
}
