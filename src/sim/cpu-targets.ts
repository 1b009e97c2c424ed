/** What a CPU policy asks of one host: the targets it writes, and the rules they are held against. */
import {
  admitReservation,
  type Control,
  heldOf,
  mostReservation,
  type Root,
  replaceControl,
} from "../controls/admission.ts";
import { type CpuTargets, type CpuView, SHARES_MAX } from "../policy/cpu/policy.ts";
import { PolicyError } from "../policy/policy-error.ts";

/** The host's tree of controls, and where its VMs stand in it. */
export interface HostTree {
  readonly tree: Control[];
  readonly root: Root;
  /** Per VM of the host, its node. */
  readonly nodes: readonly number[];
}

const KEYS = ["vmShares", "vmReservationMhz", "vmLimitMhz"] as const;
const SLACK_MHZ = 1e-6;

type Arrays = Pick<CpuTargets, (typeof KEYS)[number]>;

/** Gives a policy what `reserve` needs: the tree follows the targets as they change. */
export function reserver({ tree: given, root, nodes }: HostTree, arrays: Arrays, pcpuMhz: number) {
  const tree = [...given];
  let held: Float64Array | undefined;
  const follow = (): Float64Array => {
    held ??= heldOf(tree);
    for (const [vm, node] of nodes.entries()) {
      const control = tree[node]!;
      const [reservation, limit] = [arrays.vmReservationMhz[vm]!, arrays.vmLimitMhz[vm]!];
      if (control.limit !== limit) tree[node] = { ...control, limit };
      if (control.reservation === reservation || !(reservation >= 0)) continue;
      replaceControl(tree, held, node, { ...tree[node]!, reservation });
    }
    return held;
  };
  return (vm: number, mhz: number): number => {
    const node = nodes[vm];
    if (node === undefined || !(mhz >= 0)) {
      throw new RangeError(`reserve: expected the index of a VM and MHz from 0 on, got ${vm}, ${mhz}`);
    }
    const most = mostReservation(tree, node, root, follow());
    // Whole ppm of a pCPU, as the core has them; rounded down, so that many together still fit.
    const ppm = Math.floor((Math.min(mhz, most) * 1e6) / pcpuMhz + 1e-6);
    arrays.vmReservationMhz[vm] = (ppm * pcpuMhz) / 1e6;
    return arrays.vmReservationMhz[vm]!;
  };
}

/**
 * Holds targets against the rules.
 *
 * @param arrays  as they were handed out: a policy may not put others in their place
 * @returns       the tree as the targets make it
 * @throws PolicyError for the first rule that is broken
 */
export function checkTargets(
  policy: string,
  view: CpuView,
  targets: CpuTargets,
  arrays: Arrays,
  host: HostTree,
): Control[] {
  const fail = (row: string, rule: string): never => {
    throw new PolicyError(policy, view.atNs, row, rule);
  };
  for (const key of KEYS) {
    if (targets[key] !== arrays[key]) fail(`host ${view.hostName}`, `expected ${key} to stay in place`);
  }
  view.vmNames.forEach((name, vm) => {
    const rule = brokenRule(targets, vm, view);
    if (rule !== undefined) fail(`vm ${name}`, rule);
  });
  const clock: unknown = targets.frequencyPpm;
  if (!view.statesPpm.includes(clock as number)) {
    const rule = `frequencyPpm: expected one of ${view.statesPpm.join(", ")}, got ${String(clock)}`;
    fail(`host ${view.hostName}`, rule);
  }
  return admitAll(targets, host, (vm, rule) => fail(`vm ${view.vmNames[vm]}`, rule));
}

function brokenRule(targets: CpuTargets, vm: number, view: CpuView): string | undefined {
  const shares = targets.vmShares[vm]!;
  if (!(Number.isInteger(shares) && shares >= 1 && shares <= SHARES_MAX)) {
    return `vmShares: expected a whole number in [1, ${SHARES_MAX}], got ${shares}`;
  }
  const limit = targets.vmLimitMhz[vm]!;
  if (!(limit > 0)) return `vmLimitMhz: expected MHz above 0 or Infinity, got ${limit}`;
  if (limit !== Infinity && limit > 1e9) return `vmLimitMhz: expected at most 1e9 MHz, got ${limit}`;
  const reservation = targets.vmReservationMhz[vm]!;
  const most = Math.min(limit, view.capacityMhz);
  if (!(reservation >= 0 && reservation <= most + SLACK_MHZ)) {
    const what = limit < view.capacityMhz ? "its limit" : "the host's capacity";
    return `vmReservationMhz: expected MHz from 0 to ${what}, ${most}, got ${reservation}`;
  }
  return undefined;
}

/** Reservations that shrink make room first; who is then refused, in row order, breaks the rule. */
function admitAll(
  targets: CpuTargets,
  { tree: given, root, nodes }: HostTree,
  fail: (vm: number, rule: string) => void,
): Control[] {
  const tree = [...given];
  const grown: number[] = [];
  nodes.forEach((node, vm) => {
    const reservation = targets.vmReservationMhz[vm]!;
    const isLess = reservation <= given[node]!.reservation;
    if (!isLess) grown.push(vm);
    tree[node] = {
      ...given[node]!,
      limit: targets.vmLimitMhz[vm]!,
      ...(isLess ? { reservation } : {}),
    };
  });
  const held = heldOf(tree);
  for (const vm of grown) {
    const node = nodes[vm]!;
    const reservation = Math.min(targets.vmReservationMhz[vm]!, targets.vmLimitMhz[vm]!);
    const verdict = admitReservation(tree, node, reservation, root, held);
    if (!verdict.admitted) fail(vm, `vmReservationMhz: not admitted: ${verdict.text} (${verdict.path})`);
    replaceControl(tree, held, node, { ...tree[node]!, reservation });
  }
  return tree;
}
