// Goal: what is planned in a millisecond and what is run page by page agree.
// A guest that outruns the link has six rounds: when it counts as stuck, chance decides page by page.
// Method: many sets of options, every mode; total and bytes within 3 %, downtime within 3 % or two pages' worth of a batch of writes.
import { expect, test } from "vitest";
import { MigrationError } from "../../src/migrate/fault.ts";
import { migrateByPage } from "../../src/moving/by-page.ts";

const rows = ["uniform", "cyclic"].flatMap((pattern) =>
  ["qemu", "clark", "vmotion", "xen", "remaining"].flatMap((rule) =>
    [
      { dirtyRate: "0.5MiB/s", bandwidth: "100Mbit/s", workingSet: "8MiB", zero: "0" },
      { dirtyRate: "4MiB/s", bandwidth: "200Mbit/s", workingSet: "32MiB", zero: "16MiB" },
      { dirtyRate: "60MiB/s", bandwidth: "300Mbit/s", workingSet: "24MiB", zero: "32MiB", rounds: 6 },
    ].map((options) => ({ pattern, rule, ...options })),
  ),
);

test.each(rows)("$pattern, $rule, $dirtyRate over $bandwidth", async (row) => {
  const plan = await migrateByPage({ memory: "128MiB", latency: "1ms", deviceState: "300KiB", ...row });
  for (const { mode, totalNs, downtimeNs, bytesSent, planned } of plan.modes) {
    const off = { total: totalNs / planned.totalNs, bytes: bytesSent / planned.bytesSent };
    expect(Math.abs(off.total - 1), `${mode} total`).toBeLessThan(0.03);
    expect(Math.abs(off.bytes - 1), `${mode} bytes`).toBeLessThan(0.03);
    // Writes come in batches of 10 ms: what one of them dirties is either in a round or not.
    const batch = 0.01 * planned.totalNs;
    expect(Math.abs(downtimeNs - planned.downtimeNs), `${mode} downtime`).toBeLessThan(
      Math.max(0.03 * planned.downtimeNs, batch),
    );
  }
});

test("options that only plans know are refused by name", async () => {
  const asked = migrateByPage({ memory: "64MiB", bandwidth: "1Gbit/s", channels: 2, dirtyLimit: "1MiB/s" });
  await expect(asked).rejects.toThrow(MigrationError);
  await expect(asked).rejects.toThrow("channels");
});
