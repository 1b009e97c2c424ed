/** Rules of memory that the shape alone cannot say; as in rules.ts, of a document of any shape. */
import { type Finding, type Path, showValue } from "./fault.ts";
import { type MemoryAmount, pagesOf, readMemoryAmount } from "./fields.ts";
import { formatPages, formatPpm } from "./format.ts";
import { asList, asMap, numberOf } from "./loose.ts";
import { memoryDefaults } from "./memory-defaults.ts";
import { readPages, readPpm } from "./units.ts";

type RawMap = Readonly<Record<string, unknown>>;

/** An amount as given; undefined where the shape has a fault to report, or for `none`. */
function amountOf(value: unknown): MemoryAmount | undefined {
  if (value !== 0 && typeof value !== "string") return undefined;
  const amount = readMemoryAmount(value);
  return "expected" in amount ? undefined : amount;
}

/** Hosts, VMs, pools and the policy. */
export function memoryRuleFindings({ hosts, vms, pools, content, policies }: RawMap): Finding[] {
  return [
    ...asList(hosts).flatMap((host, i) => systemFindings(asMap(host), ["hosts", i])),
    ...asList(vms).flatMap((vm, i) => vmFindings(asMap(vm), ["vms", i])),
    ...asList(pools).flatMap((pool, i) => poolFindings(asMap(pool), ["pools", i])),
    ...contentFindings(content, vms),
    ...policyFindings(asMap(asMap(policies).memory), ["policies", "memory"]),
  ];
}

function systemFindings({ system, memory }: RawMap, path: Path): Finding[] {
  const own = numberOf(system, readPages);
  const pages = numberOf(memory, readPages);
  if (own === undefined || pages === undefined || pages === 0 || own < pages) return [];
  const expected = `less than the host's memory (${formatPages(pages)})`;
  return [{ path: [...path, "system"], expected, got: showValue(system) }];
}

function vmFindings(vm: RawMap, path: Path): Finding[] {
  const pages = numberOf(vm.memory, readPages);
  const found = pages === undefined ? [] : controlFindings(asMap(vm.mem), [...path, "mem"], pages);
  if (vm.os === undefined) {
    for (const key of ["balloon", "disk"]) {
      if (vm[key] === undefined || vm[key] === "none") continue;
      found.push({
        path: [...path, key],
        at: "key",
        expected: `${key} only for a guest with an os`,
        got: key,
      });
    }
    return found;
  }
  if (asMap(vm.image).file === undefined) return found;
  const expected = "a preset or parts, as a guest with an os writes its memory itself";
  return [...found, { path: [...path, "image", "file"], at: "key", expected, got: "file" }];
}

/**
 * Reservation and limit of a VM, as they stand under `mem` or in an event.
 *
 * @param pages   of the VM
 * @param prefix  `mem.` where the keys are written with it
 */
export function controlFindings(controls: RawMap, path: Path, pages: number, prefix = ""): Finding[] {
  const found: Finding[] = [];
  const own: Record<string, number> = {};
  for (const key of ["reservation", "limit"] as const) {
    const written = controls[prefix + key];
    const amount = amountOf(written);
    if (amount === undefined || pages === 0) continue;
    own[key] = pagesOf(amount, pages);
    if (own[key] <= pages) continue;
    const expected = `at most the VM's memory (${formatPages(pages)})`;
    found.push({ path: [...path, prefix + key], expected, got: showValue(written) });
  }
  if (found.length > 0 || own.limit === undefined || own.reservation === undefined) return found;
  if (own.limit === 0 || own.reservation <= own.limit) return found;
  const expected = `at most its limit (${formatPages(own.limit)})`;
  const got = showValue(controls[`${prefix}reservation`]);
  return [{ path: [...path, `${prefix}reservation`], expected, got }];
}

/** Pools have sizes of their own: percent of what would not be clear. */
function poolFindings(pool: RawMap, path: Path): Finding[] {
  const found: Finding[] = [];
  if (pool.mem !== undefined && pool.memory !== undefined) {
    found.push({ path: [...path, "memory"], at: "key", expected: "mem or memory", got: "both" });
  }
  for (const key of ["mem", "memory"]) found.push(...partFindings(asMap(pool[key]), [...path, key]));
  return found;
}

/** Percentages where there is no VM that they could be of. */
export function partFindings(controls: RawMap, path: Path, prefix = ""): Finding[] {
  return ["reservation", "limit"].flatMap((key): Finding[] => {
    const amount = amountOf(controls[prefix + key]);
    if (amount === undefined || "pages" in amount) return [];
    const expected = "a size, such as 1GiB, or none: percentages are of a VM's memory";
    return [{ path: [...path, prefix + key], expected, got: showValue(controls[prefix + key]) }];
  });
}

function contentFindings(content: unknown, vms: unknown): Finding[] {
  if (content !== "bytes") return [];
  const row = asList(vms).findIndex((vm) => asMap(vm).os !== undefined);
  if (row < 0) return [];
  const expected = "auto or ids, as guests with an os hold contents as ids";
  return [{ path: ["content"], expected, got: "bytes", hint: `vms[${row}] has an os` }];
}

function policyFindings({ reclaim, sampling }: RawMap, path: Path): Finding[] {
  const found: Finding[] = [];
  const zip = asMap(asMap(reclaim).compression);
  const { zipQuarterPpm, zipHalfPpm } = memoryDefaults.reclaim;
  const quarter = zip.quarter === undefined ? zipQuarterPpm.value : numberOf(zip.quarter, readPpm);
  const half = zip.half === undefined ? zipHalfPpm.value : numberOf(zip.half, readPpm);
  if (quarter !== undefined && half !== undefined && quarter > half) {
    const at = [...path, "reclaim", "compression"];
    const expected = `quarter of at most half (${formatPpm(half)})`;
    found.push({ path: at, expected, got: formatPpm(quarter) });
  }
  const { slow, fast } = asMap(sampling);
  const { slowKeepPpm, fastKeepPpm } = memoryDefaults.activity;
  const slowPpm = slow === undefined ? slowKeepPpm.value : numberOf(slow, readPpm);
  const fastPpm = fast === undefined ? fastKeepPpm.value : numberOf(fast, readPpm);
  if (slowPpm === undefined || fastPpm === undefined || fastPpm <= slowPpm) return found;
  const isFast = fast !== undefined;
  const expected = isFast
    ? `at most slow (${formatPpm(slowPpm)}): the fast average forgets sooner`
    : `at least fast (${formatPpm(fastPpm)}): the slow average forgets later`;
  const key = isFast ? "fast" : "slow";
  return [...found, { path: [...path, "sampling", key], expected, got: showValue(asMap(sampling)[key]) }];
}
