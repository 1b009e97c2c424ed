/** All trace formats, and which of them a file is. */
import { alibaba2018, alibabaMemory } from "./alibaba.ts";
import { azure } from "./azure.ts";
import { bitbrains } from "./bitbrains.ts";
import { esxtop } from "./esxtop.ts";
import type { DemandFormat, Head, Part } from "./format.ts";
import { google2011, google2019 } from "./google.ts";
import { opendc } from "./opendc.ts";
import { own } from "./own.ts";
import { azurePacking } from "./packing.ts";
import { googleVms, planetlab } from "./planetlab.ts";

/** Those with headers first: what has none is told by its numbers. */
const FORMATS = {
  ballast: own,
  esxtop,
  bitbrains,
  "google-2011-vms": googleVms,
  "google-2019": google2019,
  "azure-packing": azurePacking,
  opendc,
  "alibaba-memory": alibabaMemory,
  "alibaba-2018": alibaba2018,
  azure,
  "google-2011": google2011,
  planetlab,
} as const satisfies Readonly<Record<string, DemandFormat>>;

export type DemandFormatName = keyof typeof FORMATS;

/** Names of the formats that `readDemand` reads. */
export const DEMAND_FORMATS = Object.keys(FORMATS) as readonly DemandFormatName[];

export function demandFormat(name: DemandFormatName): DemandFormat {
  return FORMATS[name];
}

/** Which part of which format a file is; undefined: none of these. */
export function sniffDemand(
  head: Head,
  only?: DemandFormatName,
): { readonly format: DemandFormatName; readonly part: Part } | undefined {
  for (const format of only === undefined ? (Object.keys(FORMATS) as DemandFormatName[]) : [only]) {
    const part = FORMATS[format].parts.find((one) => one.matches(head));
    if (part !== undefined) return { format, part };
  }
  return undefined;
}
