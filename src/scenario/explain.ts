/** What a scenario left to the defaults, row by row, with the origin of each value. */
import { absentRows, cpuPolicyRows, hostCpuRows, poolRows, vmCpuRows } from "./cpu-explain.ts";
import { scenarioDefaults as defaults, sharingDefaults } from "./defaults.ts";
import { formatNs, formatPages, formatPpm, formatRate } from "./format.ts";
import { hostMemoryRows, poolMemoryRows, reclaimRows, vmMemoryRows } from "./memory-explain.ts";
import { moveRows } from "./move-explain.ts";
import type { ParsedSharing } from "./resolve.ts";
import type { ParsedScenario } from "./schema.ts";
import type { HostSpec, MemoryPolicySpec, Profile, Scenario, VmSpec } from "./types.ts";
import { isStream, type ParsedWork, workOf } from "./work-resolve.ts";

/** One value that the scenario did not give, or one of its policy. */
export interface ExplainRow {
  /** Such as `policies.memory.sharing.rate`. */
  readonly path: string;
  /** In a reader's words. */
  readonly value: string;
  /** Who says so; `scenario` if the scenario does. */
  readonly origin: string;
}

/** Groups beyond these are left out: they only repeat. */
const groupsMax = 20;

/**
 * Lists defaults taken, and all of the policies.
 *
 * @param scenario  resolved
 * @param source    the checked text it came from; undefined: unknown
 */
export function explain(scenario: Scenario, source: ParsedScenario | undefined): ExplainRow[] {
  const policies = [...policyRows(scenario, source), ...cpuPolicyRows(scenario, source)];
  if (source === undefined) return policies;
  const hostOf = firstRows(source.hosts);
  const hosts = source.hosts
    .slice(0, groupsMax)
    .flatMap((host, i) => hostRows(host, i, scenario.hosts[hostOf[i]!]!));
  const vmOf = firstRows(source.vms);
  const vms = source.vms.slice(0, groupsMax).flatMap((vm, i) => vmRows(vm, i, scenario.vms[vmOf[i]!]!));
  const pools = (source.pools ?? [])
    .slice(0, groupsMax)
    .flatMap((pool, i) => [...poolRows(pool, i), ...poolMemoryRows(pool, `pools[${i}].`)]);
  return [...topRows(source), ...hosts, ...pools, ...vms, ...moveRows(source), ...policies];
}

function topRows(source: ParsedScenario): ExplainRow[] {
  const rows = absentRows("", source, [
    ["seed", defaults.seed],
    ["duration", defaults.durationNs, formatNs],
    ["resolution", defaults.resolution],
    ["profile", defaults.profile],
    ["content", defaults.content],
  ]);
  if (source.series?.every !== undefined) return rows;
  return [...rows, { path: "series.every", value: "chosen from duration and size", origin: "ballast" }];
}

/** Row of the first of each group. */
function firstRows(groups: readonly { readonly count?: number | undefined }[]): number[] {
  let next = 0;
  return groups.map(({ count = 1 }) => {
    next += count;
    return next - count;
  });
}

function hostRows(host: ParsedScenario["hosts"][number], i: number, { swap }: HostSpec): ExplainRow[] {
  const { sockets, cores, threads, mhz, nodes } = defaults.host;
  return [
    ...absentRows(`hosts[${i}].cpu.`, host.cpu ?? {}, [
      ["sockets", sockets],
      ["cores", cores],
      ["threads", threads],
      ["mhz", mhz],
    ]),
    ...absentRows(`hosts[${i}].`, host, [["nodes", nodes]]),
    ...hostCpuRows(host, `hosts[${i}].`),
    ...hostMemoryRows(host, `hosts[${i}].`, swap),
  ];
}

function vmRows(vm: ParsedScenario["vms"][number], i: number, { os }: VmSpec): ExplainRow[] {
  const path = `vms[${i}].`;
  const rows = absentRows(path, vm, [
    ["vcpus", defaults.vm.vcpus],
    ["host", { value: "the host with most memory not yet configured", origin: "ballast" }],
  ]);
  rows.push(...vmCpuRows(vm, path), ...vmMemoryRows(vm, path, os));
  if (vm.image === undefined)
    rows.push({
      path: `${path}image`,
      value: os === undefined ? "untouched memory" : `common contents of all ${os.kind} guests`,
      origin: "ballast",
    });
  else if (vm.image.file !== undefined) {
    rows.push(...absentRows(`${path}image.`, vm.image, [["form", defaults.vm.imageForm]]));
  } else {
    const pool = vm.image.preset ?? "the group alone";
    const own = { value: pool, origin: "ballast" };
    const all = { value: formatPages(vm.memory), origin: "ballast" };
    rows.push(
      ...absentRows(`${path}image.`, vm.image, [
        ["pool", own],
        ["size", all],
      ]),
    );
  }
  if (vm.workload === undefined)
    return [...rows, { path: `${path}workload`, value: "idle", origin: "ballast" }];
  const isList = Array.isArray(vm.workload);
  return [
    ...rows,
    ...workOf(vm, []).flatMap(([work], k) => {
      const at = `${path}workload${isList ? `[${k}]` : ""}.`;
      return isStream(work) ? streamRows(at, work, os !== undefined) : workRows(at, work);
    }),
  ];
}

function streamRows(path: string, stream: ParsedWork, hasOs: boolean): ExplainRow[] {
  if (stream.preset !== undefined) return [];
  const { stream: absent } = defaults;
  if (typeof stream.pages === "string") return [];
  const rows = absentRows(path, stream, [["writes", absent.writesPpm, formatPpm]]);
  if (hasOs) rows.push(...absentRows(path, stream, [["memory", { value: "anonymous", origin: "ballast" }]]));
  if (stream.accesses !== undefined)
    rows.push(...absentRows(path, stream, [["threads", { value: 1, origin: "ballast" }]]));
  if (stream.pattern === "zipf") rows.push(...absentRows(path, stream, [["exponent", absent.exponent]]));
  if (stream.pattern === "hot-cold") {
    rows.push(
      ...absentRows(`${path}hot.`, stream.hot ?? {}, [
        ["pages", absent.hotPagesPpm, formatPpm],
        ["accesses", absent.hotAccessesPpm, formatPpm],
      ]),
    );
  }
  return rows;
}

/** CPU work: how many threads, and how they wait. */
function workRows(path: string, work: ParsedWork): ExplainRow[] {
  const { arrivals, spin, lock } = defaults.cpu.work;
  const threads = { value: "one a vCPU", origin: "ballast" };
  if (work.barrier !== undefined) {
    return absentRows(`${path}barrier.`, work.barrier, [
      ["threads", threads],
      ["spin", spin],
    ]);
  }
  if (work.lock !== undefined) {
    return absentRows(`${path}lock.`, work.lock, [
      ["threads", threads],
      ["kind", lock],
    ]);
  }
  if (work.trace !== undefined) return [];
  const rows = absentRows(path, work, [["threads", threads]]);
  return work.requests === undefined ? rows : [...rows, ...absentRows(path, work, [["arrivals", arrivals]])];
}

/** The whole memory policy, given or not: it is what people ask about. */
function policyRows(scenario: Scenario, source: ParsedScenario | undefined): ExplainRow[] {
  const given = source?.policies?.memory;
  const settings = typeof given === "object" ? given : given === undefined ? {} : { name: given };
  const written = settings.sharing;
  const sharing: ParsedSharing = typeof written === "object" ? written : {};
  const { memory } = scenario.policies;
  const row = (path: string, value: string, isGiven: boolean, origin: string): ExplainRow => ({
    path: `policies.memory.${path}`,
    value,
    origin: isGiven || source === undefined ? "scenario" : origin,
  });
  const profile = defaults.profiles[scenario.profile];
  const rows = [
    row("name", memory.name, settings.name !== undefined, profile.policy.origin),
    row("every", formatNs(memory.everyNs), settings.every !== undefined, defaults.policy.everyNs.origin),
  ];
  const isShort = written === false || written === "none";
  const isAlgorithmGiven = isShort || sharing.algorithm !== undefined;
  rows.push(
    row("sharing.algorithm", memory.sharing.algorithm, isAlgorithmGiven, defaults.policy.algorithm.origin),
  );
  const reclaiming = reclaimRows(memory, source === undefined ? undefined : settings, scenario.profile);
  if (memory.sharing.algorithm === "none") return [...rows, ...reclaiming];
  return [...rows, ...sharingRows(memory, sharing, scenario.profile, row), ...reclaiming];
}

function sharingRows(
  { name, sharing: spec }: MemoryPolicySpec,
  given: ParsedSharing,
  profile: Profile,
  row: (path: string, value: string, isGiven: boolean, origin: string) => ExplainRow,
): ExplainRow[] {
  const absent = sharingDefaults(profile, name);
  const isOwnRate = given.rate !== undefined || given.ratePerGhz !== undefined;
  const limit = (key: "rate" | "ratePerGhz" | "vmRate", value: number | undefined, origin: string) => {
    const why = isOwnRate ? "none, as the scenario gives a limit for the host" : origin;
    return row(`sharing.${key}`, formatRate(value), given[key] !== undefined, why);
  };
  const { order, hashBits } = defaults.policy;
  const { salting } = defaults.profiles[profile];
  return [
    limit("rate", spec.ratePerSecond, absent.ratePerSecond.origin),
    ...(spec.ratePerGhz === undefined
      ? []
      : [limit("ratePerGhz", spec.ratePerGhz, absent.ratePerGhz.origin)]),
    limit("vmRate", spec.vmRatePerSecond, absent.vmRatePerSecond.origin),
    row("sharing.order", spec.order, given.order !== undefined, order.origin),
    row("sharing.hashBits", String(spec.hashBits), given.hashBits !== undefined, hashBits.origin),
    row("sharing.salting", spec.salting, given.salting !== undefined, salting.origin),
    row(
      "sharing.scanTime",
      formatNs(spec.scanTimeNs),
      given.scanTime !== undefined,
      absent.scanTimeNs.origin,
    ),
  ];
}
