/** Rules of migrations, failures and links: the names they use, and what goes together. */
import { type Finding, type Path, showValue } from "./fault.ts";
import { asList, asMap } from "./loose.ts";
import { type Named, referenceFindings } from "./names.ts";

type RawMap = Readonly<Record<string, unknown>>;

/** Checks what an event says of moving. */
export function moveFindings(event: RawMap, at: Path, { vms, pools, hosts }: Named): Finding[] {
  const found: Finding[] = [];
  const { vm, to, pool, ...rest } = asMap(event.migrate);
  const path = [...at, "migrate"];
  found.push(...referenceFindings([...path, "vm"], vm, vms, "VM"));
  found.push(...referenceFindings([...path, "to"], to, hosts, "host"));
  found.push(...referenceFindings([...path, "pool"], pool, pools, "pool"));
  found.push(...ruleFindings(rest, path));
  const fail = asMap(event.fail);
  if (fail === event.fail) found.push(...failFindings(fail, [...at, "fail"], vms, hosts));
  for (const end of [0, 1]) {
    const { link } = asMap(event.repair);
    found.push(...referenceFindings([...at, "repair", "link", end], asList(link)[end], hosts, "host"));
  }
  return found;
}

/** Keys of a rule that another one has no use for. */
const ofRules: Readonly<Record<string, readonly string[]>> = {
  rateMin: ["clark"],
  rateMax: ["clark"],
  rateStep: ["clark"],
  threshold: ["remaining"],
  downtimeLimit: ["qemu", "remaining"],
  autoConverge: ["qemu"],
};

function ruleFindings(migrate: RawMap, path: Path): Finding[] {
  const rule = typeof migrate.rule === "string" ? migrate.rule : "qemu";
  return Object.entries(ofRules).flatMap(([key, rules]) =>
    migrate[key] === undefined || rules.includes(rule)
      ? []
      : [
          {
            path: [...path, key],
            at: "key" as const,
            expected: `${key} under rule ${rules.join(" or ")}`,
            got: rule,
          },
        ],
  );
}

function failFindings(
  fail: RawMap,
  path: Path,
  vms: ReadonlySet<string>,
  hosts: ReadonlySet<string>,
): Finding[] {
  const found: Finding[] = [];
  if ((fail.host === undefined) === (fail.link === undefined)) {
    found.push({ path, expected: "host or link", got: fail.host === undefined ? "neither" : "both" });
  }
  if (fail.vm !== undefined && fail.phase === undefined) {
    found.push({ path: [...path, "vm"], at: "key", expected: "vm only beside phase", got: "vm" });
  }
  found.push(...referenceFindings([...path, "host"], fail.host, hosts, "host"));
  found.push(...referenceFindings([...path, "vm"], fail.vm, vms, "VM"));
  for (const end of [0, 1]) {
    found.push(...referenceFindings([...path, "link", end], asList(fail.link)[end], hosts, "host"));
  }
  return found;
}

/** Links join two different hosts that exist, once. */
export function linkFindings(links: unknown, hosts: ReadonlySet<string>): Finding[] {
  const seen = new Set<string>();
  return asList(links).flatMap((link, i) => {
    const path: Path = ["links", i, "between"];
    const ends = asList(asMap(link).between);
    const found = [0, 1].flatMap((end) => referenceFindings([...path, end], ends[end], hosts, "host"));
    const key = [...ends].map(String).sort().join(" and ");
    if (ends.length === 2 && ends[0] === ends[1]) {
      found.push({ path, expected: "two different hosts", got: showValue(ends[0]) });
    } else if (seen.has(key))
      found.push({ path, expected: "one link between two hosts", got: `another between ${key}` });
    seen.add(key);
    return found;
  });
}

/** A VM that is moved once only is not moved to where it is. */
export function homeFindings(vms: unknown, events: unknown): Finding[] {
  const moves = asList(events).map((event) => asMap(asMap(event).migrate));
  const homes = new Map(asList(vms).map((vm) => [asMap(vm).name, asMap(vm).host]));
  return moves.flatMap(({ vm, to }, i) => {
    const isOnly = moves.filter((move) => move.vm === vm).length === 1;
    if (!isOnly || typeof to !== "string" || homes.get(vm) !== to) return [];
    const path: Path = ["events", i, "migrate", "to"];
    return [{ path, expected: "another host than its own", got: showValue(to) }];
  });
}
