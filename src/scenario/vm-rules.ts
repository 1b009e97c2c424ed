/** Rules of one VM: an image has one source and fits, a stream has what its pattern needs and stays in memory. */
import { type Finding, type Path, printable, showValue } from "./fault.ts";
import { pagesOf, readMemoryAmount } from "./fields.ts";
import { formatPages, formatPpm } from "./format.ts";
import { guestPresets } from "./guest-presets.ts";
import { oneOf } from "./issues.ts";
import { asList, asMap, numberOf } from "./loose.ts";
import { imagePresets, workloadPresets } from "./presets.ts";
import { readNs, readPages, readPpm } from "./units.ts";
import { isCpuWork, isOperation, operationLengths, workFindings } from "./work-rules.ts";
import { streamKeys } from "./work-schema.ts";

type RawMap = Readonly<Record<string, unknown>>;

const patternKeys = streamKeys.filter((key) => key !== "preset");

const parts = ["zero", "common", "unique"] as const;

function has(map: RawMap, key: string): boolean {
  return map[key] !== undefined;
}

/** One of file, preset or parts; parts that make a whole; no more pages than the VM has. */
export function imageFindings(vm: RawMap, i: number): Finding[] {
  if (typeof vm.image !== "object" || vm.image === null) return [];
  const image = asMap(vm.image);
  const path: Path = ["vms", i, "image"];
  const given = parts.filter((part) => has(image, part));
  const sources = [...["file", "preset"].filter((key) => has(image, key)), ...given.slice(0, 1)];
  if (sources.length !== 1) {
    const got = sources.length === 0 ? "none of them" : sources.join(" and ");
    return Array.isArray(vm.image)
      ? []
      : [{ path, expected: "file, preset, or parts (zero, common, unique)", got }];
  }
  const found: Finding[] = [];
  if (!has(image, "file") && has(image, "form")) found.push(misplaced([...path, "form"], "form", "a file"));
  if (has(image, "file")) {
    for (const key of ["pool", "size"]) {
      if (has(image, key)) found.push(misplaced([...path, key], key, "a preset or parts"));
    }
  }
  if (given.length > 0) found.push(...sumFindings(image, given, path));
  const pages = numberOf(image.size, readPages);
  const memory = numberOf(vm.memory, readPages);
  if (pages !== undefined && memory !== undefined && memory > 0 && pages > memory) {
    const expected = `at most the VM's memory (${formatPages(memory)})`;
    found.push({ path: [...path, "size"], expected, got: showValue(image.size) });
  }
  return found;
}

/** One missing part takes the rest; two missing ones are 0. */
function sumFindings(image: RawMap, given: readonly string[], path: Path): Finding[] {
  const values = given.map((part) => numberOf(image[part], readPpm));
  if (values.some((value) => value === undefined)) return [];
  const sum = values.reduce<number>((total, value) => total + value!, 0);
  const missing = parts.length - given.length;
  if (sum === 1e6 || (missing === 1 && sum < 1e6)) return [];
  const hint = sum < 1e6 && missing > 1 ? "one part may be left out, not two" : undefined;
  const expected = missing === 1 ? "parts of at most 100 %" : "parts that add up to 100 %";
  return [{ path, expected, got: formatPpm(sum), ...(hint === undefined ? {} : { hint }) }];
}

function misplaced(path: Path, key: string, beside: string): Finding {
  return { path, at: "key", expected: `${key} only beside ${beside}`, got: key };
}

/** Every entry of the workload: streams and CPU work. */
export function workloadFindings(vm: RawMap, i: number): Finding[] {
  const path: Path = ["vms", i, "workload"];
  if (Array.isArray(vm.workload)) {
    return asList(vm.workload).flatMap((entry, k) => entryFindings(vm, entry, [...path, k]));
  }
  return entryFindings(vm, vm.workload, path);
}

function entryFindings(vm: RawMap, raw: unknown, path: Path): Finding[] {
  const entry = asMap(raw);
  if (entry !== raw) return [];
  const own = isCpuWork(entry) ? workFindings(entry, path) : streamFindings(vm, entry, path);
  return [...stopFindings(entry, path), ...own];
}

function streamFindings(vm: RawMap, stream: RawMap, path: Path): Finding[] {
  if (has(stream, "preset")) return presetFindings(vm, stream, path);
  return [
    ...sourceFindings(stream, path),
    ...paceFindings(stream, path),
    ...patternFindings(stream, path),
    ...regionFindings(vm, stream, path),
    ...rangeFindings(vm, stream, path),
    ...contentFindings(vm, stream, path),
  ];
}

/** Of a preset only the amount of memory can be said, in a guest with an os. */
function presetFindings(vm: RawMap, stream: RawMap, path: Path): Finding[] {
  const { preset } = stream;
  const isGuest = has(vm, "os");
  const known = typeof preset === "string" && Object.hasOwn(guestPresets, preset);
  if (known && !isGuest && !Object.hasOwn(workloadPresets, preset)) {
    const expected = `a preset that needs no os: ${oneOf(Object.keys(workloadPresets))}`;
    const hint = "or say os: linux or os: windows";
    return [{ path: [...path, "preset"], expected, got: showValue(preset), hint }];
  }
  const sized = isGuest && known && guestPresets[preset]!.streams.length > 0;
  const others = Object.keys(stream).filter((key) => patternKeys.includes(key) && has(stream, key));
  const wrong = others.filter((key) => key !== "size" || !sized);
  return wrong.map((key) => misplaced([...path, key], key, "a pattern of its own"));
}

/** A pattern or a page trace. */
function sourceFindings(stream: RawMap, path: Path): Finding[] {
  if (typeof stream.pages !== "string") {
    return has(stream, "pattern") ? [] : [missing([...path, "pattern"], "pattern")];
  }
  // The trace says what is accessed, how far, and which accesses write.
  return ["pattern", "size", "writes", "exponent", "hot"]
    .filter((key) => has(stream, key))
    .map((key) => misplaced([...path, key], key, "a pattern, not a page trace"));
}

/** A rate, or what an operation consists of. */
function paceFindings(stream: RawMap, path: Path): Finding[] {
  if (!isOperation(stream)) return has(stream, "rate") ? [] : [missing([...path, "rate"], "rate")];
  const found = operationLengths(stream, path);
  if (has(stream, "rate")) {
    found.push({ path: [...path, "rate"], at: "key", expected: "a rate, or accesses and work", got: "both" });
  }
  if (!has(stream, "work")) {
    const expected = "the CPU time of an operation, such as 1ms";
    found.push({ path: [...path, "work"], expected, got: "nothing" });
  }
  if (!has(stream, "accesses")) {
    const expected = "the accesses of an operation, such as 40";
    found.push({ path: [...path, "accesses"], expected, got: "nothing" });
  }
  return found;
}

/** Regions are what guests with an os have. */
function regionFindings(vm: RawMap, stream: RawMap, path: Path): Finding[] {
  if (!has(vm, "os")) {
    return ["memory", "file"]
      .filter((key) => has(stream, key))
      .map((key) => misplaced([...path, key], key, "an os of the guest"));
  }
  if (!has(stream, "file") || stream.memory === "file") return [];
  return [misplaced([...path, "file"], "file", "memory: file")];
}

function missing(path: Path, key: string): Finding {
  const expected =
    key === "rate" ? "a rate with a unit, such as 1000/s" : "uniform, zipf, sequential or hot-cold";
  return { path, expected, got: "nothing", hint: "or give a preset" };
}

function stopFindings(stream: RawMap, path: Path): Finding[] {
  const start = numberOf(stream.start, readNs) ?? 0;
  const stop = numberOf(stream.stop, readNs);
  if (stop === undefined || stop === 0 || stop > start) return [];
  const expected = `more than its start (${showValue(stream.start)})`;
  return [{ path: [...path, "stop"], expected, got: showValue(stream.stop) }];
}

function patternFindings(stream: RawMap, path: Path): Finding[] {
  const found: Finding[] = [];
  if (!has(stream, "pattern")) return found;
  if (has(stream, "exponent") && stream.pattern !== "zipf") {
    found.push(misplaced([...path, "exponent"], "exponent", "pattern: zipf"));
  }
  if (has(stream, "hot") && stream.pattern !== "hot-cold") {
    found.push(misplaced([...path, "hot"], "hot", "pattern: hot-cold"));
  }
  return found;
}

/** The range lies within the VM's memory; that of a guest with an os may be larger, as it has a disk. */
function rangeFindings(vm: RawMap, stream: RawMap, path: Path): Finding[] {
  if (has(stream, "size") && has(stream, "pages")) {
    if (typeof stream.pages === "string") return [];
    return [{ path: [...path, "pages"], at: "key", expected: "size or pages", got: "both" }];
  }
  const memory = numberOf(vm.memory, readPages);
  const offset = has(stream, "offset") ? numberOf(stream.offset, readPages) : 0;
  if (memory === undefined || memory === 0 || offset === undefined || has(vm, "os")) return [];
  if (offset >= memory) {
    const expected = `less than the VM's memory (${formatPages(memory)})`;
    return [{ path: [...path, "offset"], expected, got: showValue(stream.offset) }];
  }
  const key = has(stream, "pages") ? "pages" : "size";
  const length = key === "pages" ? stream.pages : sizeOf(stream.size, memory);
  if (typeof length !== "number" || length <= memory - offset) return [];
  const room = key === "pages" ? String(memory - offset) : formatPages(memory - offset);
  const after = offset === 0 ? "" : " left after its offset";
  const expected = `at most the VM's memory${after} (${room})`;
  return [{ path: [...path, key], expected, got: showValue(stream[key]) }];
}

function sizeOf(size: unknown, memory: number): number | undefined {
  if (typeof size !== "string") return undefined;
  const amount = readMemoryAmount(size);
  return "expected" in amount ? undefined : pagesOf(amount, memory);
}

/** Written parts are at most the whole, and common ones come from somewhere. */
function contentFindings(vm: RawMap, stream: RawMap, path: Path): Finding[] {
  const { zero, common, same } = asMap(stream.content);
  const zeroPpm = numberOf(zero, readPpm) ?? 0;
  const commonPpm = numberOf(common, readPpm) ?? 0;
  const samePpm = numberOf(same, readPpm) ?? 0;
  if (zeroPpm + commonPpm + samePpm > 1e6) {
    return [
      {
        path: [...path, "content"],
        expected: "parts of at most 100 %",
        got: formatPpm(zeroPpm + commonPpm + samePpm),
      },
    ];
  }
  if (commonPpm === 0 || hasCommonPages(vm)) return [];
  const expected = "common writes only for a VM whose image has a common part";
  return [{ path: [...path, "content", "common"], expected, got: printable(String(common)) }];
}

function hasCommonPages(vm: RawMap): boolean {
  if (has(vm, "os") && !has(vm, "image")) return true;
  const image = asMap(vm.image);
  if (typeof image.preset === "string") {
    return !Object.hasOwn(imagePresets, image.preset) || imagePresets[image.preset]!.commonPpm > 0;
  }
  if (has(image, "common")) return numberOf(image.common, readPpm) !== 0;
  const rest = (numberOf(image.zero, readPpm) ?? 1e6) + (numberOf(image.unique, readPpm) ?? 1e6);
  return has(image, "zero") && has(image, "unique") && rest < 1e6;
}
