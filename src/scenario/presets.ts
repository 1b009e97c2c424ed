/**
 * Named mixes of page contents and named workloads.
 *
 * The numbers are ballast's own round ones. They are published nowhere and measured on no guest; they only keep a first
 * scenario short. Give `zero`, `common` and `unique`, or a real image, where the numbers matter.
 */

/** Parts of an image's pages; they add up to 1 000 000. */
export interface ImagePreset {
  readonly zeroPpm: number;
  readonly commonPpm: number;
  readonly uniquePpm: number;
}

function mix(zero: number, common: number, unique: number): ImagePreset {
  return { zeroPpm: zero * 10_000, commonPpm: common * 10_000, uniquePpm: unique * 10_000 };
}

/** Mixes by name; the name is also the pool that their common contents come from. */
export const imagePresets: Readonly<Record<string, ImagePreset>> = {
  "linux-server": mix(15, 30, 55),
  "linux-desktop": mix(10, 35, 55),
  "windows-server": mix(25, 25, 50),
  "windows-desktop": mix(20, 30, 50),
  database: mix(5, 10, 85),
  "fresh-boot": mix(70, 20, 10),
  zeroed: mix(100, 0, 0),
};

/** A stream of a preset; its range is a part of the VM's memory. */
export interface PresetStream {
  readonly pattern: "uniform" | "zipf" | "sequential" | "hot-cold";
  readonly ratePerKs: number;
  readonly writesPpm: number;
  readonly offsetPpm: number;
  readonly sizePpm: number;
}

function stream(
  pattern: PresetStream["pattern"],
  perSecond: number,
  writesPercent: number,
  [offsetPercent, sizePercent]: readonly [number, number],
): PresetStream {
  return {
    pattern,
    ratePerKs: perSecond * 1000,
    writesPpm: writesPercent * 10_000,
    offsetPpm: offsetPercent * 10_000,
    sizePpm: sizePercent * 10_000,
  };
}

/** Workloads by name. `toucher` walks through all memory and writes, as the one of the OSDI'02 experiments does. */
export const workloadPresets: Readonly<Record<string, readonly PresetStream[]>> = {
  idle: [],
  "web-server": [stream("zipf", 2000, 5, [0, 80]), stream("sequential", 20, 100, [80, 20])],
  database: [stream("hot-cold", 4000, 30, [0, 90]), stream("sequential", 100, 100, [90, 10])],
  toucher: [stream("sequential", 5000, 100, [0, 100])],
};
