// Goal: every form gives the references it says; a bad line is told with file, line, what was expected and what stood there.
// Method: small texts, plain and as gzip, whole and in pieces; then, on any trace written in any form, what went in.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { pageTraceOf, readPageTrace, TraceError, type TraceFormat } from "../../src/trace/index.ts";

const folder = mkdtempSync(join(tmpdir(), "ballast-traces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** References as text: page number and R or W. */
async function read(text: string, options: Parameters<typeof readPageTrace>[1] = {}) {
  const trace = await readPageTrace({ name: "t", text }, options);
  return { format: trace.format, list: listOf(trace), trace };
}

function listOf({ references, pageNumbers }: Awaited<ReturnType<typeof readPageTrace>>): string {
  return [...references]
    .map((word) => `${pageNumbers[word >>> 1]!.toString(16)}${word & 1 ? "W" : "R"}`)
    .join(" ");
}

describe("forms", () => {
  test.each<[TraceFormat, string, string]>([
    ["packed", "0041fR\n13F5eW\n0041fW\n", "41fR 13f5eW 41fW"],
    ["address", "0041f7a0 R\n41ffff W\n420000 R\n7 W", "41fR 41fW 420R 0W"],
    ["address", "0x7ffffffff000 R\n0xFFFFFFFFFFFFFFFF W\n", "7ffffffffR fffffffffffffW"],
    ["page", "4001 I\nbec14 S\n4001 L\n4001 M\n", "4001R bec14W 4001R 4001W"],
    ["page", "000000000000fffffffffffff I\n0 L", "fffffffffffffR 0R"],
    ["lackey", "I  04001000,3\n L 1ffeffe50,8\n S 04001ff8,4\n M 04002000,4\n", "4001R 1ffeffR 4001W 4002W"],
  ])("%s", async (format, text, list) => {
    expect(await read(text)).toMatchObject({ format, list });
    expect(await read(text.replaceAll("\n", "\r\n"))).toMatchObject({ format, list });
    expect(await read(text.trimEnd())).toMatchObject({ format, list });
    expect(await read(text, { format })).toMatchObject({ format, list });
    expect(await read(`\uFEFF# a comment\n\n  ${text.replaceAll("\n", " \t\n\n")}`)).toMatchObject({
      format,
      list,
    });
  });

  test("an access across the end of a page counts for the page of its first byte, once", async () => {
    expect((await read(" L 1fff,8\n M 1ffc,8")).list).toBe("1R 1W");
  });

  test("lackey with valgrind's own lines before, between and after", async () => {
    const text = "==12== Lackey\n==12== \nI  1000,3\n==12== Warning\n S 2000,4\n==12== Exit code: 0\n";
    expect(await read(text)).toMatchObject({ format: "lackey", list: "1R 2W" });
  });

  test("--format overrides: page numbers with R and W, addresses with I L S M", async () => {
    expect((await read("12345 R\n12346 W\n12345 S", { format: "page" })).list).toBe("12345R 12346W 12345W");
    expect((await read("12345 I\n12346 M", { format: "address" })).list).toBe("12R 12W");
  });

  test("pages are renumbered from 0 in the order of their first reference", async () => {
    const { trace } = await read("00009R\n00003W\n00009W\n00001R\n");
    expect([...trace.references]).toEqual([0, 3, 1, 4]);
    expect([...trace.pageNumbers]).toEqual([9, 3, 1]);
    expect(trace.writes).toBe(2);
  });
});

describe("bad lines", () => {
  test.each<[string, string, string]>([
    [
      "no reference",
      "hello\n",
      't:1: expected a page reference, such as 0041fR, 41f7a0 W, 41f S or  L 1ffe50,8, got "hello"',
    ],
    [
      "another letter",
      "0041fR\n0041fX\n",
      't:2: expected 5 hex digits of a page and R or W, such as 0041fR, got "0041fX"',
    ],
    [
      "a digit short",
      "0041fR\n\n# c\n041fR",
      't:4: expected 5 hex digits of a page and R or W, such as 0041fR, got "041fR"',
    ],
    ["no hex", "0041fR\n004gfR\n", "t:2:"],
    [
      "another form",
      "1000 R\n1000 S\n",
      't:2: expected a hex byte address and R or W, such as 41f7a0 W, got "1000 S"',
    ],
    ["no letter", "1000 R\n1000\n", "t:2:"],
    ["two letters", "1000 R\n1000 RW\n", "t:2:"],
    ["no space", "1000 R\n1000R\n", "t:2:"],
    ["more behind", "1000 R\n1000 R 8\n", "t:2:"],
    ["17 digits", "1000 R\n10000000000000000 W\n", "t:2:"],
    ["a page above 2^52", "1000 S\n10000000000000 S\n", "t:2: expected a hex page number"],
    [
      "no size",
      " L 1000,8\n L 1000,\n",
      't:2: expected a line as lackey prints it, such as " L 1ffe50,8", got "L 1000,"',
    ],
    ["a size in hex", " L 1000,8\n L 1000,a\n", "t:2:"],
    ["no comma", " L 1000,8\n L 1000 8\n", "t:2:"],
    ["a sign", "1000 R\n-1000 R\n", "t:2:"],
    ["control characters", "1000 R\n\x1b[2J\n", 'got "\\x1b[2J"'],
    ["a long line", `1000 R\n${"y".repeat(100)}\n`, `got "${"y".repeat(39)}…"`],
    [
      "a line without end",
      `1000 R\n${"1".repeat(10_000)}`,
      "t:2: expected lines of a page reference each, got a line of more than 4096 bytes",
    ],
    ["nothing", "", "t: expected at least one page reference, got an empty file"],
    ["only comments", "# a\n# b\n", "t: expected at least one page reference, got 2 lines without any"],
    ["valgrind's lines in another form", "1000 R\n==1==\n", "t:2:"],
  ])("%s", async (_, text, says) => {
    for (const size of [1 << 20, 1]) {
      const fault = await readPageTrace({ name: "t", chunks: piecesOf(Buffer.from(text), size) }).catch(
        (error) => error,
      );
      expect(fault).toBeInstanceOf(TraceError);
      expect(fault.message).toContain(says);
    }
  });

  test("the fault says where in fields too", async () => {
    const fault = await read("0041fR\nzz\n").catch((error) => error);
    expect(fault).toMatchObject({ code: "BALLAST_E_TRACE", file: "t", line: 2, got: '"zz"' });
  });

  test("lenient: left out, counted, the first few kept", async () => {
    const { trace, list } = await read(`junk\n0041fR\n${"bad\n".repeat(9)}0041fW\n`, { lenient: true });
    expect(list).toBe("41fR 41fW");
    expect(trace.skippedLines).toBe(10);
    expect(trace.skipped.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
    await expect(read("junk\nmore\n", { lenient: true })).rejects.toThrow("got 2 lines without any");
  });

  test.each([
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 10]],
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 10]],
    ["bzip2", [0x42, 0x5a, 0x68, 0x39, 10]],
  ])("%s data are called by their name", async (name, bytes) => {
    const reading = readPageTrace({ name: "t", bytes: Uint8Array.from(bytes) });
    await expect(reading).rejects.toThrow(
      `t: expected text, plain or as gzip, got ${name} data (unpack it: ${name} -dc`,
    );
  });
});

describe("sources", () => {
  const text = "0041fR\n13f5eW\n".repeat(5000);
  const packed = gzipSync(text);

  test("text, bytes, blobs, streams, files; plain and as gzip; members one after the other", async () => {
    const bytes = new TextEncoder().encode(text);
    writeFileSync(join(folder, "plain"), bytes);
    writeFileSync(join(folder, "packed"), packed);
    const twice = Buffer.concat([packed, packed]);
    const all = [
      { name: "t", text },
      { name: "t", bytes },
      { name: "t", bytes: packed },
      { name: "t", blob: new Blob([bytes]) },
      { name: "t", blob: new Blob([packed]) },
      { name: "t", chunks: piecesOf(packed, 1) },
      { name: "t", chunks: piecesOf(bytes, 11) },
      { path: join(folder, "plain") },
      { path: join(folder, "packed"), name: "other" },
    ];
    const first = await readPageTrace(all[0]!);
    expect(first).toMatchObject({ name: "t", compression: "none", writes: 5000 });
    for (const source of all) {
      const { references, pageNumbers, writes } = await readPageTrace(source);
      expect({ references, pageNumbers, writes }).toEqual({
        references: first.references,
        pageNumbers: first.pageNumbers,
        writes: 5000,
      });
    }
    expect(await readPageTrace(all.at(-1)!)).toMatchObject({ name: "other", compression: "gzip" });
    expect((await readPageTrace({ name: "t", bytes: twice })).writes).toBe(10_000);
  });

  test.each([
    [
      "cut off",
      packed.subarray(0, packed.length - 9),
      "t: expected more gzip data, got the end of the compressed file",
    ],
    [
      "cut off in its header",
      packed.subarray(0, 5),
      "t: expected more gzip data, got the end of the compressed file",
    ],
    ["damaged", Buffer.from(packed).fill(0xff, 20, 30), "t: expected valid gzip data, got damaged data"],
    [
      "followed by something else",
      Buffer.concat([packed, Buffer.from("more")]),
      "t: expected valid gzip data",
    ],
  ])("gzip %s", async (_, bytes, says) => {
    await expect(readPageTrace({ name: "t", bytes })).rejects.toThrow(says);
  });

  test("a bad line within gzip", async () => {
    const bytes = gzipSync(`${text}oops\n${text}`);
    await expect(readPageTrace({ name: "t", bytes })).rejects.toThrow(
      't:10001: expected 5 hex digits of a page and R or W, such as 0041fR, got "oops"',
    );
  });

  test("files that are none", async () => {
    mkdirSync(join(folder, "folder"));
    for (const [path, says] of [
      ["absent", "expected a readable file, got no such file"],
      ["folder", "expected a regular file, got a directory"],
      ["plain/below", "got a path through something that is no directory"],
    ] as const) {
      writeFileSync(join(folder, "plain"), text);
      await expect(readPageTrace({ path: join(folder, path) })).rejects.toThrow(says);
    }
    await expect(readPageTrace({ path: "/dev/zero" })).rejects.toThrow("something that is no file");
  });

  test("a signal ends it, progress tells how far it is", async () => {
    const reason = new Error("enough");
    const seen: number[] = [];
    await expect(readPageTrace({ name: "t", text }, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const chunks = piecesOf(Buffer.from(text), 1000);
    await expect(
      readPageTrace({ name: "t", chunks }, { signal: controller.signal, onProgress }),
    ).rejects.toBe(reason);
    await readPageTrace(
      { name: "t", blob: new Blob([text]) },
      { onProgress: ({ fraction }) => seen.push(fraction!) },
    );
    expect(seen.at(-1)).toBe(1);
  });
});

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

describe("pageTraceOf", () => {
  test("renumbers what is there already", () => {
    const { references, pageNumbers, writes } = pageTraceOf([7, 7, 2 ** 52 - 1, 0], [false, true, 0, 1]);
    expect([...references]).toEqual([0, 1, 2, 5]);
    expect([...pageNumbers]).toEqual([7, 2 ** 52 - 1, 0]);
    expect(writes).toBe(2);
    expect(pageTraceOf([1, 2]).writes).toBe(0);
  });

  test.each([
    [() => pageTraceOf([1, -1]), "pages[1]: expected a whole number in [0, 2^52), got -1"],
    [() => pageTraceOf([1.5]), "got 1.5"],
    [() => pageTraceOf([2 ** 52]), "got 4503599627370496"],
    [() => pageTraceOf([1, 2], [true]), "expected 2 writes, one a page, got 1"],
  ])("refuses %#", (make, says) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(says);
  });
});

describe("property", () => {
  const references = fc.array(
    fc.record({
      page: fc.oneof(
        fc.nat(20),
        fc.nat(2 ** 20 - 1),
        fc.maxSafeNat().map((n) => n % 2 ** 52),
      ),
      write: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  );
  const hex = (page: number): string => page.toString(16);
  const line: Record<TraceFormat, (page: number, write: boolean) => string> = {
    packed: (page, write) => `${hex(page % 2 ** 20).padStart(5, "0")}${write ? "W" : "R"}`,
    address: (page, write) => `${hex(page)}abc ${write ? "W" : "R"}`,
    page: (page, write) => `${hex(page)} ${write ? "S" : "L"}`,
    lackey: (page, write) => ` ${write ? "M" : "L"} ${hex(page)}ff8,8`,
  };

  test("what is written in any form, packed or not, in pieces of any size, is read again", async () => {
    await fc.assert(
      fc.asyncProperty(
        references,
        fc.constantFrom<TraceFormat>("packed", "address", "page", "lackey"),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (all, format, size, isPacked) => {
          const text = all.map(({ page, write }) => line[format](page, write)).join("\n");
          const bytes = isPacked ? gzipSync(text) : Buffer.from(text);
          const trace = await readPageTrace({ name: "t", chunks: piecesOf(bytes, size) });
          const pages = all.map(({ page }) => (format === "packed" ? page % 2 ** 20 : page));
          const expected = pageTraceOf(
            pages,
            all.map(({ write }) => write),
          );
          expect(trace).toMatchObject({ format, ...expected });
          expect([...trace.references].map((word) => trace.pageNumbers[word >>> 1])).toEqual(pages);
        },
      ),
    );
  });
});

test("a table of pages that grows many times keeps them apart", () => {
  const pages = Array.from({ length: 30_000 }, (_, at) => (at * 2_654_435_761) % 2 ** 45);
  const trace = pageTraceOf([...pages, ...pages.toReversed()]);
  expect([...trace.pageNumbers]).toEqual(pages);
  expect([...trace.references.slice(30_000)].map((word) => word >>> 1)).toEqual(
    pages.map((_, at) => at).toReversed(),
  );
});
