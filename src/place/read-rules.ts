/**
 * Rules of placement as people write them, in YAML or JSON beside the tables:
 *
 *   rules:
 *     - { affinity: [web-1, cache-1], level: rack }          all in one rack
 *     - { antiAffinity: db-*, level: rack, most: 1 }         one in each rack
 *     - { ban: owner=lab, with: owner=shop }                 never on one host
 *     - { on: r3-*, vms: train-* }                           only there; notOn: never there
 *     - { request: build-* }                                 all of them or none
 *     - { quota: owner=dev, most: { vcpu: 64 }, credits: 500, prices: { vcpu: 1, memory: 0.1/GiB } }
 *     - { indivisible: [gpu] }
 *
 * VMs and hosts are named, with `*` for any letters, or chosen by a column of their table, `owner=shop`.
 */
import { readDocument, type TextDocument } from "../scenario/document.ts";
import { type Path, printable, showValue } from "../scenario/fault.ts";
import { nearest } from "../scenario/nearest.ts";
import type { Inventory } from "./inventory.ts";
import { type PlaceFault, refuseFaults } from "./place-error.ts";
import type {
  AffinityRule,
  AntiAffinityRule,
  BanRule,
  HostRule,
  PlaceRules,
  QuotaRule,
  RequestRule,
} from "./rules.ts";
import { type Amount, amountOf } from "./table-columns.ts";

/** Per kind the keys that may stand beside it. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  affinity: ["level"],
  antiAffinity: ["level", "most"],
  ban: ["with", "level"],
  on: ["vms"],
  notOn: ["vms"],
  request: [],
  quota: ["most", "credits", "prices"],
  indivisible: [],
};
/** Resources that are devices: nobody gets half of one. */
const DEVICES = /^(?:num_|n_)?(?:gpu|fpga|tpu|npu|accelerator)s?(?:_(?:num|count))?$/i;

interface Made {
  readonly affinity: AffinityRule[];
  readonly antiAffinity: AntiAffinityRule[];
  readonly bans: BanRule[];
  readonly hosts: HostRule[];
  readonly requests: RequestRule[];
  readonly quotas: QuotaRule[];
  readonly indivisible: number[];
}

interface Reader {
  readonly inventory: Inventory;
  readonly file: string;
  readonly document: TextDocument;
  readonly faults: PlaceFault[];
  readonly isAlone: boolean;
}

/**
 * Reads rules for an inventory.
 *
 * @param text  absent: only what the tables themselves say
 * @param file  as the user named it
 * @throws PlaceError with all faults, each with line and column
 */
export function readRules(inventory: Inventory, text?: string, file = "rules"): PlaceRules {
  const { times, domains } = inventory;
  const devices = inventory.dimensions.flatMap((name, d) => (DEVICES.test(name) ? [d] : []));
  const own: PlaceRules = {
    ...(Object.keys(domains).length === 0 ? {} : { domains }),
    ...(times === undefined ? {} : { times }),
    ...(devices.length === 0 ? {} : { indivisible: devices }),
  };
  if (text === undefined) return own;
  return { ...own, ...readRuleList(inventory, readDocument(text), file, devices) };
}

/**
 * Reads the list `rules` of a document that has been read.
 *
 * @param devices  dimensions that are indivisible anyway
 * @param isAlone  whether nothing may stand beside it
 * @throws PlaceError with all faults, each with line and column
 */
export function readRuleList(
  inventory: Inventory,
  document: TextDocument,
  file: string,
  devices: readonly number[] = [],
  isAlone = true,
): PlaceRules {
  const faults: PlaceFault[] = document.findings.map(
    ({ path, expected, got = "nothing", hint, position }) => ({
      file,
      ...(position ?? document.locate(path, "value")),
      path: path.join("."),
      expected,
      got,
      hint,
    }),
  );
  refuseFaults(faults);
  const reader: Reader = { inventory, file, document, faults, isAlone };
  const lists = readList(reader);
  refuseFaults(faults);
  const indivisible = [...new Set([...devices, ...lists.indivisible])];
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...(indivisible.length === 0 ? {} : { indivisible }),
  };
}

function tell(
  reader: Reader,
  path: Path,
  expected: string,
  got: string,
  hint?: string,
  part: "key" | "value" = "value",
): void {
  const at = reader.document.locate(path, part);
  reader.faults.push({ file: reader.file, ...at, path: path.map(String).join("."), expected, got, hint });
}

function readList(reader: Reader): Made {
  const made: Made = {
    affinity: [],
    antiAffinity: [],
    bans: [],
    hosts: [],
    requests: [],
    quotas: [],
    indivisible: [],
  };
  const root = reader.document.value;
  const rules = isMap(root) ? root["rules"] : undefined;
  if (!Array.isArray(rules)) {
    tell(
      reader,
      isMap(root) ? ["rules"] : [],
      "a map with a list of `rules`",
      showValue(isMap(root) ? rules : root),
    );
    return made;
  }
  if (isMap(root) && reader.isAlone) {
    for (const key of Object.keys(root))
      if (key !== "rules") tell(reader, [key], "only `rules`", key, undefined, "key");
  }
  for (const [index, rule] of rules.entries()) readRule(reader, ["rules", index], rule, made);
  return made;
}

function readRule(reader: Reader, path: Path, rule: unknown, made: Made): void {
  const kinds = Object.keys(KEYS);
  if (!isMap(rule)) {
    tell(reader, path, `a map with one of ${kinds.join(", ")}`, showValue(rule));
    return;
  }
  const present = kinds.filter((kind) => rule[kind] !== undefined);
  const [kind] = present;
  if (kind === undefined || present.length > 1) {
    const keys = Object.keys(rule);
    const near = keys.length === 0 ? undefined : nearest(keys[0]!, kinds);
    const hint = near === undefined || kind !== undefined ? undefined : `did you mean ${near}?`;
    tell(reader, path, `one of ${kinds.join(", ")}`, keys.join(" and ") || "an empty map", hint);
    return;
  }
  for (const key of Object.keys(rule)) {
    if (key === kind || KEYS[kind]!.includes(key)) continue;
    const near = nearest(key, KEYS[kind]!);
    const expected =
      KEYS[kind]!.length === 0 ? `nothing beside ${kind}` : `${KEYS[kind]!.join(", ")} beside ${kind}`;
    tell(
      reader,
      [...path, key],
      expected,
      printable(key),
      near === undefined ? undefined : `did you mean ${near}?`,
      "key",
    );
  }
  const before = reader.faults.length;
  addRule(reader, path, kind, rule, made, () => reader.faults.length === before);
}

function addRule(
  reader: Reader,
  path: Path,
  kind: string,
  rule: Readonly<Record<string, unknown>>,
  made: Made,
  isGood: () => boolean,
): void {
  const at = { file: reader.file, ...reader.document.locate(path, "value") };
  const vms = (key: string): number[] => choose(reader, [...path, key], rule[key], "vm");
  const hosts = (key: string): number[] => choose(reader, [...path, key], rule[key], "host");
  const level = levelOf(reader, path, rule["level"]);
  const most = rule["most"];
  if (kind === "affinity") made.affinity.push({ items: vms(kind), ...level, at });
  if (kind === "antiAffinity") {
    if (most !== undefined && !(Number.isInteger(most) && (most as number) >= 1)) {
      tell(reader, [...path, "most"], "a whole number from 1", showValue(most, true));
    }
    made.antiAffinity.push({
      items: vms(kind),
      ...level,
      ...(most === undefined ? {} : { most: most as number }),
      at,
    });
  }
  if (kind === "ban") made.bans.push({ items: vms("ban"), others: vms("with"), ...level, at });
  if (kind === "on" || kind === "notOn") made.hosts.push({ items: vms("vms"), [kind]: hosts(kind), at });
  if (kind === "request") made.requests.push({ items: vms(kind), at });
  if (kind === "indivisible") made.indivisible.push(...dimensionsOf(reader, [...path, kind], rule[kind]));
  if (kind !== "quota") return;
  const credits = rule["credits"];
  if (credits !== undefined && !(typeof credits === "number" && credits >= 0)) {
    tell(reader, [...path, "credits"], "a number from 0", showValue(credits, true));
  }
  if (credits !== undefined && rule["prices"] === undefined)
    tell(reader, path, "prices beside credits", "none");
  const items = vms("quota");
  const limits = amounts(reader, [...path, "most"], most, Number.POSITIVE_INFINITY, (text) => amountOf(text));
  const prices = amounts(reader, [...path, "prices"], rule["prices"], 0, priceOf);
  if (!isGood()) return;
  made.quotas.push({
    items,
    ...(limits === undefined ? {} : { most: limits }),
    ...(credits === undefined ? {} : { credits: credits as number }),
    ...(prices === undefined ? {} : { prices }),
    at,
  });
}

function levelOf({ inventory, ...reader }: Reader, path: Path, level: unknown): { level?: string } {
  if (level === undefined) return {};
  const levels = ["host", ...Object.keys(inventory.domains)];
  if (typeof level === "string" && levels.includes(level)) return { level };
  const near = typeof level === "string" ? nearest(level, levels) : undefined;
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  tell(
    { inventory, ...reader },
    [...path, "level"],
    `host or a column of text of the hosts (${levels.join(", ")})`,
    showValue(level),
    hint,
  );
  return {};
}

/** VMs or hosts by names with `*`, or by a column of theirs. */
function choose(reader: Reader, path: Path, value: unknown, side: "vm" | "host"): number[] {
  const { inventory } = reader;
  const names = side === "vm" ? inventory.vmNames : inventory.hostNames;
  const labels = side === "vm" ? inventory.vmLabels : inventory.domains;
  const noun = side === "vm" ? "VM" : "host";
  const list = Array.isArray(value) ? value : [value];
  if (value === undefined || list.length === 0) {
    tell(reader, path, `names of ${noun}s`, showValue(value));
    return [];
  }
  const found = new Set<number>();
  for (const [index, pattern] of list.entries()) {
    const at = Array.isArray(value) ? [...path, index] : path;
    if (typeof pattern !== "string" && typeof pattern !== "number") {
      tell(reader, at, `a name of ${noun}s`, showValue(pattern));
      continue;
    }
    const [column, label] = splitLabel(String(pattern), labels);
    const among: readonly (string | number)[] = column === undefined ? names : labels[column]!;
    const matches = matcher(label);
    let any = false;
    for (const [row, name] of among.entries()) {
      if (!matches(String(name))) continue;
      found.add(row);
      any = true;
    }
    if (any) continue;
    const near = nearest(label, new Set(among.map(String)));
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    tell(
      reader,
      at,
      column === undefined ? `a ${noun} of the table` : `a ${noun} whose ${column} is that`,
      printable(String(pattern)),
      hint,
    );
  }
  return [...found].sort((a, b) => a - b);
}

function splitLabel(
  pattern: string,
  labels: Readonly<Record<string, readonly (string | number)[]>>,
): readonly [string | undefined, string] {
  const split = pattern.indexOf("=");
  const column = split < 0 ? undefined : pattern.slice(0, split).trim();
  if (column === undefined || !Object.hasOwn(labels, column)) return [undefined, pattern];
  return [column, pattern.slice(split + 1).trim()];
}

function matcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`, "s");
  return (name) => expression.test(name);
}

function dimensionsOf(reader: Reader, path: Path, value: unknown): number[] {
  const { dimensions } = reader.inventory;
  const list = Array.isArray(value) ? value : [value];
  return list.flatMap((name, index) => {
    const d = dimensions.indexOf(String(name));
    if (d >= 0) return [d];
    tell(
      reader,
      Array.isArray(value) ? [...path, index] : path,
      `a dimension (${dimensions.join(", ")})`,
      showValue(name),
    );
    return [];
  });
}

/** Per dimension an amount; those not named get `rest`. */
function amounts(
  reader: Reader,
  path: Path,
  value: unknown,
  rest: number,
  read: (text: string) => Amount | undefined,
): number[] | undefined {
  if (value === undefined) return undefined;
  const { dimensions, units } = reader.inventory;
  if (!isMap(value)) {
    tell(reader, path, "a map from dimensions to numbers", showValue(value));
    return undefined;
  }
  const made = dimensions.map(() => rest);
  for (const [name, given] of Object.entries(value)) {
    const d = dimensions.indexOf(name);
    if (d < 0) {
      const near = nearest(name, dimensions);
      tell(
        reader,
        [...path, name],
        `a dimension (${dimensions.join(", ")})`,
        name,
        near === undefined ? undefined : `did you mean ${near}?`,
        "key",
      );
      continue;
    }
    const amount = typeof given === "number" || typeof given === "string" ? read(String(given)) : undefined;
    if (amount === undefined || !(amount.value >= 0) || (amount.unit !== units[d] && amount.value > 0)) {
      const unit = {
        none: "a number from 0",
        size: "a number with a unit, such as GiB",
        frequency: "a number with a unit, such as MHz",
      }[units[d]!];
      tell(reader, [...path, name], `${unit}, as in the tables`, showValue(given, true));
      continue;
    }
    made[d] = amount.value;
  }
  return made;
}

/** `0.1` for one, `0.1/GiB` where the tables have units. */
function priceOf(text: string): Amount | undefined {
  const [credits = "", unit] = text.split("/");
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(credits.trim())) return undefined;
  if (unit === undefined) return { value: Number(credits), unit: "none" };
  const of = amountOf(`1${unit.trim()}`);
  return of === undefined ? undefined : { value: Number(credits) / of.value, unit: of.unit };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
