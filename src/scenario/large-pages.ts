/** What a scenario says of large pages: shape, defaults, resolution. */
import * as z from "zod";
import * as field from "./fields.ts";
import type { LargePageSpec } from "./memory-types.ts";
import type { ParsedScenario } from "./schema.ts";
import type { Profile } from "./types.ts";

export const BACKINGS = ["never", "auto", "always"] as const;
export const BREAK_STATES = ["always", "high", "clear", "soft", "hard", "low", "never"] as const;

const resourceGuide = "vSphere Resource Management, yellow-bricks.com [S]";

export const largePageDefaults = {
  /** Of VMs where the policy has settings but does not say. */
  backing: { value: "auto", origin: "Mem.AllocGuestLargePage, ESXi advanced settings [S]" },
  breakAt: {
    esx2: { value: "soft", origin: "ballast: this generation had no large pages" },
    esx4: { value: "soft", origin: "ballast: in the states in which memory is reclaimed" },
    esx6: { value: "high", origin: `below 400 % of minFree, ${resourceGuide}` },
  },
  defragment: { value: 1000, origin: "ballast: ESX moves pages, how fast is published nowhere" },
} as const satisfies {
  backing: { value: LargePageSpec["backing"]; origin: string };
  breakAt: Readonly<Record<Profile, { value: LargePageSpec["breakAt"]; origin: string }>>;
  defragment: { value: number; origin: string };
};

export const backing = () => z.enum(BACKINGS, { error: "never, auto or always" });

export const largePagesMap = z.strictObject({
  backing: backing()
    .optional()
    .describe(
      "never; auto: where a whole block is free and memory is plentiful; always: where a whole block is free. auto if absent.",
    ),
  breakAt: z
    .enum(BREAK_STATES)
    .optional()
    .describe(
      "Large pages are broken for sharing when free memory falls below what the state high wants, from a worse state on, always, or never. By profile if absent.",
    ),
  defragment: field
    .perSecondOrNone()
    .optional()
    .describe("Pages moved to form large pages again, a host: such as 1000/s, or none; 1000/s if absent."),
});

export const largePages = z.union([backing(), largePagesMap], {
  error: "never, auto or always, or a map with backing, breakAt and defragment",
});

export type GivenLargePages = z.output<typeof largePages> | undefined;

/** Settings as a map: a word alone is the backing. */
export const largeSettings = (given: GivenLargePages): z.output<typeof largePagesMap> =>
  typeof given === "string" ? { backing: given } : (given ?? {});

/**
 * Large pages of a scenario; none if neither the policy nor a VM asks for any, so that a scenario without them is what it was.
 *
 * @param vms  whether some VM asks for them itself
 */
export function resolveLargePages(
  given: GivenLargePages,
  vms: boolean,
  profile: Profile,
): { readonly largePages?: LargePageSpec } {
  if (given === undefined && !vms) return {};
  const own = largeSettings(given);
  const { backing: absent, breakAt, defragment } = largePageDefaults;
  const spec: LargePageSpec = {
    backing: own.backing ?? (given === undefined ? "never" : absent.value),
    breakAt: own.breakAt ?? breakAt[profile].value,
    defragPagesPerSecond:
      own.defragment === undefined ? defragment.value : own.defragment === "none" ? 0 : own.defragment,
  };
  return spec.backing === "never" && !vms ? {} : { largePages: spec };
}

/** Whether a VM of the text asks for large pages by itself. */
export function asksForLarge({ vms }: ParsedScenario): boolean {
  return vms.some((vm) => vm.largePages !== undefined && vm.largePages !== "never");
}
