// Goal: every unit reads to the right number and back, and what is no quantity says what was expected.
// Method: one row a unit, by hand; properties for the way back.
import fc from "fast-check";
import { expect, test } from "vitest";
import * as format from "../../src/scenario/format.ts";
import * as units from "../../src/scenario/units.ts";

test.each([
  [units.parseBytes, "0", 0],
  [units.parseBytes, "7B", 7],
  [units.parseBytes, "1KiB", 1024],
  [units.parseBytes, "2 MiB", 2 << 20],
  [units.parseBytes, " 1.5GiB ", 1_610_612_736],
  [units.parseBytes, "3TiB", 3 * 2 ** 40],
  [units.parseBytes, "2kB", 2000],
  [units.parseBytes, "512MB", 512_000_000],
  [units.parseBytes, "+4GB", 4e9],
  [units.parseBytes, "1TB", 1e12],
  [units.parsePages, "4KiB", 1],
  [units.parsePages, "512MiB", 131_072],
  [units.parsePages, "8GB", 1_953_125],
  [units.parseNs, "5ns", 5],
  [units.parseNs, "1.5us", 1500],
  [units.parseNs, "2µs", 2000],
  [units.parseNs, "80ms", 80_000_000],
  [units.parseNs, "0.1 s", 100_000_000],
  [units.parseNs, "10min", 600_000_000_000],
  [units.parseNs, "1.5h", 5_400_000_000_000],
  [units.parseNs, "2d", 172_800_000_000_000],
  [units.parsePpm, "30%", 300_000],
  [units.parsePpm, "0.0001 %", 1],
  [units.parsePpm, "100%", 1_000_000],
  [units.parseMhz, "2600MHz", 2600],
  [units.parseMhz, "2.6GHz", 2600],
  [units.parsePerSecond, "200/s", 200],
  [units.parsePerSecond, "50 pages/s", 50],
  [units.parsePerSecond, "4000pages/s", 4000],
  [units.parsePerSecond, "120/min", 2],
  [units.parsePerSecond, "2/ms", 2000],
])("%o reads %s as %d", (parse, text, value) => {
  expect(parse(text)).toBe(value);
});

test("slow rates keep a grain of one in 1000 s", () => {
  expect(units.readPerKs("1000/s")).toBe(1_000_000);
  expect(units.readPerKs("12/min")).toBe(200);
  expect(units.readPerKs("1/min")).toBe(17);
  expect(units.readPerKs("4/h")).toBe(1);
  expect(units.readPerKs("1/h")).toEqual({ expected: "at least 0.001/s" });
});

test.each([
  [units.parseBytes, "8", "expected a size with a unit, such as 512MiB, got 8"],
  [units.parseBytes, "GiB", "expected a size with a unit, such as 512MiB, got GiB"],
  [units.parseBytes, "", "expected a size with a unit, such as 512MiB, got "],
  [
    units.parseBytes,
    "512mb",
    "expected a size with a unit, such as 512MiB, got 512mb; did you mean MiB or MB?",
  ],
  [units.parseBytes, "8G", "expected a size with a unit, such as 512MiB, got 8G; did you mean GiB or GB?"],
  [
    units.parseBytes,
    "8 pints",
    "expected a size with a unit, such as 512MiB, got 8 pints; units are B KiB MiB GiB TiB kB MB GB TB",
  ],
  [units.parseBytes, "-1GiB", "expected a size of 0 or more, got -1GiB"],
  [units.parseBytes, "NaNGiB", "expected a size with a unit, such as 512MiB, got NaNGiB"],
  [units.parseBytes, "InfinityB", "expected a size with a unit, such as 512MiB, got InfinityB"],
  [units.parseBytes, "9000TiB", "expected at most 8191 TiB, got 9000TiB"],
  [units.parseBytes, "0.5B", "expected a whole number of bytes, got 0.5B"],
  [
    units.parseBytes,
    "999999999999999999999999GiB",
    "expected a size of at most 20 digits, got 999999999999999999999999GiB",
  ],
  [units.parsePages, "100kB", "expected whole pages of 4 KiB, got 100kB; the next below is 96KiB"],
  [units.parsePages, "0.5B", "expected whole pages of 4 KiB, got 0.5B"],
  [units.parsePages, "1B", "expected whole pages of 4 KiB, got 1B; the least is 4KiB"],
  [units.parseNs, "10", "expected a time with a unit, such as 90s, got 10"],
  [
    units.parseNs,
    "10sec",
    "expected a time with a unit, such as 90s, got 10sec; units are ns us µs ms s min h d",
  ],
  [units.parseNs, "0.1ns", "expected a whole number of nanoseconds, got 0.1ns"],
  [units.parseNs, "200d", "expected at most 104 d, got 200d"],
  [units.parsePpm, "101%", "expected at most 100%, got 101%"],
  [units.parsePpm, "0.5", "expected a percentage with a unit, such as 30%, got 0.5"],
  [units.parsePpm, "0.00001%", "expected a percentage with at most 4 decimals, got 0.00001%"],
  [units.parseMhz, "2THz", "expected a frequency with a unit, such as 2600MHz, got 2THz; units are MHz GHz"],
  [units.parsePerSecond, "200", "expected a rate with a unit, such as 200/s, got 200"],
  [units.parsePerSecond, "1/min", "expected a whole number per second, got 1/min"],
  [units.parsePerSecond, "2000000/ms", "expected at most 1000000/ms, got 2000000/ms"],
])("%o refuses %s", (parse, text, message) => {
  expect(() => parse(text)).toThrow(new RangeError(message));
});

test("reports round to one decimal", () => {
  expect(format.formatBytes(1_610_612_736)).toBe("1.5 GiB");
  expect(format.formatBytes(2 ** 30 - 1)).toBe("1 GiB");
  expect(format.formatBytes(100)).toBe("100 B");
  expect(format.formatBytes(-4096)).toBe("-4 KiB");
  expect(format.formatPages(131_072)).toBe("512 MiB");
  expect(format.formatNs(90e9)).toBe("1.5 min");
  expect(format.formatNs(0)).toBe("0 ns");
  expect(format.formatMhz(2600)).toBe("2.6 GHz");
  expect(format.formatCount(1_048_576)).toBe("1 048 576");
  expect(format.formatCount(-1234.5)).toBe("-1 234.5");
  expect(format.formatPpm(328_613)).toBe("32.9 %");
  expect(format.formatFraction(0.5)).toBe("50 %");
  expect(format.formatFraction(0 / 0)).toBe("-");
  expect(format.formatRate(undefined)).toBe("none");
  expect(format.formatRate(1024)).toBe("1 024/s");
});

const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });

test("property: what is written exactly is read back", () => {
  fc.assert(fc.property(safe, (bytes) => units.parseBytes(format.writeBytes(bytes)) === bytes));
  fc.assert(fc.property(safe, (ns) => units.parseNs(format.writeNs(ns)) === ns));
  fc.assert(fc.property(fc.nat({ max: 1e6 }), (ppm) => units.parsePpm(format.writePpm(ppm)) === ppm));
  fc.assert(fc.property(fc.nat({ max: 1e12 }), (rate) => units.readPerKs(format.writePerKs(rate)) === rate));
  expect(format.writeBytes(1_610_612_736)).toBe("1.5GiB");
  expect(format.writePages(131_072)).toBe("512MiB");
  expect(format.writeNs(600e9)).toBe("10min");
});

test("property: readers never throw, and speak no regex", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?\d*\.?\d* ?[a-zA-Z%/]{0,4}$/)), (text) => {
      for (const read of [
        units.readBytes,
        units.readPages,
        units.readNs,
        units.readPpm,
        units.readMhz,
        units.readPerSecond,
      ]) {
        const reading = read(text);
        if (typeof reading === "number") expect(Number.isSafeInteger(reading) && reading >= 0).toBe(true);
        else expect(reading.expected).not.toMatch(/[\\^$]/);
      }
    }),
  );
});
