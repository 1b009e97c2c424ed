// Goal: real memories give the counts that SHA-1 arithmetic and the Linux kernel's KSM found.
// Method: the sets of ../shared/oracles/pages where present; always the excerpt beside this file.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runPages } from "../../src/pages/index.ts";
import { sharedFile } from "../support/images.ts";

const excerpt = (name: string) => fileURLToPath(new URL(`excerpt/${name}`, import.meta.url));

test("the excerpt: 600 pages each of two ext4 images", async () => {
  const counts = JSON.parse(readFileSync(excerpt("counts.json"), "utf8"));
  const paths = ["ext4_images_3.fsA.u64.zst", "ext4_images_3.fsC.u64.zst"].map(excerpt);
  expect(await runPages(paths)).toMatchObject({ files: counts.files, total: counts.total });
});

const present = existsSync(sharedFile("dumps", "counts.json"));
if (!present) console.warn("skipped: ../shared/oracles/pages is not here");

type Counts = Record<string, number>;
/** A row of counts.json: several processes, or one guest. */
interface Set {
  readonly set: string;
  readonly file?: string;
  readonly vms?: number;
  readonly pervm: Record<string, Counts>;
  readonly counts: Counts;
}

describe.skipIf(!present)("dumps", () => {
  const sets: Set[] = present ? JSON.parse(readFileSync(sharedFile("dumps", "counts.json"), "utf8")) : [];

  test.each(sets.filter((set) => set.vms !== undefined))("$set", async (set) => {
    const all = set as unknown as Counts;
    const paths = Array.from({ length: set.vms! }, (_, vm) =>
      sharedFile("dumps", `${set.set}.${vm}.pages.gz`),
    );
    const { files, total } = await runPages(paths);
    expect(total).toEqual({
      pages: all.pages!,
      zero: all.zero!,
      distinct: all.distinct!,
      saved: all.saved_all!,
      savedNonzero: all.saved_nonzero!,
      sharedContentsNonzero: all.shared_contents_nonzero!,
      singletonsNonzero: all.singletons_nonzero!,
      savedInterNonzero: all.saved_inter_nonzero!,
      maxCopiesNonzero: all.max_copies_nonzero!,
    });
    files.forEach((file, vm) => {
      const { pages, zero, distinct, intra_saved: savedIntra } = set.pervm[`p${vm}`]!;
      expect(file).toMatchObject({ pages, zero, distinct, savedIntra });
    });
  });

  test("a whole guest, raw", async () => {
    const { counts } = sets.find((set) => set.file === "guest.vm0.raw.gz")!;
    const { files, total } = await runPages([sharedFile("dumps", "guest.vm0.raw.gz")]);
    const { pages, zero, distinct, intra_saved: savedIntra } = counts;
    expect(files[0]).toMatchObject({ pages, zero, distinct, savedIntra });
    expect(total).toMatchObject({
      savedNonzero: counts.intra_saved_nonzero,
      singletonsNonzero: counts.singletons,
    });
  });

  test("a whole guest, ELF core of dump-guest-memory", async () => {
    const { counts } = sets.find((set) => set.file === "guest7.plain.elf.gz")!;
    const { files, total } = await runPages([sharedFile("dumps", "guest7.plain.elf.gz")]);
    const { loadSegments, bytes, ...expected } = counts;
    expect([loadSegments, bytes]).toEqual([2, 100926627]);
    expect(total).toMatchObject(expected);
    expect(files[0]).toMatchObject({ form: "elf", compression: "gzip" });
  });
});

describe.skipIf(!present)("fingerprints", () => {
  const rows = present
    ? ["processes_ksm.csv", "files_sets.csv"].flatMap((name) => readCsv(sharedFile(name)))
    : [];

  test.each(rows)("$set", async (row) => {
    const folder = sharedFile("fingerprints");
    const names = readdirSync(folder)
      .filter((name) => name.startsWith(`${row["set"]}.`))
      .sort();
    expect(names).toHaveLength(Number(row["vms"]));
    const { files, total } = await runPages(names.map((name) => sharedFile("fingerprints", name)));
    expect(total).toEqual({
      pages: Number(row["pages"]),
      zero: Number(row["zero"]),
      distinct: Number(row["distinct"]),
      saved: Number(row["saved_all"]),
      savedNonzero: Number(row["saved_nonzero"]),
      sharedContentsNonzero: Number(row["shared_contents_nonzero"]),
      singletonsNonzero: Number(row["singletons_nonzero"]),
      savedInterNonzero: Number(row["saved_inter_nonzero"]),
      maxCopiesNonzero: Number(row["max_copies_nonzero"]),
    });
    expect(files.reduce((sum, file) => sum + file.savedIntra, 0)).toBe(Number(row["saved_intra_only"]));
    if (row["ksm_pages_sharing"] === undefined) return;
    // What the kernel's own merging found on the same frozen processes.
    expect(total.savedNonzero).toBe(Number(row["ksm_pages_sharing"]));
    expect(total.sharedContentsNonzero).toBe(Number(row["ksm_pages_shared"]));
    expect(total.singletonsNonzero).toBe(Number(row["ksm_pages_unshared"]));
  });
});

function readCsv(path: string): Record<string, string>[] {
  const [head, ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
  const names = head!.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => [names[i]!, cell])));
}
