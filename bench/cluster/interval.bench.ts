/**
 * Question: does the cluster's interval over columns beat objects, host by host? 288 intervals in which nobody moves; hosts that are
 * short on the way.
 */

import { ClusterRun } from "../../src/cluster/run-cluster.ts";
import { balancePolicyOf, type ClusterSpec } from "../../src/index.ts";
import { runStill } from "../../test/model/cluster/still.ts";
import { faster, parameter, run } from "../harness.ts";
import { fleet } from "./fleet.ts";

const hosts = parameter("hosts", 4, 500);
const vms = parameter("VMs", 40, 10_000);
const steps = parameter("intervals", 6, 96);

const base = fleet(hosts, vms, steps, 1 << 20);
const home = Array.from({ length: vms }, (_, vm) => vm % hosts);
const spec: ClusterSpec = { ...base, vms: { ...base.vms, host: Int32Array.from(home) } };

/** To six digits: sums run in another order. */
const digits = (kwh: number): string => kwh.toPrecision(6);

await run(
  "cluster-interval",
  {
    columns: () => {
      const cluster = new ClusterRun(spec, balancePolicyOf("static")!);
      while (!cluster.isOver) cluster.interval();
      return digits(cluster.accounts.energyJ.reduce((sum, joules) => sum + joules, 0) / 3.6e6);
    },
    objects: () => digits(runStill(spec, home).energyKwh),
  },
  { goals: [faster("columns", "objects", 2)] },
);
