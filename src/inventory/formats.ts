/** All inventory formats, and which of them a file is. */
import type { Head } from "../demand/index.ts";
import { domstats } from "./domstats.ts";
import type { InventoryFormat, InventoryPart } from "./format.ts";
import { instanceTypes } from "./instance-types.ts";
import { libvirt } from "./libvirt.ts";
import { openb } from "./openb.ts";
import { rvtools } from "./rvtools.ts";
import { workbook } from "./workbook.ts";

const FORMATS = [workbook, rvtools, libvirt, domstats, openb, instanceTypes] as const;

/** Names of the formats that `readEstate` reads, with a few words on each. */
export const INVENTORY_FORMATS: readonly { readonly name: string; readonly about: string }[] = FORMATS.map(
  ({ name, about }) => ({ name, about }),
);

export function inventoryFormat(name: string): InventoryFormat | undefined {
  return FORMATS.find((format) => format.name === name);
}

/** Which part of which format a file is; undefined: none of these. */
export function sniffInventory(
  head: Head,
  only?: string,
): { readonly format: InventoryFormat; readonly part: InventoryPart } | undefined {
  for (const format of FORMATS) {
    if (only !== undefined && format.name !== only) continue;
    const part = format.parts.find((one) => one.matches(head));
    if (part !== undefined) return { format, part };
  }
  return undefined;
}
