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

/** An option of a policy of ours that it cannot work with. */
export class PolicyOptionError extends Error {
  override readonly name = "PolicyOptionError";
  readonly option: string;
  /** The option is not one of the policy's. */
  readonly isUnknown: boolean;
  readonly expected: string;
  readonly got: string;
  readonly hint: string | undefined;

  constructor(option: string, expected: string, got: string, meant?: string, isUnknown = false) {
    super(
      `policies.cpu.options.${option}: expected ${expected}, got ${got}${meant ? `; did you mean ${meant}?` : ""}`,
    );
    this.option = option;
    this.isUnknown = isUnknown;
    this.expected = expected;
    this.got = got;
    this.hint = meant === undefined ? undefined : `did you mean ${meant}?`;
  }
}

/** A name in a scenario that stands for no policy. */
export class UnknownPolicyError extends Error {
  override readonly name = "UnknownPolicyError";
}
