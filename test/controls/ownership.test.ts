// Goal: an owner changes what lies below its pool and nothing of the pool's own; no actor may do all, a stranger nothing.
// Method: one tree; every actor, node and key against what is expected; the words of each refusal.
import { expect, test } from "vitest";
import { mayChange, mayFill, type Owned } from "../../src/controls/ownership.ts";

const tree: Owned[] = [
  { name: "A", kind: "pool", parent: -1, owner: "alice" }, // 0
  { name: "A1", kind: "pool", parent: 0, owner: "ann" }, // 1
  { name: "web", kind: "vm", parent: 1 }, // 2
  { name: "B", kind: "pool", parent: -1, owner: "bob" }, // 3
  { name: "db", kind: "vm", parent: 3 }, // 4
  { name: "free", kind: "vm", parent: -1, owner: "bob" }, // 5: VMs have no owners
];
const KEYS = ["cpu.shares", "cpu.reservation", "cpu.limit", "cpu.expandable", "vcpus"];

test.each<[string | undefined, number[]]>([
  [undefined, [0, 1, 2, 3, 4, 5]],
  ["alice", [1, 2]],
  ["ann", [2]],
  ["bob", [4]],
  ["carol", []],
  ["", []],
])("%s may change %j", (actor, allowed) => {
  for (const key of KEYS) {
    const nodes = [...tree.keys()].filter((node) => mayChange(tree, actor, node, key).allowed);
    expect(nodes).toEqual(allowed);
  }
});

test("refusals name what was asked and why", () => {
  expect(mayChange(tree, "alice", 0, "cpu.shares")).toEqual({
    allowed: false,
    path: "pools.A.cpu.shares",
    text: '"alice" owns pool A and may change what is in it, not its own cpu.shares',
  });
  expect(mayChange(tree, "alice", 4, "cpu.limit")).toEqual({
    allowed: false,
    path: "vms.db.cpu.limit",
    text: '"alice" may change what is in A; vm db is not',
  });
  expect(mayChange(tree, "carol", 2, "cpu.reservation")).toEqual({
    allowed: false,
    path: "vms.web.cpu.reservation",
    text: '"carol" owns no pool',
  });
});

test("an owner fills its pool and those in it; only the administrator fills the root", () => {
  expect(mayFill(tree, "alice", 0)).toEqual({ allowed: true });
  expect(mayFill(tree, "alice", 1)).toEqual({ allowed: true });
  expect(mayFill(tree, "ann", 0)).toMatchObject({ allowed: false, path: "pools.A.children" });
  expect(mayFill(tree, "bob", -1)).toMatchObject({ allowed: false, path: "pools" });
  expect(mayFill(tree, undefined, -1)).toEqual({ allowed: true });
});
