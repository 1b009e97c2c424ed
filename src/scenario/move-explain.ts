/** Rows of `--explain` for moving VMs: what migrations left to the defaults, and the network cards that they go through. */
import { absentRows } from "./cpu-explain.ts";
import type { ExplainRow } from "./explain.ts";
import { formatNs } from "./format.ts";
import { moveDefaults } from "./move-resolve.ts";
import type { ParsedScenario } from "./schema.ts";

type ParsedMove = NonNullable<NonNullable<ParsedScenario["events"]>[number]["migrate"]>;

/** Migrations beyond these are left out: they only repeat. */
const MOVES_MAX = 20;

const bits = (bitsPerSecond: number): string =>
  bitsPerSecond >= 1e9 ? `${bitsPerSecond / 1e9} Gbit/s` : `${bitsPerSecond / 1e6} Mbit/s`;

/** Nothing where no VM moves. */
export function moveRows({ events = [], hosts, limits }: ParsedScenario): ExplainRow[] {
  const moves = events.flatMap(({ migrate }, i) => (migrate === undefined ? [] : [{ migrate, i }]));
  if (moves.length === 0) return [];
  const nic = { value: moveDefaults.nicBps, origin: "ballast" };
  return [
    ...hosts.slice(0, MOVES_MAX).flatMap((host, i) => absentRows(`hosts[${i}].`, host, [["nic", nic, bits]])),
    ...absentRows("limits.", limits ?? {}, [
      ["concurrentMigrations", { value: moveDefaults.concurrent, origin: "ballast" }],
    ]),
    ...moves.slice(0, MOVES_MAX).flatMap(({ migrate, i }) => oneMove(`events[${i}].migrate.`, migrate)),
  ];
}

function oneMove(path: string, given: ParsedMove): ExplainRow[] {
  const { mode = moveDefaults.mode, rule = moveDefaults.rule } = given;
  const ours = (value: string | number | boolean) => ({ value, origin: "ballast" });
  const clark = (value: number) => ({ value, origin: "rule clark: about NSDI'05's [K]" });
  const isCopiedBefore = mode === "pre-copy" || mode === "hybrid";
  const rows = absentRows(path, given, [
    ["mode", ours(moveDefaults.mode)],
    ["bandwidth", ours("what the network cards and links carry")],
  ]);
  if (isCopiedBefore) {
    rows.push(...absentRows(path, given, [["rule", ours(moveDefaults.rule)]]));
    if (rule === "qemu" || (rule === "remaining" && given.threshold === undefined))
      rows.push(
        ...absentRows(path, given, [
          ["downtimeLimit", { value: moveDefaults.downtimeLimitNs, origin: "QEMU" }, formatNs],
        ]),
      );
    if (rule === "clark")
      rows.push(
        ...absentRows(path, given, [
          ["rateMin", clark(moveDefaults.rateMinBps), bits],
          ["rateMax", clark(moveDefaults.rateMaxBps), bits],
          ["rateStep", clark(moveDefaults.rateStepBps), bits],
        ]),
      );
    rows.push(
      ...absentRows(path, given, [
        ["orElse", ours("stop")],
        ["skipDirty", { value: rule === "clark" || rule === "xen", origin: `rule ${rule}` }],
      ]),
    );
  }
  return [
    ...rows,
    ...absentRows(path, given, [
      ["announce", { value: moveDefaults.announceNs, origin: "QEMU" }, formatNs],
      ["cpuPerPage", { value: moveDefaults.cpuNsPerPage, origin: "about VMware's [K]" }, formatNs],
    ]),
  ];
}
