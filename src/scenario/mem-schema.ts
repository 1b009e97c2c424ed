/** Shape of what a scenario says about memory: controls, devices, guests that manage theirs, reclaiming, sampling. */
import * as z from "zod";
import * as field from "./fields.ts";
import { harvest } from "./harvest.ts";
import { backing, largePages } from "./large-pages.ts";
import { mmu } from "./mmu.ts";

const hour = 3_600_000_000_000;
const swapKinds = ["hdd", "ssd", "nvme", "remote"] as const;
const diskKinds = ["hdd", "ssd", "nvme"] as const;

export const shares = z
  .union([z.enum(["low", "normal", "high"]), field.whole(1, 2 ** 32 - 2)], {
    error: "a whole number, or low, normal or high",
  })
  .describe("A whole number for the whole VM or pool, or low, normal or high for each configured MB.");

export const controls = z.strictObject({
  shares: shares.optional().describe("Weight among its siblings: 1 … 4294967294, or low, normal, high."),
  reservation: field
    .memoryOrNone()
    .optional()
    .describe("Machine memory that it can always have: a size, or percent of the VM's; none if absent."),
  limit: field
    .memoryOrNone()
    .optional()
    .describe("Never more: a size, or percent of the VM's memory. If absent, the VM's memory; pools: none."),
});

/** What a device may be told of itself. */
const deviceShape = {
  read: field.ns().optional().describe("Time until the first byte of a read; by kind if absent."),
  write: field.ns().optional().describe("Time until the first byte of a write; by kind if absent."),
  bandwidth: field.bytesPerSecond().optional().describe("Such as 500MB/s or 10Gbit/s; by kind if absent."),
};

export const swapMap = z.strictObject({
  kind: z.enum(swapKinds).optional().describe("Class of the device; ssd if absent."),
  size: field
    .somePages()
    .optional()
    .describe("Size of the swap file; as large as its VMs' memory if absent."),
  ...deviceShape,
});

export const swap = z.union([z.enum([...swapKinds, "none"]), swapMap], {
  error: "hdd, ssd, nvme, remote or none, or a map",
});

export const diskMap = z.strictObject({
  kind: z.enum(diskKinds).optional().describe("Class of the device; hdd if absent."),
  ...deviceShape,
});

export const disk = z.union([z.enum(diskKinds), diskMap], { error: "hdd, ssd or nvme, or a map" });

export const balloonMap = z.strictObject({
  max: field
    .ppm()
    .optional()
    .describe("Part of the VM's memory that the balloon takes at the most; 65 % if absent."),
  rate: field
    .perSecond()
    .optional()
    .describe("Pages per time, such as 8192/s, in and out; 8192/s if absent."),
});

export const balloon = z.union([z.literal("none"), balloonMap], {
  error: "a map with max and rate, or none",
});

export const free = z.strictObject({
  min: field.someMemory().optional().describe("Allocations wait below it; 0.4 %, at least 64KiB, if absent."),
  low: field.someMemory().optional().describe("Reclaiming begins below it; 1 %, at least 96KiB, if absent."),
  high: field
    .someMemory()
    .optional()
    .describe("Reclaiming goes on up to it; 1.5 %, at least 128KiB, if absent."),
});

const osKinds = ["linux", "windows"] as const;

export const osMap = z.strictObject({
  kind: z
    .enum(osKinds)
    .describe("linux touches little when it boots; windows writes zeroes to all of memory."),
  boot: field
    .someNs()
    .optional()
    .describe("Length of the boot: no workload and no balloon driver until then; by kind if absent."),
  bootZeroes: z
    .boolean()
    .optional()
    .describe(
      "Whether booting writes zeroes to all of memory; false for linux, true for windows, if absent.",
    ),
  kernel: field
    .someMemory()
    .optional()
    .describe("Kernel and its tables: a size, or percent of the VM's memory; by kind and memory if absent."),
  kernelCommon: field
    .ppm()
    .optional()
    .describe("Part of the kernel that equal systems have in common; 60 % if absent."),
  zeroThread: field
    .perSecondOrNone()
    .optional()
    .describe("Pages that an idle guest zeroes per time, or none; by kind if absent."),
  swap: field
    .memoryOrNone()
    .optional()
    .describe("Swap space of the guest: a size, or percent of its memory; as large as that if absent."),
  free: free.optional().describe("Free memory that the guest keeps."),
});

export const os = z.union([z.enum(osKinds), osMap], { error: "linux or windows, or a map with kind" });

export const tax = () => field.ppmWithin(0, 990_000, "0 % to 99 %");

export const compression = z.strictObject({
  cache: field
    .ppm()
    .optional()
    .describe("Compressed pages of a VM at the most, of its memory; 10 % if absent."),
  quarter: field
    .ppm()
    .optional()
    .describe("Contents held as ids: part that shrinks to a quarter or less; 20.6 % if absent."),
  half: field
    .ppm()
    .optional()
    .describe(
      "Contents held as ids: part that shrinks to a half or less, those to a quarter among them; 66.2 % if absent.",
    ),
});

export const reclaimMap = z.strictObject({
  every: field
    .nsWithin(1_000_000, hour, "1 ms to 1 h")
    .optional()
    .describe("How often hosts walk towards their targets; 100 ms if absent."),
  balloon: z.boolean().optional().describe("Whether balloons are used; true if absent."),
  shareFirst: z
    .boolean()
    .optional()
    .describe("Whether pages are offered for sharing before they are paged out; true if absent."),
  cluster: field.whole(1, 256).optional().describe("Pages of one write to the swap device; 16 if absent."),
  compression: z
    .union([z.literal("none"), compression], { error: "a map with cache, quarter and half, or none" })
    .optional()
    .describe("Compression cache; none for esx2 if absent."),
  states: z
    .enum(["fixed", "min-free", "min-free-5"])
    .optional()
    .describe(
      "Free memory at which states begin: 6/4/2/1 % of memory, parts of the sliding minimum, or these with clear. By profile if absent.",
    ),
  hysteresis: field
    .ppmWithin(0, 100_000, "0 % to 10 %")
    .optional()
    .describe("A better state begins this part of memory above its threshold; 0.5 % if absent."),
});

export const samplingMap = z.strictObject({
  every: field
    .nsWithin(1_000_000, 24 * hour, "1 ms to 24 h")
    .optional()
    .describe("Period in time that the VM is on; 30 s for esx2, else 60 s, if absent."),
  pages: field.whole(1, 10_000).optional().describe("Pages watched per VM and period; 100 if absent."),
  slow: field.ppm().optional().describe("Part of the slow average that stays each period; 75 % if absent."),
  fast: field.ppm().optional().describe("Part of the fast average that stays each period; 25 % if absent."),
  min: field.ppm().optional().describe("Estimates are at least this part; 1 % if absent."),
});

const cost = (what: string, absent: string) =>
  field.nsWithin(0, hour, "0 to 1 h").optional().describe(`${what}; ${absent} if absent.`);

export const costs = z.strictObject({
  map: cost("Processor time of a page that is mapped", "1 us"),
  zero: cost("Of one that is zeroed", "1 us"),
  copy: cost("Of one that is copied on a write", "2 us"),
  zip: cost("Of one that is compressed", "20 us"),
  unzip: cost("Of one that is decompressed", "20 us"),
});

/** Keys of the memory policy beside its name, period and sharing. */
export const policyShape = {
  idleTax: tax()
    .optional()
    .describe("Part of an idle page's worth that is taxed away, 0 % to 99 %; 75 % if absent."),
  reclaim: z
    .union([z.literal("none"), reclaimMap], { error: "a map of settings, or none" })
    .optional()
    .describe("How hosts take memory back; none: never."),
  sampling: z
    .union([z.literal("none"), samplingMap], { error: "a map of settings, or none" })
    .optional()
    .describe("How active memory is estimated; none: never."),
  costs: costs.optional().describe("What happens to a page costs its guest processor time."),
  largePages: largePages
    .optional()
    .describe("VMs are backed by pages of 2 MiB: never, auto, always, or a map; never if absent."),
};

/** Keys of VMs. */
export const vmShape = {
  mem: controls.optional().describe("Memory shares, reservation and limit."),
  idleTax: tax().optional().describe("Idle memory tax of its own, 0 % to 99 %; the policy's if absent."),
  overhead: field
    .pages()
    .optional()
    .describe("Machine memory that the hypervisor needs for it while it is on; 0 if absent."),
  balloon: balloon.optional().describe("Balloon driver of a guest with an os; none: it has no driver."),
  os: os.optional().describe("The guest manages its memory; the workload accesses physical pages if absent."),
  disk: disk.optional().describe("Disk of a guest with an os; hdd if absent."),
  largePages: backing()
    .optional()
    .describe("Backed by pages of 2 MiB: never, auto or always; as the policy says if absent."),
  mmu: mmu
    .optional()
    .describe(
      "Accesses go through page tables and a TLB: native, shadow, nested, or a map; free of cost if absent.",
    ),
  harvest: harvest
    .optional()
    .describe("Pages that it writes and accesses are counted period by period; not if absent."),
};
