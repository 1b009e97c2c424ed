/** Words to numbers: reads a migration that is asked for, with all its faults at once. */
import { nearest } from "../scenario/nearest.ts";
import {
  pageBytes,
  type Reading,
  readBitsPerSecond,
  readBytes,
  readNs,
  readPerKs,
  readPpm,
} from "../scenario/units.ts";
import { curved, type Dirtying, endingAt, idle, patterned, patterns, timeUntil } from "./dirtying.ts";
import { MigrationError, type MigrationFault } from "./fault.ts";
import { formatBits } from "./format-bits.ts";
import { trackings } from "./guest.ts";
import { type Migration, type MigrationMode, type MigrationOptions, modes, ruleNames } from "./migration.ts";
import { failureNames } from "./phases.ts";
import { shareLink } from "./share.ts";

const known: ReadonlySet<string> = new Set<keyof MigrationOptions>([
  "memory",
  "zero",
  "workingSet",
  "dirtyRate",
  "pattern",
  "curve",
  "dirtying",
  "dirtyingBand",
  "bandwidth",
  "link",
  "downtimeLimit",
  "mode",
  "rule",
  "threshold",
  "ratio",
  "rounds",
  "rateMin",
  "rateMax",
  "rateStep",
  "autoConverge",
  "latency",
  "switchover",
  "deviceState",
  "giveUp",
  "dirtyLimit",
  "vcpus",
  "stun",
  "freed",
  "xbzrle",
  "xbzrleCache",
  "compressed",
  "channels",
  "channelRate",
  "guestTraffic",
  "tracking",
  "bubbling",
  "clientTimeout",
  "disk",
  "diskWrites",
  "diskRate",
  "swapped",
  "swapRate",
  "swapShared",
  "shared",
  "distinct",
  "sendCpu",
  "spareCpu",
  "packets",
  "lostAnnouncements",
  "fail",
  "failAt",
]);
const fullEffort: Migration["effort"] = { looks: 1000, phases: 8 };
/** A writer is parked at its 40th write fault. */
const STUN_FAULTS = 40;

/**
 * Reads a migration.
 *
 * Throws MigrationError with every fault.
 */
export function resolveMigration(options: MigrationOptions): Migration {
  const faults: MigrationFault[] = [];
  const reader = new Reader(options, faults);
  const memory = reader.amount("memory", readBytes, Number.NaN, 1);
  const freed = reader.amount("freed", readBytes, 0);
  const zero = reader.amount("zero", readBytes, 0);
  if (zero > Math.max(0, memory)) reader.fault("zero", "at most the memory", options.zero);
  else if (freed > 0 && freed + zero >= memory)
    reader.fault("freed", "less than what is not zero", options.freed);
  const dirtying = readDirtying(options, reader, { memory: memory - freed, zero });
  const stun = reader.amount("stun", readCount, Infinity, 1);
  const stunnedAtS = stun === Infinity ? Infinity : timeUntil(dirtying, stun * STUN_FAULTS);
  const link = readLink(options, reader);
  const migration: Migration = {
    memoryPages: (memory - freed) / pageBytes,
    zeroPages: zero / pageBytes,
    dirtying: stunnedAtS === Infinity ? dirtying : endingAt(dirtying, stunnedAtS),
    stunnedAtS,
    modes: readModes(options.mode, reader),
    rule: reader.choice("rule", ruleNames, "qemu"),
    ...link,
    ...readContents(options, reader, { memory: memory - freed - zero, bytesPerS: link.bytesPerS }),
    ...readFailure(options, reader),
    sendCores: reader.amount("sendCpu", readCorePpm, 1e5) / 1e6,
    spareCores: reader.amount("spareCpu", readCorePpm, Infinity) / 1e6,
    packetsPerS: reader.amount("packets", readPacketsPerSecond, 0),
    unheard: reader.amount("lostAnnouncements", readCount, 0),
    ...readLimits(options, reader, link.bytesPerS),
    ...readPages(reader, dirtying),
    latencyS: reader.amount("latency", readNs, 0) / 1e9,
    switchoverS: reader.amount("switchover", readNs, 0) / 1e9,
    deviceBytes: reader.amount("deviceState", readBytes, 0),
    tracking: reader.choice("tracking", trackings, "write-protection"),
    bubbling: options.bubbling !== false,
    clientTimeoutS: reader.amount("clientTimeout", readNs, Infinity, 1) / 1e9,
    giveUpS: reader.amount("giveUp", readNs, Infinity) / 1e9,
    effort: fullEffort,
  };
  reader.refuseUnknown();
  if (faults.length > 0) throw new MigrationError(faults);
  return migration;
}

type LinkPart =
  | "bytesPerS"
  | "linkBytesPerS"
  | "trafficBytesPerS"
  | "rateMin"
  | "rateMax"
  | "rateStep"
  | "diskBytes"
  | "diskWritesPerS"
  | "diskBytesPerS";

/** Rates in bytes per second: what the migration gets beside the guest's own traffic. */
function readLink(options: MigrationOptions, reader: Reader): Pick<Migration, LinkPart> {
  const bits = reader.amount("bandwidth", readBitsPerSecond, Number.NaN, 1);
  const link = Math.max(bits, reader.amount("link", readBitsPerSecond, bits, 1));
  const channels = reader.amount("channels", readCount, 1, 1);
  const channelRate = reader.amount("channelRate", readBitsPerSecond, Infinity, 1);
  const traffic = reader.amount("guestTraffic", readBitsPerSecond, 0);
  const rateMin = reader.amount("rateMin", readBitsPerSecond, 100e6, 1);
  const rateMax = reader.amount("rateMax", readBitsPerSecond, 500e6, 1);
  if (rateMin > rateMax) reader.fault("rateMin", "at most the highest rate", options.rateMin ?? "100Mbit/s");
  const got = (rate: number): number =>
    shareLink(link, Math.min(rate, channels * channelRate), traffic).migration / 8;
  const disk = reader.amount("disk", readBytes, 0);
  const writes = reader.amount("diskWrites", readBitsPerSecond, 0);
  const diskRate = reader.amount("diskRate", readBitsPerSecond, Infinity, 1);
  if (disk === 0) {
    for (const key of ["diskWrites", "diskRate"] as const) {
      if (options[key] !== undefined) reader.fault(key, "a disk beside it", options[key]);
    }
  }
  const pass = Math.min(got(bits), diskRate / 8);
  if (writes > 0 && writes / 8 >= pass) {
    reader.fault(
      "diskWrites",
      `less than what the disk goes over at, ${formatBits(pass * 8)}`,
      options.diskWrites,
    );
  }
  return {
    // The mirror takes its part until the switch.
    bytesPerS: got(bits) - writes / 8,
    diskBytes: disk,
    diskWritesPerS: writes / 8,
    diskBytesPerS: pass,
    linkBytesPerS: link / 8,
    trafficBytesPerS: traffic / 8,
    rateMin: rateMin / 8,
    rateMax: rateMax / 8,
    rateStep: reader.amount("rateStep", readBitsPerSecond, 50e6) / 8,
  };
}

type LimitPart =
  | "downtimeLimitS"
  | "thresholdBytes"
  | "ratio"
  | "roundsMax"
  | "autoConverge"
  | "dirtyLimit"
  | "vcpus";

/** What need not be sent whole, and what has to be read first. */
function readContents(
  options: MigrationOptions,
  reader: Reader,
  { memory, bytesPerS }: { memory: number; bytesPerS: number },
): Pick<Migration, "referencePages" | "swapWaitS"> {
  const swapped = reader.amount("swapped", readBytes, 0);
  const rate = reader.amount("swapRate", readBitsPerSecond, Infinity, 1) / 8;
  const shared = reader.amount("shared", readBytes, 0);
  const distinct = reader.amount("distinct", readBytes, shared);
  if (distinct > shared) reader.fault("distinct", "at most what is shared", options.distinct);
  else if (shared > 0 && distinct < pageBytes) reader.fault("distinct", "a page or more", options.distinct);
  if (swapped + shared > Math.max(0, memory)) {
    const key = options.swapped === undefined ? "shared" : "swapped";
    reader.fault(key, "at most the memory that is not zero or freed, with what is shared", options[key]);
  }
  const byReference = options.swapShared === true ? swapped : 0;
  return {
    referencePages: (shared - distinct + byReference) / pageBytes,
    swapWaitS: options.swapShared === true ? 0 : Math.max(0, swapped / rate - swapped / bytesPerS),
  };
}

function readFailure(options: MigrationOptions, reader: Reader): Pick<Migration, "failure"> {
  if (options.fail === undefined) {
    if (options.failAt !== undefined) reader.fault("failAt", "what fails beside it (fail)", options.failAt);
    return {};
  }
  const what = reader.choice("fail", failureNames, "link");
  const atNs = reader.amount("failAt", readNs, Number.NaN);
  if (options.failAt === undefined) reader.fault("failAt", "a time beside what fails", "nothing");
  return { failure: { what, atNs } };
}

/** When pre-copy ends, and what holds the guest back. */
function readLimits(
  options: MigrationOptions,
  reader: Reader,
  bytesPerS: number,
): Pick<Migration, LimitPart> {
  const downtimeLimitS = reader.amount("downtimeLimit", readNs, 300e6) / 1e9;
  const vcpus = reader.amount("vcpus", readCount, 1, 1);
  const limit = reader.amount("dirtyLimit", readPagesPerSecond, Infinity, 1);
  if (limit < Infinity && options.autoConverge === true) {
    reader.fault("dirtyLimit", "none beside auto-converge", options.dirtyLimit);
  }
  return {
    downtimeLimitS,
    thresholdBytes: reader.amount("threshold", readBytes, bytesPerS * downtimeLimitS),
    ratio: reader.amount("ratio", readPpm, Infinity) / 1e6,
    roundsMax: reader.amount("rounds", readCount, Infinity),
    autoConverge: options.autoConverge === true,
    dirtyLimit: limit * vcpus,
    vcpus,
  };
}

/** What a page costs the first time, and again as a delta where the cache has it. */
function readPages(
  reader: Reader,
  { hotPages }: Dirtying,
): Pick<Migration, "pageBytesFirst" | "pageBytesAgain"> {
  const part = reader.amount("compressed", readPpm, 1e6, 1) / 1e6;
  const delta = reader.amount("xbzrle", readBytes, pageBytes);
  const cache = reader.amount("xbzrleCache", readBytes, 64 << 20, 1);
  if (delta > pageBytes) reader.fault("xbzrle", `at most a page of ${pageBytes} bytes`, `${delta}`);
  const hit = hotPages > 0 ? Math.min(1, cache / (hotPages * pageBytes)) : 0;
  return { pageBytesFirst: part * pageBytes, pageBytesAgain: hit * delta + (1 - hit) * part * pageBytes };
}

function readDirtying(
  options: MigrationOptions,
  reader: Reader,
  { memory, zero }: { memory: number; zero: number },
): Dirtying {
  const hot = reader.amount("workingSet", readBytes, Number.NaN);
  const rate = reader.amount("dirtyRate", readPagesPerSecond, Number.NaN);
  const pattern = reader.choice("pattern", patterns, "cyclic");
  if (hot > memory) reader.fault("workingSet", "at most the memory", options.workingSet);
  const measured = options.dirtying ?? options.dirtyingBand?.high;
  const given = [measured, options.curve].filter((one) => one !== undefined);
  if (given.length === 0) {
    const hotBytes = Number.isNaN(hot) ? memory - zero : hot;
    return Number.isNaN(rate) ? idle : patterned(pattern, hotBytes / pageBytes, rate);
  }
  for (const name of ["workingSet", "dirtyRate", "pattern"] as const) {
    if (options[name] !== undefined) reader.fault(name, "none beside what was measured", options[name]);
  }
  if (given.length > 1) reader.fault("curve", "none beside another way to dirty", "both");
  const dirtying = measured ?? readCurve(options.curve!, reader);
  if (dirtying.hotPages * pageBytes > memory) {
    reader.fault(
      measured === undefined ? "curve" : "dirtying",
      `at most the memory's ${memory / pageBytes} pages`,
      `${dirtying.hotPages} pages`,
    );
  }
  return dirtying;
}

function readCurve(points: NonNullable<MigrationOptions["curve"]>, reader: Reader): Dirtying {
  let before = { seconds: 0, pages: 0 };
  for (const [index, point] of points.entries()) {
    const isGood = point.seconds > before.seconds && point.pages >= before.pages && point.pages < Infinity;
    if (!isGood) {
      const expected = `more than ${before.seconds} s and at least ${before.pages} pages`;
      reader.fault(`curve[${index}]`, expected, `${point.seconds} s, ${point.pages} pages`);
      return idle;
    }
    before = point;
  }
  if (points.length === 0) reader.fault("curve", "at least one point", "none");
  return curved(points);
}

function readModes(given: MigrationOptions["mode"], reader: Reader): MigrationMode[] {
  if (given === undefined) return [...modes];
  const names = (typeof given === "string" ? given.split(",") : given).map((name) => name.trim());
  const chosen: MigrationMode[] = [];
  for (const name of names) {
    const found = modes.find((mode) => mode === name);
    if (found === undefined) reader.fault("mode", oneOf(name, modes), name);
    else if (!chosen.includes(found)) chosen.push(found);
  }
  if (names.length === 0) reader.fault("mode", oneOf("", modes), "none");
  return chosen;
}

function oneOf(name: string, words: readonly string[]): string {
  const meant = nearest(name, words);
  return `one of ${words.join(", ")}${meant === undefined ? "" : ` (${meant}?)`}`;
}

/** `120%` of a core; ppm. */
function readCorePpm(text: string): Reading {
  const match = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text);
  return match === null ? { expected: "percent of a core, such as 120%" } : Number(match[1]) * 1e4;
}

/** `4000/s`; per second. */
function readPacketsPerSecond(text: string): Reading {
  const perKs = readPerKs(text);
  return typeof perKs === "number" ? perKs / 1000 : perKs;
}

function readCount(text: string): Reading {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : { expected: "a whole number" };
}

/** `4000pages/s`, `12/min`, or memory per second such as `60MiB/s`; pages per second. */
export function readPagesPerSecond(text: string): Reading {
  const bits = /(B|bit)\/s\s*$/.test(text) ? readBitsPerSecond(text) : undefined;
  if (typeof bits === "number") return bits / 8 / pageBytes;
  const perKs = readPerKs(text);
  if (typeof perKs === "number") return perKs / 1000;
  return { ...perKs, expected: `${perKs.expected} or 60MiB/s` };
}

type Key = keyof MigrationOptions;

class Reader {
  readonly #options: MigrationOptions;
  readonly #faults: MigrationFault[];

  constructor(options: MigrationOptions, faults: MigrationFault[]) {
    this.#options = options;
    this.#faults = faults;
  }

  fault(path: string, expected: string, got: unknown): void {
    this.#faults.push({ path, expected, got: got === undefined || got === "" ? "nothing" : String(got) });
  }

  /**
   * An amount in its base unit.
   *
   * @param absent  its value if it is not given; NaN for a key that must be (or is looked at by the caller)
   * @param least   in the base unit
   */
  amount(key: Key, read: (text: string) => Reading, absent: number, least = 0): number {
    const given = this.#options[key];
    if (given === undefined) {
      if (Number.isNaN(absent) && least > 0) this.fault(key, "an amount", "nothing");
      return absent;
    }
    const value = typeof given === "number" ? given : read(String(given));
    if (typeof value !== "number") {
      this.fault(key, value.expected + (value.hint === undefined ? "" : ` (${value.hint})`), given);
      return Number.NaN;
    }
    if (!(value >= 0 && value < Infinity)) this.fault(key, "a number of 0 or more", given);
    else if (value < least) this.fault(key, "more than 0", given);
    return value;
  }

  choice<Word extends string>(key: Key, words: readonly Word[], absent: Word): Word {
    const given = this.#options[key];
    if (given === undefined) return absent;
    const found = words.find((word) => word === given);
    if (found === undefined) this.fault(key, oneOf(String(given), words), given);
    return found ?? absent;
  }

  refuseUnknown(): void {
    for (const key of Object.keys(this.#options)) {
      if (known.has(key)) continue;
      const meant = nearest(key, known);
      this.fault(key, `a known option${meant === undefined ? "" : ` (${meant}?)`}`, "an unknown one");
    }
  }
}
