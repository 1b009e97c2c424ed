/**
 * Machine reassignment, the challenge ROADEF/EURO 2012: processes run on machines, and some should move so that loads and balances
 * get better than the moves cost.
 *
 *   resources   transient, weight of the load cost
 *   machines    neighbourhood, location, capacities, safety capacities, costs of a move to each machine
 *   services    spread (least locations), services it depends on
 *   processes   service, requirements, cost of a move
 *   balances    resources r1 r2, target; weight
 *   weights     process, service, machine moves
 *
 * All numbers are whole, in a row, whatever the lines. Source: the challenge's specification, in its own words.
 */
import { PlaceError } from "./place-error.ts";

export interface Reassignment {
  readonly resources: number;
  readonly machines: number;
  readonly services: number;
  readonly processes: number;
  readonly isTransient: Uint8Array;
  readonly loadWeight: Float64Array;
  readonly neighbourhood: Int32Array;
  readonly location: Int32Array;
  /** Machine-major, as is `safety`. */
  readonly capacity: Float64Array;
  readonly safety: Float64Array;
  /** From machine × to machine. */
  readonly machineMove: Float64Array;
  readonly spread: Int32Array;
  readonly dependsOn: readonly (readonly number[])[];
  readonly service: Int32Array;
  /** Process-major. */
  readonly requirement: Float64Array;
  readonly processMove: Float64Array;
  readonly balances: readonly Balance[];
  readonly weights: { readonly process: number; readonly service: number; readonly machine: number };
}

export interface Balance {
  readonly first: number;
  readonly second: number;
  readonly target: number;
  readonly weight: number;
}

/** Above what any machine of the challenge has. */
const AMOUNT_MAX = 2 ** 45;
const ROWS_MAX = 1_000_000;

/** Whole numbers of a text, one after the other. */
class Numbers {
  readonly #file: string;
  readonly #words: RegExpStringIterator<RegExpExecArray>;
  readonly #text: string;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#text = text;
    this.#words = text.matchAll(/\S+/g);
  }

  next(what: string, most: number): number {
    const { done, value } = this.#words.next();
    const word = done === true ? undefined : value[0];
    const number = Number(word);
    if (word !== undefined && /^\d+$/.test(word) && number <= most) return number;
    const at = done === true ? this.#text.length : value.index;
    throw this.#fault(at, `${what}, a whole number from 0 to ${most}`, word ?? "the end of the file");
  }

  list(count: number, what: string, most: number): number[] {
    return Array.from({ length: count }, () => this.next(what, most));
  }

  end(): void {
    const { done, value } = this.#words.next();
    if (done !== true) throw this.#fault(value.index, "the end of the file", value[0]);
  }

  #fault(at: number, expected: string, got: string): PlaceError {
    const before = this.#text.slice(0, at).split("\n");
    const place = { file: this.#file, line: before.length, column: before.at(-1)!.length + 1 };
    return new PlaceError([{ ...place, path: "", expected, got: got.slice(0, 40) }]);
  }
}

/**
 * Reads a model of the challenge.
 *
 * @throws PlaceError with line and column
 */
export function readReassignment(text: string, file: string): Reassignment {
  const numbers = new Numbers(text, file);
  const resources = numbers.next("a number of resources", 1000);
  const kinds = numbers.list(resources * 2, "a resource", AMOUNT_MAX);
  const machines = numbers.next("a number of machines", ROWS_MAX);
  const wide = 2 + 2 * resources + machines;
  const rows = Float64Array.from(numbers.list(machines * wide, "a machine", AMOUNT_MAX));
  const services = numbers.next("a number of services", ROWS_MAX);
  const spread = new Int32Array(services);
  const dependsOn = Array.from({ length: services }, (_, service) => {
    spread[service] = numbers.next("a spread", ROWS_MAX);
    return numbers.list(numbers.next("a number of dependencies", services), "a service", services - 1);
  });
  const processes = numbers.next("a number of processes", ROWS_MAX);
  const work = Float64Array.from(numbers.list(processes * (2 + resources), "a process", AMOUNT_MAX));
  const balances = Array.from({ length: numbers.next("a number of balances", 1000) }, () => ({
    first: numbers.next("a resource", resources - 1),
    second: numbers.next("a resource", resources - 1),
    target: numbers.next("a target", AMOUNT_MAX),
    weight: numbers.next("a weight", AMOUNT_MAX),
  }));
  const [process = 0, service = 0, machine = 0] = numbers.list(3, "a weight", AMOUNT_MAX);
  numbers.end();
  const ofMachine = (from: number, count: number) =>
    Float64Array.from(
      { length: machines * count },
      (_, i) => rows[Math.floor(i / count) * wide + from + (i % count)]!,
    );
  const ofProcess = (from: number, count: number) =>
    Float64Array.from(
      { length: processes * count },
      (_, i) => work[Math.floor(i / count) * (2 + resources) + from + (i % count)]!,
    );
  const serviceOf = Int32Array.from(ofProcess(0, 1));
  const unknown = serviceOf.find((one) => one >= services);
  if (unknown !== undefined) {
    const expected = `services from 0 to ${services - 1} in processes`;
    throw new PlaceError([{ file, path: "", expected, got: String(unknown) }]);
  }
  return {
    resources,
    machines,
    services,
    processes,
    isTransient: Uint8Array.from({ length: resources }, (_, r) => (kinds[r * 2]! > 0 ? 1 : 0)),
    loadWeight: Float64Array.from({ length: resources }, (_, r) => kinds[r * 2 + 1]!),
    neighbourhood: Int32Array.from(ofMachine(0, 1)),
    location: Int32Array.from(ofMachine(1, 1)),
    capacity: ofMachine(2, resources),
    safety: ofMachine(2 + resources, resources),
    machineMove: ofMachine(2 + 2 * resources, machines),
    spread,
    dependsOn,
    service: serviceOf,
    requirement: ofProcess(1, resources),
    processMove: ofProcess(1 + resources, 1),
    balances,
    weights: { process, service, machine },
  };
}

/** Reads an assignment: for each process the number of its machine. Throws PlaceError. */
export function readAssignment(
  text: string,
  file: string,
  { processes, machines }: Reassignment,
): Int32Array {
  const numbers = new Numbers(text, file);
  const assignment = Int32Array.from(numbers.list(processes, "a machine", machines - 1));
  numbers.end();
  return assignment;
}
