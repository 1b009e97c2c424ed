/** An event that a program asks for while a world runs: checked and resolved as those of the scenario are. */
import * as z from "zod";
import { eventFindings as capacityFindings } from "./capacity.ts";
import { resolveEvents } from "./event-resolve.ts";
import { eventFindings } from "./event-rules.ts";
import type { Finding } from "./fault.ts";
import { findingsOf } from "./issues.ts";
import { memoryEventFindings } from "./memory-capacity.ts";
import { errorOf } from "./parse.ts";
import { event } from "./schema.ts";
import type { EventSpec, Scenario } from "./types.ts";

/** As under `events`, without a time. */
export type EventInput = Omit<z.input<typeof event>, "at">;

/** What a world has room for beyond what its scenario is. */
export interface Room {
  /** Whether somebody can come to another pool. */
  readonly place: (vm: number, pool: number | undefined) => boolean;
  /** Whether VMs and pools can go. */
  readonly remove: boolean;
  readonly reservations: boolean;
  /** Whether memory limits can be held on a host. */
  readonly memoryLimits: (host: number) => boolean;
}

const shape = z.strictObject({ events: z.array(event).length(1) });

/**
 * Checks and resolves an event.
 *
 * @param atNs  when it happens
 * @throws      ScenarioError with every fault, as of `events[0]`
 */
export function resolveLiveEvent(scenario: Scenario, input: EventInput, atNs: number, room: Room): EventSpec {
  const root = { events: [{ ...input, at: 0 }] };
  const draft = { value: root, text: undefined, options: {}, overrides: [], faults: [] };
  const { vms, pools, hosts } = scenario;
  const namesOf = (list: readonly { readonly name: string }[]) => new Set(list.map(({ name }) => name));
  const names = { vms: namesOf(vms), pools: namesOf(pools), hosts: namesOf(hosts) };
  const outcome = shape.safeParse(root, { jitless: true });
  const found: Finding[] = [
    ...(outcome.success ? [] : findingsOf(outcome.error.issues, root)),
    ...eventFindings(root.events[0], 0, names),
  ];
  for (const key of ["add", "migrate", "fail", "repair"] as const) {
    if (input[key] === undefined) continue;
    const expected = `${key} only among the events of the scenario, for which the world has room`;
    found.push({ path: ["events", 0, key], at: "key", expected, got: key });
  }
  if (found.length > 0 || !outcome.success) throw errorOf(found, draft);
  const rowsOf = (list: readonly { readonly name: string }[]) =>
    new Map(list.map(({ name }, row) => [name, row]));
  const [step] = resolveEvents(outcome.data.events, {
    ...{ pools, hosts, vmOf: rowsOf(vms), hostOf: rowsOf(hosts) },
    vmHosts: vms.map(({ host }) => host),
    vmPages: vms.map(({ memoryPages }) => memoryPages),
    rowsOf: () => ({ vms: [] }),
  });
  const alone = { ...scenario, events: [step!] };
  const parsed = { events: outcome.data.events };
  const late = [
    ...capacityFindings(alone, parsed),
    ...memoryEventFindings(alone, parsed),
    ...roomFindings(scenario, step!, room),
  ];
  if (late.length > 0) throw errorOf(late, draft);
  return { ...step!, atNs };
}

function roomFindings({ vms, pools }: Scenario, step: EventSpec, room: Room): Finding[] {
  const lacks = (expected: string, ...steps: string[]): Finding[] => [
    { path: ["events", 0, ...steps], at: "key", expected, got: steps.at(-1)! },
  ];
  if (step.kind === "place" && !room.place(step.vm, step.pool))
    return lacks("a pool that an event of the scenario moves the VM to", "set", "pool");
  if ((step.kind === "remove" || step.kind === "remove-pool") && !room.remove)
    return lacks("remove only where events of the scenario add, remove or move something", "remove");
  if (step.kind !== "set") return [];
  const vm = step.target.kind === "vm" ? vms[step.target.index]! : undefined;
  const { host } = vm ?? pools[step.target.index]!;
  if (vm !== undefined && (step.vcpus ?? 0) > vm.vcpusMax)
    return lacks(`at most ${vm.vcpusMax}, as many as the scenario or its events give the VM`, "set", "vcpus");
  if (step.reservationMhz !== undefined && !room.reservations)
    return lacks("a reservation only where the scenario has one", "set", "cpu.reservation");
  if (typeof step.mem?.maxPages === "number" && !room.memoryLimits(host))
    return lacks("a memory limit only where the host may come to take memory back", "set", "mem.limit");
  return [];
}
