/** Small worlds of processors from a few lines, for the tests of CPU policies. */

import type { Columns } from "../../src/core/layout.ts";
import { resolveScenario, type Scenario } from "../../src/scenario/index.ts";
import { createWorld, type World, type WorldOptions } from "../../src/sim/world.ts";
import { coreModule } from "./world.ts";

/** A scenario of hosts and VMs as a user writes them; memory is filled in. */
export function cpuScenario(given: {
  readonly hosts?: readonly object[];
  readonly vms: readonly (object & { readonly name: string })[];
  readonly cpu?: object;
  readonly pools?: readonly object[];
  readonly events?: readonly object[];
  readonly duration?: string;
}): Scenario {
  const {
    hosts = [{ cpu: { cores: 1, mhz: 2000 } }],
    vms,
    cpu = {},
    pools,
    events,
    duration = "20s",
  } = given;
  const written = {
    ballast: 1,
    seed: 7,
    duration,
    hosts: hosts.map((host, row) => ({ name: `h${row}`, memory: "1GiB", ...host })),
    vms: vms.map((vm) => ({ memory: "4MiB", workload: { busy: true }, ...vm })),
    policies: { cpu: { quantum: "5ms", wakeupPreemption: true, ...cpu } },
    ...(pools === undefined ? {} : { pools }),
    ...(events === undefined ? {} : { events }),
  };
  // The types say what may be written; the faults of a test are told at run time all the same.
  return resolveScenario(written as unknown as Parameters<typeof resolveScenario>[0]);
}

/** A world of it in the debug core, with room for a CPU policy's decisions. */
export function cpuWorld(scenario: Scenario, options: WorldOptions = {}): Promise<World> {
  return createWorld(scenario, { core: coreModule("debug"), cpuPolicy: true, ...options });
}

/** Controls of every VM row as the core's columns have them: shares, ppm reserved, quota. */
export function controlColumns({ columns, plan }: { columns: Columns; plan: World["plan"] }): unknown[][] {
  return plan.cpu!.vmClients.map((client) => [
    columns.clientOwnShares.at(client),
    columns.clientReservePpm[client],
    columns.clientQuotaNs.big(client),
  ]);
}
