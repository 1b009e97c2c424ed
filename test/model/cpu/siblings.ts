/**
 * Twin of what a run queue does at the end of a quantum where siblings on other pCPUs count: docs/cpu/run-queue.md in plain
 * words, on objects, with a look at every child. Virtual time only, no limits, reservations or threads; guests always busy.
 */

import { least as lesser } from "./scheduler-tree.ts";

export interface SiblingNode {
  readonly row: number;
  readonly parent: SiblingNode | undefined;
  readonly children: SiblingNode[];
  readonly shares: bigint;
  /** 2^-12 ns a share. */
  vtime: bigint;
  clock: bigint;
  /** Somebody below has waited at some time. */
  readonly hasWaited: boolean;
  /** Leaves: run queue that it waits in; undefined: it runs. */
  queue: number | undefined;
}

export interface SiblingRule {
  readonly marginNs: bigint;
  readonly root: SiblingNode;
}

/** Groups that are passed over at the most. */
const PASSES = 4;
/** Margins that a group may be ahead while one of it runs who is far behind in it. */
const LEEWAY = 8n;

function serviceOf(gap: bigint, shares: bigint): bigint {
  return gap > 0n ? (gap * shares) / 4096n : 0n;
}

function pathOf(leaf: SiblingNode): SiblingNode[] {
  const path: SiblingNode[] = [];
  for (let node: SiblingNode | undefined = leaf; node !== undefined; node = node.parent) path.push(node);
  return path;
}

function leavesOf(node: SiblingNode): SiblingNode[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leavesOf);
}

function least(nodes: readonly SiblingNode[]): SiblingNode | undefined {
  return nodes.reduce<SiblingNode | undefined>(
    (best, one) => (best === undefined || one.vtime < best.vtime ? one : best),
    undefined,
  );
}

/** By least virtual time from the root down, among the leaves of a set. */
function descend(root: SiblingNode, leaves: ReadonlySet<SiblingNode>): SiblingNode | undefined {
  let node = root;
  while (node.children.length > 0) {
    const next = least(node.children.filter((child) => leavesOf(child).some((leaf) => leaves.has(leaf))));
    if (next === undefined) return undefined;
    node = next;
  }
  return node;
}

/** The sibling that wants processors, is furthest behind, and that the child is too far ahead of. */
function siblingBehind({ marginNs }: SiblingRule, child: SiblingNode, margins = 1n): SiblingNode | undefined {
  const other = least(child.parent!.children.filter(({ hasWaited }) => hasWaited));
  return other !== undefined && serviceOf(child.vtime - other.vtime, child.shares) > margins * marginNs
    ? other
    : undefined;
}

function isWaiting(node: SiblingNode): boolean {
  return leavesOf(node).some(({ queue }) => queue !== undefined);
}

/** At the highest level where somebody waits, else at the lowest where somebody is behind at all. */
function furthestBehind(rule: SiblingRule, leaf: SiblingNode): SiblingNode | undefined {
  const found = pathOf(leaf)
    .slice(0, -1)
    .flatMap((child) => siblingBehind(rule, child) ?? []);
  return found.findLast(isWaiting) ?? found[0];
}

/** The highest group below the root whose turn is not for the child on the way to a leaf. */
function groupTooFar(rule: SiblingRule, leaf: SiblingNode): SiblingNode | undefined {
  return pathOf(leaf)
    .slice(0, -2)
    .findLast((child) => siblingBehind(rule, child) !== undefined)?.parent;
}

/** Where the paths of two leaves to the root part. */
function partingOf(leaf: SiblingNode, other: SiblingNode): [SiblingNode, SiblingNode] {
  const theirs = pathOf(other);
  const own = pathOf(leaf).find((node) => theirs.includes(node.parent!))!;
  return [own, theirs.find((node) => node.parent === own.parent)!];
}

function instead(rule: SiblingRule, first: SiblingNode, own: ReadonlySet<SiblingNode>): SiblingNode {
  const left = new Set(own);
  let other: SiblingNode | undefined = first;
  for (let passes = 0; other !== undefined; passes += 1) {
    const group = groupTooFar(rule, other);
    if (group === undefined) break;
    if (passes === PASSES) return first;
    for (const leaf of leavesOf(group)) left.delete(leaf);
    other = descend(rule.root, left);
  }
  if (other === undefined || other === first) return first;
  const [a, b] = partingOf(first, other);
  return serviceOf(b.vtime - a.vtime, lesser(a.shares, b.shares)) > 2n * rule.marginNs ? first : other;
}

/** Far behind its siblings below a group other than the root, were they all as far as its clock. */
function lags({ marginNs }: SiblingRule, { vtime, shares, parent }: SiblingNode): boolean {
  if (parent!.parent === undefined) return false;
  const sum = parent!.children.reduce((total, child) => total + child.shares, 0n);
  const behind = serviceOf(parent!.clock - vtime, shares) >> 10n;
  return behind * (sum - shares) > ((2n * marginNs) >> 10n) * sum;
}

/** Whether the one whose quantum is over goes on, whoever is next. */
function goesOn(rule: SiblingRule, leaf: SiblingNode): boolean {
  const path = pathOf(leaf).slice(0, -1);
  const first = path.findIndex((child) => lags(rule, child));
  if (first < 0) return false;
  const isInTheWay = (child: SiblingNode, level: number) => {
    const other = siblingBehind(rule, child, level < first ? 1n : LEEWAY);
    return other !== undefined && (level < first || isWaiting(other));
  };
  return !path.some(isInTheWay);
}

/** Who runs next on the pCPU of a leaf whose quantum is over, its time charged; `queue`: the pCPU's. */
export function nextAfter(rule: SiblingRule, leaf: SiblingNode, queue: number): SiblingNode {
  const inQueue = () => new Set(leavesOf(rule.root).filter((one) => one.queue === queue));
  if (inQueue().size === 0 || goesOn(rule, leaf)) return leaf;
  leaf.queue = queue;
  const first = descend(rule.root, inQueue())!;
  const other = furthestBehind(rule, first);
  if (other === undefined) return first;
  let waiting = isWaiting(other) ? other : undefined;
  while (waiting !== undefined && waiting.children.length > 0)
    waiting = least(waiting.children.filter(isWaiting));
  if (waiting !== undefined && waiting.queue !== queue) {
    const [a, b] = partingOf(waiting, first);
    if (serviceOf(b.vtime - a.vtime, a.shares) > 0n) {
      waiting.queue = queue;
      return descend(rule.root, inQueue())!;
    }
  }
  return inQueue().size < 2 ? first : instead(rule, first, inQueue());
}
