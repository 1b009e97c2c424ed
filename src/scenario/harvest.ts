/** What a scenario says of finding out which pages a VM writes and accesses: shape, defaults, resolution. */
import * as z from "zod";
import * as field from "./fields.ts";
import type { HarvestSpec, TrackingCosts } from "./memory-types.ts";

export const TRACKINGS = ["write-protection", "dirty-bits", "page-modification-log", "ring"] as const;

export const harvestDefaults = {
  method: { value: "write-protection", origin: "ballast" },
  everyNs: { value: 1_000_000_000, origin: "QEMU calc-dirty-rate, 1 s [S]" },
  ring: { value: 4096, origin: "KVM dirty ring, about 4096 entries [K]" },
  accessed: { value: false, origin: "ballast" },
} as const;

/** About 1000 to 1300 cycles for an exit of Skylake [K], and as much again for what is done about it; ballast's own round numbers. */
export const trackingCosts: TrackingCosts = {
  trapNs: 2000,
  fullNs: 1000,
  ringNs: 10_000,
  entryPs: 10_000,
  flushNs: 1000,
};

const method = () => z.enum(TRACKINGS, { error: TRACKINGS.join(", ") });

export const harvestMap = z.strictObject({
  method: method().optional().describe("How pages that were written are found; write-protection if absent."),
  every: field
    .nsWithin(1_000_000, 3_600_000_000_000, "1 ms to 1 h")
    .optional()
    .describe("Period of a harvest; 1 s if absent."),
  ring: field.whole(512, 65_536).optional().describe("Entries of a dirty ring; 4096 if absent."),
  accessed: z
    .boolean()
    .optional()
    .describe("Whether accessed bits of all pages are read with each period of sampling; false if absent."),
});

export const harvest = z.union([method(), harvestMap], {
  error: `${TRACKINGS.join(", ")}, or a map with method, every, ring and accessed`,
});

export function resolveHarvest(given: z.output<typeof harvest> | undefined): {
  readonly harvest?: HarvestSpec;
} {
  if (given === undefined) return {};
  const own = typeof given === "string" ? { method: given } : given;
  const absent = harvestDefaults;
  return {
    harvest: {
      method: own.method ?? absent.method.value,
      everyNs: own.every ?? absent.everyNs.value,
      ring: own.ring ?? absent.ring.value,
      accessed: own.accessed ?? absent.accessed.value,
    },
  };
}
