/** The scheduler's tree in the twin: pools, VMs and vCPUs as objects, with big integers. */

/** A pool or a VM of the model. */
export interface ClientModel {
  readonly name: string;
  readonly shares: number;
  /** Index of its pool; absent: the host's. */
  readonly pool?: number;
  /** ns a period. */
  readonly quotaNs?: number;
}

export interface VmModel extends ClientModel {
  readonly startNs: number;
  readonly runNs: number;
  /** Absent: it runs for ever. */
  readonly sleepNs?: number;
}

/** The smaller one. */
export function least(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** A pool, a VM, a vCPU or the root. */
export class Node {
  readonly shares: bigint;
  readonly quota: bigint | undefined;
  readonly parent: Node | undefined;
  readonly vm: number | undefined;
  children: Node[] = [];
  vtime = 0n;
  rest = 0n;
  clock = 0n;
  active = 0;
  seated = false;
  throttled = false;
  remain = 0n;
  budget = 0n;
  period = 0n;
  /** The next period's begin, while throttled. */
  refillAt: bigint | undefined;

  constructor(shares: number, quotaNs: number | undefined, parent: Node | undefined, vm?: number) {
    this.shares = BigInt(shares);
    this.quota = quotaNs === undefined ? undefined : BigInt(quotaNs);
    this.budget = this.quota ?? 0n;
    this.parent = parent;
    this.vm = vm;
  }

  get holds(): boolean {
    return this.children.some(({ seated }) => seated);
  }

  *up(): Generator<Node> {
    for (let node: Node | undefined = this; node !== undefined; node = node.parent) yield node;
  }
}
