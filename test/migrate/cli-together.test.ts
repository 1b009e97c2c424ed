// Goal: several VMs on one link, and failures, from the command line; faults by line of the file.
// Method: the command line, built, in a process of its own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
const file = (name: string, text: string): string => {
  writeFileSync(join(folder.path, name), text);
  return join(folder.path, name);
};
const migrate = (...args: string[]): ReturnType<typeof ballast> => ballast(["migrate", ...args]);

test("--vms: JSON and a table", async () => {
  const vms = file(
    "vms.csv",
    "name,memory,working_set,dirty-rate,mode\na,1GiB,16MiB,100/s,pre-copy\nb,1GiB,,,\n",
  );
  const json = await migrate("--vms", vms, "--link", "1Gbit/s", "--traffic", "100Mbit/s,50Mbit/s", "--json");
  expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 0, stderr: "" });
  const plan = JSON.parse(json.stdout) as { migrations: { name: string }[]; traffic: unknown[] };
  expect(plan.migrations.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(plan.traffic).toEqual([
    { wantedBitsPerS: 1e8, gotPpm: 1e6 },
    { wantedBitsPerS: 5e7, gotPpm: 1e6 },
  ]);
  const text = await migrate("--vms", vms, "--link", "1Gbit/s", "--at-once", "1");
  expect(text.stdout).toMatch(/^2 migrations on 1 Gbit\/s: all done after/);
});

test("faults by line; what does not belong beside --vms", async () => {
  const vms = file("bad.csv", "name,memory,speed\na,0,\nb,1GiB,fast\n");
  const { code, stderr } = await migrate("--vms", vms, "--link", "1Gbit/s");
  expect(code).toBe(2);
  expect(stderr).toContain("bad.csv:2 memory");
  expect(stderr).toContain("bad.csv:3 speed");
  for (const args of [
    ["--vms", vms],
    ["--vms", join(folder.path, "none.csv"), "--link", "1Gbit/s"],
    ["--vms", vms, "--link", "1Gbit/s", "--sweep"],
    ["--vms", vms, "--link", "1Gbit/s", "--out", join(folder.path, "report")],
    ["--at-once", "2", "--memory", "1GiB", "--bandwidth", "1Gbit/s"],
    ["--memory", "1GiB", "--bandwidth", "1Gbit/s", "--fail", "link"],
    ["--memory", "1GiB", "--bandwidth", "1Gbit/s", "--disk-writes", "1MB/s"],
  ]) {
    const fault = await migrate(...args);
    expect(fault.code).toBe(2);
    expect(fault.stderr).not.toContain("    at ");
  }
});

test("--fail: what becomes of the VM, for people", async () => {
  const { stdout } = await migrate(
    ...["--memory", "1GiB", "--bandwidth", "1Gbit/s", "--disk", "1GiB", "--packets", "100/s"],
    ...["--fail", "link", "--fail-at", "10s"],
  );
  expect(stdout).toContain("If the link is lost at 10 s:");
  expect(stdout).toContain("the VM is paused, can be recovered: pages are missing until the link is back");
  expect(stdout).toContain("The disk goes first: 1 GiB in 8.6 s");
  expect(stdout).toMatch(/Packets lost until the new place is known: stop-and-copy \d+/);
});
