// Goal: the seam shows a CPU policy copies, records changes only, and refuses what controls cannot be, applying nothing.
// Method: policies of one line each, against a world of two hosts; the numbers shown against a run that can be reckoned.

import { beforeEach, describe, expect, test } from "vitest";
import type { CpuPolicy, CpuTargets, CpuView } from "../../src/policy/cpu/policy.ts";
import { PolicyError } from "../../src/policy/policy-error.ts";
import { CpuSeam } from "../../src/sim/cpu-seam.ts";
import { simulate } from "../../src/sim/simulate.ts";
import type { World } from "../../src/sim/world.ts";
import { controlColumns, cpuScenario, cpuWorld } from "../support/cpu-worlds.ts";
import { SECOND } from "../support/world.ts";

const VMS = [
  { name: "a", host: "h0", cpu: { shares: 300, reservation: "400MHz", limit: "1GHz" } },
  { name: "b", host: "h0", vcpus: 2 },
  { name: "c", host: "h1" },
];
const HOSTS = [{ cpu: { cores: 2, mhz: 1000 } }, { cpu: { cores: 1, mhz: 2000 } }];

let world: World;
beforeEach(async () => {
  world = await cpuWorld(cpuScenario({ hosts: HOSTS, vms: VMS }));
  runTo(0);
});

const policyOf = (decide: CpuPolicy["decide"]): CpuPolicy => ({ name: "mine", decide });
const decide = (change: CpuPolicy["decide"]) => new CpuSeam(world, policyOf(change)).decide();
/** Runs to a time, through every stop. */
function runTo(untilNs: number, seam?: CpuSeam): void {
  for (;;) {
    const stop = world.advance(untilNs);
    if (stop === "until") return;
    if (stop === "script") seam?.decide();
  }
}

describe("what a policy sees", () => {
  test("one host at a time, controls as the scenario gives them", () => {
    const views: CpuView[] = [];
    const targets: number[][] = [];
    decide((view, own) => {
      views.push(view);
      targets.push([...own.vmShares], [...own.vmReservationMhz], [...own.vmLimitMhz], [own.frequencyPpm]);
    });
    expect(views.map(({ hostName, vmNames }) => [hostName, vmNames])).toEqual([
      ["h0", ["a", "b"]],
      ["h1", ["c"]],
    ]);
    expect(views[0]).toMatchObject({
      atNs: 0,
      elapsedNs: 0,
      capacityMhz: 2000,
      pcpuMhz: 1000,
      pcpus: 2,
      frequencyPpm: 1e6,
      statesPpm: [1e6],
      busyPpm: 0,
    });
    expect([...views[0]!.vmVcpus, ...views[0]!.vmOn]).toEqual([1, 2, 1, 1]);
    expect(targets.slice(0, 4)).toEqual([[300, 2000], [400, 0], [1000, Infinity], [1e6]]);
  });

  test("what was used, waited for and done since it last looked", async () => {
    // One core: a busy VM beside one that runs 4 ms and sleeps 16 ms, which never waits.
    const vms = [
      { name: "busy" },
      { name: "web", workload: { run: "4ms", sleep: "16ms" }, cpu: { shares: 100_000 } },
    ];
    world = await cpuWorld(cpuScenario({ vms, cpu: { wakeupMargin: "0" } }));
    const views: CpuView[] = [];
    const seam = new CpuSeam(
      world,
      policyOf((view) => void views.push(view)),
    );
    runTo(3 * SECOND, seam);
    expect(views.map(({ atNs, elapsedNs }) => [atNs, elapsedNs])).toEqual([
      [0, 0],
      [SECOND, SECOND],
      [2 * SECOND, SECOND],
      [3 * SECOND, SECOND],
    ]);
    const view = views[2]!;
    const [busy, web] = [view.vmNames.indexOf("busy"), view.vmNames.indexOf("web")];
    expect(view.busyPpm).toBe(1e6);
    expect(view.vmUsedMhz[web]! + view.vmUsedMhz[busy]!).toBeCloseTo(2000, 3);
    expect(view.vmUsedMhz[web]!).toBeCloseTo(400, -1);
    expect(view.vmReadyPpm[busy]!).toBeCloseTo(200_000, -4);
    expect(view.vmReadyPpm[web]!).toBeLessThan(10_000);
    expect(view.vmDemandPpm[busy]).toBe(1e6);
    expect(view.vmDemandPpm[web]!).toBeCloseTo(200_000, -4);
    expect(view.vmOperations[web]).toBe(50);
    expect(view.vmOperationsEver[web]).toBe(views[1]!.vmOperations[web]! + 50);
    expect(view.vmLatencyMeanNs[web]!).toBeGreaterThanOrEqual(4e6);
    expect(view.vmLatencyP99Ns[web]!).toBeGreaterThanOrEqual(view.vmLatencyMeanNs[web]!);
    expect([view.vmOperations[busy], view.vmLatencyMeanNs[busy], view.vmLatencyP99Ns[busy]]).toEqual([
      0, -1, -1,
    ]);
  });

  test("p99 is of the operations since, not of all there were", async () => {
    // Starved for a second, alone from then on: the histogram of the run keeps the bad second, the view does not.
    const vms = [
      { name: "hog" },
      { name: "web", workload: { run: "4ms", sleep: "16ms" }, cpu: { shares: 1 } },
    ];
    const events = [{ at: "1s", stop: { vm: "hog" } }];
    world = await cpuWorld(cpuScenario({ vms, events, cpu: { wakeupPreemption: false } }));
    const p99: number[] = [];
    const seam = new CpuSeam(
      world,
      policyOf((view) => void p99.push(view.vmLatencyP99Ns[view.vmNames.indexOf("web")]!)),
    );
    runTo(4 * SECOND, seam);
    expect(p99[0]).toBe(-1);
    expect(p99.at(-1)!).toBeLessThan(4.2e6);
    const row = world.vmRows[1]!;
    expect(world.columns.vmLatencyMaxNs.get(row)).toBeGreaterThan(100e6);
  });

  test("copies: writing to them changes no world", () => {
    const before = world.hash();
    decide((view) => {
      for (const value of Object.values(view)) if (ArrayBuffer.isView(value)) (value as Float64Array).fill(7);
      (view.statesPpm as number[]).push(5);
      (view.options as Record<string, number>).x = 1;
    });
    expect(world.hash()).toBe(before);
    expect(world.scenario.policies.cpu.options).toEqual({});
  });

  test("given controls stay the scenario's while the policy changes them, and follow its events", async () => {
    const events = [{ at: "1500ms", set: { vm: "a", "cpu.shares": 700 } }];
    world = await cpuWorld(cpuScenario({ hosts: HOSTS, vms: VMS, events }));
    const given: number[][] = [];
    const policy = policyOf((view, targets) => {
      if (view.hostName !== "h0") return;
      given.push([view.vmGivenShares[0]!, view.vmGivenReservationMhz[0]!, view.vmGivenLimitMhz[0]!]);
      targets.vmShares[0] = 5000 + given.length;
      targets.vmReservationMhz[0] = 450;
      targets.vmLimitMhz[0] = 500;
    });
    runTo(3 * SECOND, new CpuSeam(world, policy));
    expect(given).toEqual([
      [300, 400, 1000],
      [300, 400, 1000],
      [700, 400, 1000],
      [700, 400, 1000],
    ]);
  });
});

describe("what is done and recorded", () => {
  test("a decision for each VM that changed, with its reason; the columns follow", () => {
    const decisions = decide((view, targets) => {
      if (view.hostName === "h1") return;
      targets.vmShares[0] = 600;
      targets.vmReservationMhz[1] = 1500;
      targets.vmLimitMhz[0] = Infinity;
      targets.because(0, "It is the first.", { place: 1 });
    });
    const entry = { atNs: 0, policy: "mine" };
    expect(decisions).toEqual([
      {
        ...entry,
        row: "vm a",
        inputs: { place: 1 },
        target: { shares: 600, limitMhz: "none" },
        reason: "It is the first.",
      },
      {
        ...entry,
        row: "vm b",
        inputs: {},
        target: { reservationMhz: 1500 },
        reason: "The policy gave no reason.",
      },
    ]);
    const never = (1n << 64n) - 1n;
    expect(controlColumns(world)).toEqual([
      [600, 400_000, never],
      [2000, 1_500_000, never],
      [1000, 0, never],
    ]);
  });

  test("nothing where nothing changed", () => {
    const before = world.hash();
    expect(decide((_, targets) => targets.because(0, "As before."))).toEqual([]);
    expect(world.hash()).toBe(before);
  });

  test("reserve: as much as is admitted, following what the targets hold by then", () => {
    const got: number[] = [];
    decide((view, targets) => {
      if (view.hostName === "h1") return;
      got.push(targets.reserve(0, 1500)); // its limit is 1000
      got.push(targets.reserve(1, 5000)); // 1000 are left
      targets.vmReservationMhz[0] = 300;
      got.push(targets.reserve(1, 1234.5));
    });
    expect(got).toEqual([1000, 1000, 1234.5]);
    expect(controlColumns(world).map(([, ppm]) => ppm)).toEqual([300_000, 1_234_500, 0]);
  });

  test("reserve: pools that are not expandable, and those with a limit, give no more than theirs", async () => {
    const pools = [
      { name: "closed", expandable: false, cpu: { reservation: "300MHz" } },
      { name: "limited", cpu: { limit: "500MHz" } },
    ];
    const vms = [{ name: "a", pool: "closed" }, { name: "b", pool: "limited" }, { name: "c" }];
    world = await cpuWorld(cpuScenario({ vms, pools }));
    runTo(0);
    const got: number[] = [];
    decide((_, targets) => got.push(...[0, 1, 2].map((vm) => targets.reserve(vm, 2000))));
    expect(got).toEqual([300, 500, 1200]);
  });
});

describe("what is refused, with nothing applied", () => {
  const refuse = (change: (targets: CpuTargets) => void, message: RegExp): void => {
    const before = controlColumns(world);
    const act = (): unknown =>
      decide((view, targets) => (view.hostName === "h0" ? change(targets) : undefined));
    expect(act).toThrow(PolicyError);
    expect(act).toThrow(message);
    expect(controlColumns(world)).toEqual(before);
  };

  test.each([Number.NaN, 0, -1, 1.5, 1_000_001, Infinity])("shares of %d", (shares) => {
    refuse((targets) => {
      targets.vmShares[0] = 5;
      targets.vmShares[1] = shares;
    }, /^policy mine at 0 ns, vm b: vmShares: expected a whole number in \[1, 1000000\], got/);
  });

  test.each([Number.NaN, -1, Infinity, 2001])("a reservation of %d", (mhz) => {
    refuse((targets) => {
      targets.vmReservationMhz[1] = mhz;
    }, /vm b: vmReservationMhz: expected MHz from 0 to the host's capacity, 2000, got/);
  });

  test.each([Number.NaN, 0, -5, 1e12])("a limit of %d", (mhz) => {
    refuse((targets) => {
      targets.vmLimitMhz[1] = mhz;
    }, /vm b: vmLimitMhz: expected/);
  });

  test("a limit below the reservation", () => {
    refuse((targets) => {
      targets.vmLimitMhz[0] = 399;
    }, /vm a: vmReservationMhz: expected MHz from 0 to its limit, 399, got 400/);
  });

  test("reservations that do not fit, although each alone would", () => {
    refuse((targets) => {
      targets.vmReservationMhz.set([900, 1200]);
    }, /vm b: vmReservationMhz: not admitted: b needs 1200 MHz; hosts.h0 has 1100 MHz unreserved \(hosts.h0\)/);
  });

  test("what shrinks makes room first, whatever the order of rows", () => {
    decide((view, targets) => void (view.hostName === "h0" && targets.vmReservationMhz.set([100, 1900])));
    decide((view, targets) => void (view.hostName === "h0" && targets.vmReservationMhz.set([1000, 1000])));
    expect(controlColumns(world).map(([, ppm]) => ppm)).toEqual([1_000_000, 1_000_000, 0]);
  });

  test.each([0, 500_000, Number.NaN, "1000000"])("a clock of %s that the host does not have", (clock) => {
    refuse((targets) => {
      targets.frequencyPpm = clock as number;
    }, /host h0: frequencyPpm: expected one of 1000000, got/);
  });

  test.each(["vmShares", "vmReservationMhz", "vmLimitMhz"])("%s replaced", (key) => {
    refuse(
      (targets) => {
        Object.assign(targets, { [key]: [1, 2] });
      },
      new RegExp(`host h0: expected ${key} to stay in place`),
    );
  });

  test("a policy that throws, one that promises, and reasons for nobody", () => {
    refuse(() => {
      throw new TypeError("no such thing");
    }, /host h0: decide threw TypeError: no such thing/);
    refuse((async () => {}) as never, /got a promise/);
    refuse((targets) => targets.because(2, "x"), /because: expected "host" or the index of one of 2 VMs/);
    refuse((targets) => void targets.reserve(2, 5), /decide threw RangeError: reserve: expected the index/);
    refuse((targets) => void targets.reserve(0, Number.NaN), /decide threw RangeError: reserve: expected/);
  });

  test("a fault on the second host leaves the first one's controls as they were", () => {
    const before = controlColumns(world);
    expect(() =>
      decide((view, targets) => {
        targets.vmShares[0] = view.hostName === "h0" ? 77 : -1;
      }),
    ).toThrow(/vm c/);
    expect(controlColumns(world)).toEqual(before);
  });
});

describe("a policy of one's own through simulate", () => {
  const scenario = cpuScenario({ hosts: HOSTS, vms: VMS, duration: "5s" });
  const policy = (name: string): CpuPolicy => ({
    name,
    decide(view, targets) {
      if (view.hostName === "h0" && view.atNs === 2 * SECOND) targets.reserve(1, 1600);
    },
  });

  test.each(["mine", "fixed"])("decides although the scenario names none; called %s", async (name) => {
    const result = await simulate(scenario, { policies: { cpu: policy(name) } });
    expect(result.policies.cpu).toBe(name);
    const own = result.decisions.filter(({ target }) => "reservationMhz" in target);
    expect(own).toMatchObject([
      { atNs: 2 * SECOND, policy: name, row: "vm b", target: { reservationMhz: 1600 } },
    ]);
    const plain = await simulate(scenario);
    expect(plain.decisions.some(({ target }) => "reservationMhz" in target)).toBe(false);
    expect(result.scenario.digest).toBe(plain.scenario.digest);
  });

  test("the same however the run is stepped", async () => {
    const hashes = [];
    for (const step of [5 * SECOND, 333_333_333]) {
      world = await cpuWorld(scenario);
      const seam = new CpuSeam(world, policy("mine"));
      for (let at = 0; at < 5 * SECOND; at = Math.min(5 * SECOND, at + step)) runTo(at, seam);
      runTo(5 * SECOND, seam);
      hashes.push(world.hash());
    }
    expect(hashes[1]).toBe(hashes[0]);
  });
});
