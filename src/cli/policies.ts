/** `--policy`: for each kind one of ours by its name, or the user's own from a file. */
import {
  type CpuPolicy,
  cpuPolicyOf,
  type MemoryPolicy,
  memoryPolicyOf,
  type SimulateOptions,
  UnknownPolicyError,
} from "../index.ts";
import { UsageError } from "./fail.ts";
import { isPolicyFile, loadPolicyFile } from "./policy-file.ts";

interface Choice<Policy> {
  readonly name?: string;
  readonly own?: Policy;
  readonly file?: string;
}

export interface Chosen {
  readonly memory?: Choice<MemoryPolicy>;
  readonly cpu?: Choice<CpuPolicy>;
}

/**
 * @param given  values of `--policy`, the last of a kind counts
 * @throws UsageError
 */
export async function choosePolicies(given: readonly string[]): Promise<Chosen> {
  let chosen: Chosen = {};
  for (const text of given) {
    const [, kind, value] = text.match(/^([^=]*)=(.+)$/) ?? [];
    if (value !== undefined && kind === "memory") {
      chosen = { ...chosen, memory: await choose<MemoryPolicy>(kind, value, memoryPolicyOf) };
    } else if (value !== undefined && kind === "cpu") {
      chosen = { ...chosen, cpu: await choose<CpuPolicy>(kind, value, cpuPolicyOf) };
    } else {
      throw new UsageError(unknownKind(text, kind));
    }
  }
  return chosen;
}

function unknownKind(text: string, kind: string | undefined): string {
  const got = `got ${text || "nothing"}`;
  if (kind === "balance")
    return `--policy: balance=NAME goes with scenarios of resolution: fluid, this one has memory=NAME and cpu=NAME; ${got}`;
  return `--policy: expected memory=NAME, cpu=NAME, balance=NAME (resolution: fluid), or one of them with =./file.ts, ${got}`;
}

async function choose<Policy extends MemoryPolicy | CpuPolicy>(
  kind: string,
  value: string,
  find: (name: string) => Policy,
): Promise<Choice<Policy>> {
  if (isPolicyFile(value)) return { own: await loadPolicyFile<Policy>(value), file: value };
  try {
    find(value);
  } catch (fault) {
    if (!(fault instanceof UnknownPolicyError)) throw fault;
    const hint = kind === "cpu" ? "; schedulers are no policies: --set policies.cpu.scheduler=NAME" : "";
    throw new UsageError(fault.message.replace(/^[^:]*/, `--policy ${kind}=${value}`) + hint);
  }
  return { name: value };
}

/** Names as assignments to the scenario, as if they stood there. */
export function assignmentsOf({ memory, cpu }: Chosen): string[] {
  return [
    ...(memory?.name === undefined ? [] : [`policies.memory.name=${memory.name}`]),
    ...(cpu?.name === undefined ? [] : [`policies.cpu.name=${cpu.name}`]),
  ];
}

/** The user's own, as `simulate` takes them. */
export function ownOf({ memory, cpu }: Chosen): NonNullable<SimulateOptions["policies"]> {
  return {
    ...(memory?.own === undefined ? {} : { memory: memory.own }),
    ...(cpu?.own === undefined ? {} : { cpu: cpu.own }),
  };
}

/** The file that a policy came from; undefined: it is one of ours. */
export function fileOf({ memory, cpu }: Chosen, policy: string): string | undefined {
  return [memory, cpu].find((choice) => choice?.own?.name === policy)?.file;
}
