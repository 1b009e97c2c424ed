// Goal: who may move a VM where: its owner into the owner's own pools, the administrator anywhere, nobody else.
// Method: one VM, two hosts, pools of two owners; every actor to every place, as outcome and as message.

import { expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/index.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { coreModule } from "../support/world.ts";

const scenarioOf = (events: readonly object[]) =>
  JSON.stringify({
    ballast: 1,
    duration: "4s",
    hosts: ["h1", "h2"].map((name) => ({ name, memory: "64MiB", cpu: { cores: 2 } })),
    pools: [
      { name: "A", owner: "alice", host: "h1" },
      { name: "A2", owner: "alice", host: "h2" },
      { name: "B2", owner: "bob", host: "h2" },
    ],
    vms: [{ name: "web", pool: "A", memory: "4MiB", workload: { busy: true } }],
    events,
  });

async function run(event: object) {
  const result = await simulate(parseScenario(scenarioOf([event])), { core: coreModule() });
  const refused = result.events.filter(({ kind }) => kind === "refused").map(({ text }) => text);
  return {
    refused,
    move: result.migrations[0]!,
    host: result.vms[0]!.host,
    used: result.vms[0]!.cpu!.usedNs,
  };
}

const places = [undefined, "A2", "B2"] as const;
const allowed = (actor: string | undefined, pool: string | undefined): boolean =>
  actor === undefined || (actor === "alice" && pool === "A2");

test.each([undefined, "alice", "bob", "eve"])("%s moves web to every place", async (actor) => {
  for (const pool of places) {
    const who = actor === undefined ? {} : { actor };
    const where = { vm: "web", to: "h2", ...(pool === undefined ? {} : { pool }) };
    const { refused, move, host } = await run({ at: "1s", ...who, migrate: where });
    if (allowed(actor, pool)) {
      expect([move.outcome, host, refused], pool).toEqual(["done", "h2", []]);
      continue;
    }
    expect([move.outcome, move.reason, host], pool).toEqual(["refused", "who asked for it may not", "h1"]);
    expect(refused.length).toBe(1);
    const path = actor === "alice" ? "vms.web.pool" : "vms.web.power";
    expect(refused[0]).toContain(`${path} stays as it is: `);
    expect(refused[0]).toContain(`"${actor}"`);
  }
});

test("an owner fails no host", async () => {
  const events = [
    { at: "1s", migrate: { vm: "web", to: "h2" } },
    { at: "3s", actor: "alice", fail: { host: "h2" } },
  ];
  const result = await simulate(parseScenario(scenarioOf(events)), { core: coreModule() });
  expect(result.events.filter(({ kind }) => kind === "refused").map(({ text }) => text)).toEqual([
    'hosts.h2 stays as it is: only the administrator changes what no pool holds, not "alice".',
  ]);
  expect(result.vms[0]!.cpu!.power).toBe("on");
});
