/** How a policy's mistakes are told. */

/** A policy that broke a rule of the seam. Nothing of its decision has been applied. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly policy: string;
  readonly atNs: number;

  constructor(policy: string, atNs: number, row: string, rule: string) {
    super(`policy ${policy} at ${atNs} ns, ${row}: ${rule}`);
    this.policy = policy;
    this.atNs = atNs;
  }
}

/** Options in a scenario that a policy of ours cannot work with. */
export class PolicyOptionError extends Error {
  override readonly name = "PolicyOptionError";
}
