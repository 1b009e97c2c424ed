/**
 * Reads `policies.cpu.options`: by then times are ns, parts ppm. What it finds wrong is a PolicyOptionError that names
 * the option; an option that nobody asked for is wrong too.
 */
import { nearest } from "../../scenario/nearest.ts";
import { PolicyOptionError } from "../policy-error.ts";
import { means } from "./vm-names.ts";

export type CpuPolicyOptions = Readonly<Record<string, number | string>>;

export class OptionReader {
  readonly #options: CpuPolicyOptions;
  readonly #vmNames: readonly string[] | undefined;
  readonly #known = new Set<string>();
  #missing: readonly [key: string, expected: string] | undefined;

  /** @param vmNames  of the scenario; undefined: names of VMs are taken as they are */
  constructor(options: CpuPolicyOptions, vmNames?: readonly string[]) {
    this.#options = options;
    this.#vmNames = vmNames;
  }

  /** A time of at least 1 µs; undefined: not given. */
  timeNs(key: string): number | undefined {
    return this.#number(key, "a time from 1us on, such as 10ms", (ns) => Number.isInteger(ns) && ns >= 1000);
  }

  /** An option that a scenario has to give; without a scenario the policy's own default holds. */
  needs(key: string, value: unknown, expected: string): void {
    if (value === undefined && this.#vmNames !== undefined) this.#missing ??= [key, expected];
  }

  /** A part above 0 %, up to 100 %; undefined: not given. */
  partPpm(key: string): number | undefined {
    return this.#number(key, "a part such as 5%, up to 100%", (ppm) => ppm > 0 && ppm <= 1e6);
  }

  /** Names of VMs, such as `web, db`; undefined: not given. */
  vmList(key: string): readonly string[] | undefined {
    this.#known.add(key);
    const given = this.#options[key];
    if (given === undefined) return undefined;
    const names = String(given)
      .split(",")
      .map((name) => name.trim());
    for (const name of names) this.#checkVm(key, name);
    return names;
  }

  /** Times by VM, from options such as `target.web`. */
  timesByVm(prefix: string): ReadonlyMap<string, number> {
    const keys = Object.keys(this.#options).filter((key) => key.startsWith(`${prefix}.`));
    return new Map(
      keys.map((key) => {
        const name = key.slice(prefix.length + 1);
        this.#checkVm(key, name);
        return [name, this.timeNs(key)!];
      }),
    );
  }

  /** Call after everything has been read. */
  end(): void {
    const odd = Object.keys(this.#options).find((key) => !this.#known.has(key));
    // A mistyped name is told before what is missing because of it.
    if (odd === undefined) {
      if (this.#missing !== undefined) throw new PolicyOptionError(...this.#missing, "nothing");
      return;
    }
    const known = [...this.#known];
    const expected = known.length === 0 ? "no options" : `one of ${known.join(", ")}`;
    throw new PolicyOptionError(odd, expected, odd, nearest(odd, known), true);
  }

  #number(key: string, expected: string, isRight: (value: number) => boolean): number | undefined {
    this.#known.add(key);
    const given = this.#options[key];
    if (given === undefined) return undefined;
    if (typeof given !== "number" || !isRight(given))
      throw new PolicyOptionError(key, expected, String(given));
    return given;
  }

  #checkVm(key: string, name: string): void {
    if (this.#vmNames?.some((vm) => means(name, vm)) ?? name !== "") return;
    const meant = nearest(name, this.#vmNames ?? []);
    throw new PolicyOptionError(
      key,
      "names of VMs or of groups of VMs",
      name === "" ? "nothing" : name,
      meant,
    );
  }
}
