/**
 * Question: how near is the core to C with the same solver, and how far ahead of sorting all breaks? One pool of clients
 * with shares of three sizes, every fourth reserved, every fifth busy, the rest with a demand. And the same clients in a
 * tree, four to a pool: is the core worth its call there too?
 */
import { EntitlementSolver, type NodeControls } from "../../src/controls/solver.ts";
import { fillFlat, fillTree } from "../../src/controls/water-fill.ts";
import { sweep } from "../../test/model/cpu/entitlement.ts";
import { ARENA, compileCore, rawCore } from "../../test/support/raw-core.ts";
import { digest, faster, parameter, run } from "../harness.ts";
import { nativeModule } from "../native.ts";
import { xorshift32 } from "../random.ts";

const COLUMNS_AT = ARENA + 64;

/** Of two ways to add up, to nine digits. */
const rounded = (values: Float64Array): string => digest(values.map((value) => Math.round(value * 1e5)));

async function entitlement(count: number, title: string): Promise<void> {
  const edgesAt = COLUMNS_AT + 32 * count;
  const core = rawCore(64 + 64 * count);
  const column = (index: number): Float64Array =>
    new Float64Array(core.memory.buffer, COLUMNS_AT + index * 8 * count, count);
  const [shares, low, high, out] = [column(0), column(1), column(2), column(3)];
  const next = xorshift32(3);
  for (let i = 0; i < count; i += 1) {
    shares[i] = [500, 1000, 2000][next() % 3]! * (1 + (next() % 4));
    low[i] = next() % 4 === 0 ? (next() % 500_000) / 1000 : 0;
    high[i] = low[i]! + (next() % 5 === 0 ? Number.POSITIVE_INFINITY : (next() % 3_000_000) / 1000);
  }
  const capacity = 700 * count;
  const at = [shares, low, high, out].map(({ byteOffset }) => byteOffset) as [number, number, number, number];
  // A call of C costs about as much as thirty clients.
  const small = count < 1000;
  const native = nativeModule("entitlement", [], core.bytes);
  const [solve, sweepC] = [native?.control("solveFlat"), native?.control("sweep")];
  const mine = { shares, low, high };
  const own = new Float64Array(count);
  const exact = { question: "to the bit", answer: () => digest(out) };
  const near = { question: "to nine digits" };
  await run(
    title,
    {
      core: { ...exact, run: () => core.wasm.entitlement_solveFlat(count, ...at, capacity, ARENA) },
      C: solve && { ...exact, run: () => solve(count, ...at, capacity) },
      twin: { ...exact, run: () => fillFlat(mine, capacity, own), answer: () => digest(own) },
      "C sort": sweepC && {
        ...near,
        run: () => sweepC(count, ...at, capacity, edgesAt),
        answer: () => rounded(out),
      },
      sort: { ...near, run: () => sweep(shares, low, high, capacity, own), answer: () => rounded(own) },
    },
    {
      rounds: count > 100_000 ? 9 : 15,
      threadClock: native?.now,
      clear: () => out.fill(0),
      goals: [
        faster("core", "C", small ? undefined : 0.8),
        faster("core", "C sort", small ? undefined : 2),
        faster("core", "twin", 1),
        faster("core", "sort"),
      ],
    },
  );
}

/** Pools of four, pools of four of them, and so on. */
async function tree(clients: number, title: string): Promise<void> {
  const parents: number[] = [];
  for (let level = 1; level <= clients; level *= 4) {
    const above = parents.length - level / 4;
    for (let i = 0; i < level; i += 1) parents.push(level === 1 ? -1 : above + (i >> 2));
  }
  const nodes = parents.length;
  const first = nodes - clients;
  const next = xorshift32(5);
  const column = (draw: (node: number) => number): Float64Array =>
    Float64Array.from({ length: nodes }, (_, i) => draw(i));
  const controls: NodeControls = {
    shares: column(() => [500, 1000, 2000][next() % 3]!),
    reservation: column((node) => (next() % 4 === 0 && node >= first ? next() % 500 : 0)),
    limit: column(() => Number.POSITIVE_INFINITY),
    demand: column((node) => (next() % 5 === 0 || node < first ? Number.POSITIVE_INFINITY : next() % 3000)),
  };
  const solver = new EntitlementSolver(compileCore("ballast"), parents);
  const out = new Float64Array(nodes);
  const twin = new Float64Array(nodes + 1);
  const byRow = (values: Float64Array): Float64Array => {
    const rows = new Float64Array(nodes + 1).fill(1);
    for (const [node, row] of solver.tree.places.entries()) rows[row] = values[node]!;
    return rows;
  };
  const rows = {
    shares: byRow(controls.shares),
    high: byRow(controls.demand),
    low: byRow(controls.reservation.map((value, i) => Math.min(value, controls.demand[i]!))),
  };
  await run(
    title,
    {
      core: { run: () => solver.solve(700 * clients, controls, out), answer: () => digest(out) },
      twin: {
        run: () =>
          fillTree(
            solver.tree,
            { shares: rows.shares, low: rows.low.slice(), high: rows.high.slice() },
            700 * clients,
            twin,
          ),
        answer: () => digest(Float64Array.from(solver.tree.places, (row) => twin[row]!)),
      },
    },
    { rounds: clients > 100_000 ? 9 : 15, goals: [faster("core", "twin", 1)] },
  );
}

await entitlement(parameter("clients", 30, 30), "entitlement, 30 clients");
await entitlement(parameter("clients", 500, 10_000), "entitlement, 10 k clients");
await entitlement(parameter("clients", 1 << 17, 1_000_000), "entitlement, 1 M clients");
await tree(parameter("clients", 64, 4096), "entitlement, 4096 clients in a tree of fours");
await tree(parameter("clients", 256, 1 << 20), "entitlement, 1 M clients in a tree of fours");
