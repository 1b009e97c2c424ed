/** What is asked for: one VM, a link, a rule, as words and as numbers; and what comes out. */
import type { NetworkPlan } from "./announce.ts";
import type { Dirtying } from "./dirtying.ts";
import type { GuestPlan, Tracking } from "./guest.ts";
import type { Failure, MigrationOutcome, Phase } from "./phases.ts";
import type { StoragePlan } from "./storage.ts";

export const modes = ["stop-and-copy", "pre-copy", "post-copy", "hybrid"] as const;
export type MigrationMode = (typeof modes)[number];

export const ruleNames = ["qemu", "clark", "vmotion", "xen", "remaining"] as const;
export type RuleName = (typeof ruleNames)[number];

/** Words with a unit (`200Mbit/s`), or a number in the unit that stands behind each. */
type Amount = string | number;

/**
 * One migration, as asked for. The names are those of the options of `ballast migrate`.
 *
 * Throws MigrationError, from `planMigration`, for what cannot be planned.
 */
export interface MigrationOptions {
  /** All memory of the VM, video and ROM too; bytes. */
  readonly memory: Amount;
  /** How much of it is zero; bytes, none if absent. Rule qemu sends 9 bytes for such a page, the others nothing. */
  readonly zero?: Amount;
  /** What the guest writes to; bytes. Absent: what is not zero. */
  readonly workingSet?: Amount;
  /** Pages written per second, or bytes per second as `60MiB/s`; none if absent. */
  readonly dirtyRate?: Amount;
  /** `cyclic` if absent. */
  readonly pattern?: string;
  /** Measured distinct pages over windows, instead of a rate and a pattern. */
  readonly curve?: readonly { readonly seconds: number; readonly pages: number }[];
  /** Any other way to dirty, instead of all of these; such as a trace's. */
  readonly dirtying?: Dirtying;
  /** Bounds beside it; plans of both stand in `band`, and what is dirtied at most counts where `dirtying` is absent. */
  readonly dirtyingBand?: { readonly low: Dirtying; readonly high: Dirtying };
  /** What the migration may use; bit/s. */
  readonly bandwidth: Amount;
  /** What the link carries once rule qemu lifts its cap, for the last part; bit/s. Absent: the bandwidth. */
  readonly link?: Amount;
  /** For rule qemu and remaining; ns, 300 ms if absent. */
  readonly downtimeLimit?: Amount;
  /** One, or several, or `pre-copy,post-copy`; all four if absent. */
  readonly mode?: string | readonly string[];
  /** `qemu` if absent. */
  readonly rule?: string;
  /** For rule remaining: pre-copy ends with at most so much left; bytes. Absent: bandwidth × downtimeLimit. */
  readonly threshold?: Amount;
  /** Pre-copy ends when a round leaves more than this part of what the round before left; ppm. */
  readonly ratio?: Amount;
  /** At most so many rounds of pre-copy; in mode hybrid those before the switch, 1 if absent. */
  readonly rounds?: Amount;
  /** Rule clark: the first round's rate, the highest, what is added to the dirty rate; bit/s: 100, 500 and 50 Mbit/s. */
  readonly rateMin?: Amount;
  readonly rateMax?: Amount;
  readonly rateStep?: Amount;
  /** Rule qemu: slow the guest down when it dirties half as fast as is sent. */
  readonly autoConverge?: boolean;
  /** Round trip; ns, none if absent. */
  readonly latency?: Amount;
  /** Announcing the new place, redirecting disks; ns, none if absent. Part of the downtime. */
  readonly switchover?: Amount;
  /** Registers and devices, sent while the guest stands still; bytes, none if absent. */
  readonly deviceState?: Amount;
  /** Rule qemu: most that a vCPU may write; pages per second, or bytes per second as `10MiB/s`. */
  readonly dirtyLimit?: Amount;
  /** Between which the dirty rate is spread evenly; 1 if absent. */
  readonly vcpus?: Amount;
  /** So many writing processes are parked, each after 40 write faults, until the end; all that is dirtied is theirs. */
  readonly stun?: Amount;
  /** Handed back by the guest before the first round; bytes, none if absent. */
  readonly freed?: Amount;
  /** Pages sent again go as XBZRLE deltas of this mean size; bytes. Absent: whole. */
  readonly xbzrle?: Amount;
  /** What the source remembers of sent pages; bytes, 64 MiB if absent. Pages beyond it go whole. */
  readonly xbzrleCache?: Amount;
  /** What compression leaves of a page; ppm, all if absent. */
  readonly compressed?: Amount;
  /** Connections, each no faster than `channelRate`; 1 if absent. */
  readonly channels?: Amount;
  /** Bit/s; no limit if absent. */
  readonly channelRate?: Amount;
  /** The guest's own traffic on the same link, max-min fair; bit/s, none if absent. */
  readonly guestTraffic?: Amount;
  /** How dirty pages are found; `write-protection` if absent. Costs the guest, not the migration. */
  readonly tracking?: string;
  /** Post-copy: pushes around the last fault, else in the order of memory; true if absent. */
  readonly bubbling?: boolean;
  /** After which the guest's clients give up; ns. */
  readonly clientTimeout?: Amount;
  /** A disk that is not shared: it goes over first, and what is written to it is mirrored; bytes, none if absent. */
  readonly disk?: Amount;
  /** Written to it; bit/s (or `20MB/s`), nothing if absent. */
  readonly diskWrites?: Amount;
  /** How fast it can be read and written; bit/s, as fast as the link if absent. */
  readonly diskRate?: Amount;
  /** Of the memory, what the source's host has swapped out; bytes, none if absent. Read and sent, unless `swapShared`. */
  readonly swapped?: Amount;
  /** How fast it is read; bit/s, as fast as the link if absent. */
  readonly swapRate?: Amount;
  /** Whether the swap file is on storage that both hosts have: swapped pages go as references of 16 bytes. */
  readonly swapShared?: boolean;
  /** Of the memory, pages whose content another of these has too; bytes, none if absent. */
  readonly shared?: Amount;
  /** Distinct contents among them: each goes over once, the others as references; bytes, all if absent. */
  readonly distinct?: Amount;
  /** Cores that sending takes, per Gbit/s; percent of a core, 10 % if absent. */
  readonly sendCpu?: Amount;
  /** Cores that are free on the host; percent of a core, enough if absent. Beyond them sending takes the guest's. */
  readonly spareCpu?: Amount;
  /** Sent to the guest over the network; packets per second. */
  readonly packets?: Amount;
  /** Of the announcements of the new place, the first so many are lost; none if absent. */
  readonly lostAnnouncements?: Amount;
  /** What fails: `source`, `destination` or `link`. */
  readonly fail?: string;
  /** When, from the start; ns. */
  readonly failAt?: Amount;
  /** The plan is given up then; ns. Absent: when it no longer gets better. */
  readonly giveUp?: Amount;
}

/** A migration as numbers: pages, seconds, bytes per second. */
export interface Migration {
  readonly memoryPages: number;
  readonly zeroPages: number;
  readonly dirtying: Dirtying;
  readonly bytesPerS: number;
  readonly linkBytesPerS: number;
  readonly downtimeLimitS: number;
  readonly modes: readonly MigrationMode[];
  readonly rule: RuleName;
  readonly thresholdBytes: number;
  /** Infinity: no such rule. */
  readonly ratio: number;
  /** Infinity: no such limit. */
  readonly roundsMax: number;
  readonly rateMin: number;
  readonly rateMax: number;
  readonly rateStep: number;
  readonly autoConverge: boolean;
  readonly latencyS: number;
  readonly switchoverS: number;
  readonly deviceBytes: number;
  /** Pages per second that the whole guest may write; Infinity: no limit. */
  readonly dirtyLimit: number;
  readonly vcpus: number;
  /** The guest's time at which all its writers are parked; Infinity: never. */
  readonly stunnedAtS: number;
  /** Of a normal page on the wire without its header, sent for the first time and again. */
  readonly pageBytesFirst: number;
  readonly pageBytesAgain: number;
  readonly trafficBytesPerS: number;
  readonly tracking: Tracking;
  readonly bubbling: boolean;
  /** Infinity: not asked. */
  readonly clientTimeoutS: number;
  /** Pages that go as references: their content is there already, or can be read there. */
  readonly referencePages: number;
  /** Seconds for which the first pass waits for pages that are read from swap, beyond what sending them takes. */
  readonly swapWaitS: number;
  readonly diskBytes: number;
  readonly diskWritesPerS: number;
  /** At which the disk's pass goes, writes to it included. */
  readonly diskBytesPerS: number;
  /** Per Gbit/s. */
  readonly sendCores: number;
  /** Infinity: enough. */
  readonly spareCores: number;
  /** 0: not known. */
  readonly packetsPerS: number;
  readonly unheard: number;
  readonly failure?: { readonly what: Failure; readonly atNs: number };
  /** Infinity: never. */
  readonly giveUpS: number;
  /** How far rule qemu looks: at the bitmap, and at where a cyclic writer may stand. */
  readonly effort: { readonly looks: number; readonly phases: number };
}

/** One round of pre-copy. Pages and bytes may be fractions: the model is fluid. */
export interface MigrationRound {
  /** Sent in it. */
  readonly pages: number;
  readonly bytes: number;
  readonly ns: number;
  /** Distinct pages that the guest wrote meanwhile. */
  readonly dirtiedPages: number;
  /** How much the guest was slowed down; ppm. */
  readonly throttlePpm: number;
  /** The guest's throughput meanwhile, of the undisturbed one; ppm. */
  readonly guestPpm?: number;
}

/** One mode's answer. */
export interface ModePlan {
  readonly mode: MigrationMode;
  /** Whether it ends by its rule's aim; a pre-copy that does not is costed as if the guest were stopped then. */
  readonly converged: boolean;
  readonly reason: string;
  /** From the first byte to the guest's memory being whole on the destination. */
  readonly totalNs: number;
  /** In which the guest stands still. */
  readonly downtimeNs: number;
  /** What is left at the last look, over the bandwidth, as QEMU expects it. */
  readonly expectedDowntimeNs: number;
  readonly bytesSent: number;
  /** Sent in full, each time counted. */
  readonly normalPages: number;
  readonly zeroPages: number;
  /** Rounds of pre-copy. Under rule qemu one per look at the dirty bitmap while the guest runs. */
  readonly rounds: readonly MigrationRound[];
  /** What is sent while the guest stands still. */
  readonly stopCopy: { readonly pages: number; readonly bytes: number; readonly ns: number };
  readonly guest: GuestPlan;
  /** One behind the other, from 0 to the total. */
  readonly phases: readonly Phase[];
  readonly network: NetworkPlan;
  /** Where a disk goes over too. */
  readonly storage?: StoragePlan;
  /** Pages that went as references; absent where there are none. */
  readonly referencePages?: number;
  /** What becomes of the VM, where something is to fail. */
  readonly outcome?: MigrationOutcome;
  /** Looks at the dirty bitmap, the one while it stands still too; QEMU's `dirty sync count`. */
  readonly bitmapLooks: number;
  /** Shortest and longest total, where it hangs on what is not known: where a cyclic writer stands at the start. */
  readonly totalNsBetween?: readonly [number, number];
  /** What to change, in a sentence; absent where nothing has to be. */
  readonly advice?: string;
}

/** Answers for one VM, mode by mode, in the order asked for. */
export interface MigrationPlan {
  readonly rule: RuleName;
  readonly memoryPages: number;
  readonly bandwidthBitsPerS: number;
  readonly modes: readonly ModePlan[];
  /** The same where the guest dirties least, and most; absent where that is known. */
  readonly band?: { readonly low: readonly ModePlan[]; readonly high: readonly ModePlan[] };
}
