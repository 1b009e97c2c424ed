// Goal: the administration guide's example, to the MB.
// Method: its three rows; VMs of different sizes by hand; bad input.

import { type HostSizeOptions, hostSize } from "ballast";
import { expect, test } from "vitest";

const MB = 2 ** 20;
const eight: HostSizeOptions = { vms: [{ count: 8, memoryBytes: 512 * MB }] };

test.each([
  [0, 5016, 920],
  [100_000, 4606, 510],
  [250_000, 3992, -104],
])("eight VMs of 512 MB, %i ppm shared: %i MB, overhead %i", (sharedPpm, hostMb, overheadMb) => {
  const size = hostSize({ ...eight, sharedPpm });
  expect(size).toMatchObject({ hostMb, overheadMb, vmBytes: 4096 * MB });
  expect(size.overheadBytes).toBe(size.hostBytes - size.vmBytes);
});

test("to the byte: 24 + 192 + 1.06 x 8 x (512 + 54) = 5015.68 MB", () => {
  expect(hostSize(eight).hostBytes).toBe(Math.ceil(5015.68 * MB));
  expect(hostSize({ vms: [] }).hostBytes).toBe(216 * MB);
});

test("VMs of different sizes, with overheads that are said and that follow from their vCPUs", () => {
  const size = hostSize({
    vms: [
      { memoryBytes: 256 * MB, vcpus: 2 },
      { memoryBytes: 2048 * MB, overheadBytes: 100 * MB },
    ],
    kernelBytes: 0,
    consoleBytes: 0,
    freePpm: 0,
  });
  expect(size).toMatchObject({ hostMb: 2468, overheadMb: 164, overheadBytes: 164 * MB });
});

test.each<[string, HostSizeOptions]>([
  ["vms[0].memoryBytes: expected a number from 0, got -1", { vms: [{ memoryBytes: -1 }] }],
  ["vms[0].count: expected a whole number from 0, got 0.5", { vms: [{ memoryBytes: MB, count: 0.5 }] }],
  ["vms[0].vcpus: expected a whole number from 1, got 0", { vms: [{ memoryBytes: MB, vcpus: 0 }] }],
  ["sharedPpm: expected at most 1000000, got 1000001", { ...eight, sharedPpm: 1_000_001 }],
  ["freePpm: expected a number from 0, got NaN", { ...eight, freePpm: Number.NaN }],
  [
    "vms[0].overheadBytes: expected a number: it is known of VMs of up to 512 MB with one or two vCPUs only, got undefined",
    { vms: [{ memoryBytes: 513 * MB }] },
  ],
])("rejects: %s", (message, options) => {
  expect(() => hostSize(options)).toThrow(new RangeError(message));
});
