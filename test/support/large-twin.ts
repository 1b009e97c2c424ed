/** A core with large pages and its naive twin, over hosts of a few blocks. */
import { expect } from "vitest";
import { LargeMemory, type LargeRules } from "../model/memory/large-memory.ts";
import { mix64 } from "../model/prng.ts";
import { applyBoth, type Command, expectEqual, type Twins } from "./twin.ts";
import { type Build, coreOf, SECOND } from "./world.ts";

export interface LargeWorld {
  /** Frames of the host, and of its VMs. */
  readonly host: number;
  readonly vms: readonly number[];
  readonly rules: Omit<LargeRules, "memory">;
  readonly rate: number;
}

export interface LargeTwins extends Twins {
  readonly model: LargeMemory;
}

const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => first + at);

export function largeTwinsOf({ host, vms, rules, rate }: LargeWorld, build: Build): LargeTwins {
  const core = coreOf(
    {
      hosts: [host],
      vms: vms.map((pages) => ({ pages })),
      policy: {
        largePages: {
          backing: rules.always ? "always" : "auto",
          breakAt: "high",
          defragPagesPerSecond: rate,
        },
      },
    },
    build,
  );
  const { columns, world } = core;
  columns.hostLargeBelow[0] = rules.below;
  columns.hostLargeAbove[0] = rules.above;
  const zones = world.zones.map(({ first, pages }) => range(first, pages));
  const machines = vms.map((pages, row) => ({
    host: 0,
    tenant: -1,
    ppns: range(columns.vmPpnFirst[row]!, pages),
  }));
  const homes = core.plan.rows.slot - 1024;
  const model = new LargeMemory([{ zones }], machines, mix64, homes - Math.floor(homes / 16), {
    memory: host,
    ...rules,
  });
  return { core, model, ppns: machines.flatMap(({ ppns }) => ppns) };
}

export type LargeCommand =
  | Command
  | { readonly op: "fill"; readonly at: number; readonly content: bigint }
  | { readonly op: "look" | "defragment" };

/** Moves that a period of a second earns, and that are kept. */
const budgets = new WeakMap<LargeTwins, number>();

export function applyLarge(twins: LargeTwins, command: LargeCommand, rate: number): void {
  const { core, model, ppns } = twins;
  switch (command.op) {
    case "look":
      // Without a rate, so that it only breaks.
      model.look(0);
      core.columns.worldDefragRate[0] = 0;
      core.wasm.largePage_tick(0, 0n);
      core.columns.worldDefragRate[0] = rate;
      break;
    case "defragment": {
      const budget = Math.min((budgets.get(twins) ?? 0) + rate, Math.max(2 * 768, rate));
      budgets.set(twins, model.defragment(0, budget));
      core.columns.hostDefragNext[0] = 0;
      core.wasm.defragment_run(0, BigInt(SECOND));
      break;
    }
    case "fill": {
      // Every page of its extent, equal ones among them.
      const ppn = ppns[command.at % ppns.length]!;
      for (let page = ppn - (ppn % 512); page < ppn - (ppn % 512) + 512; page += 1) {
        if (!model.pages.has(page)) break;
        const content = command.content + BigInt(page % 128);
        applyBoth(twins, { op: "write", at: ppns.indexOf(page), content });
      }
      break;
    }
    default:
      applyBoth(twins, command);
  }
}

/** Expects that core and model agree in everything, large pages included. */
export function expectLargeEqual(twins: LargeTwins): void {
  const { core, model } = twins;
  const { columns } = core;
  expectEqual(twins);
  const blocks = [...columns.largeBlock].flatMap((block, extent) =>
    block > 0 ? [[extent, (block - 1) * 512]] : [],
  );
  expect(blocks).toEqual([...model.large].sort(([a], [b]) => a - b));
  columns.vmLargePages.forEach((pages, vm) => {
    expect({
      pages,
      held: columns.vmLargeHeld[vm],
      backed: columns.vmLargeBacked.get(vm),
      formed: columns.vmLargeFormed.get(vm),
      shared: columns.vmLargeShared.get(vm),
      taken: columns.vmLargeTaken.get(vm),
    }).toEqual(model.countLarge(vm));
  });
  expect(columns.hostDefragMoves.get(0)).toBe(model.moves);
}
