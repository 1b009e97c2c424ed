/** Everything a user can get wrong, by kind: what, the command, and what the message must hold. */
import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { elfCore, gz, pagesOf } from "../support/images.ts";

export interface Row {
  readonly what: string;
  /** Of the command, in the folder of the test. */
  readonly args: readonly string[];
  /** Every one of these, on stderr. */
  readonly says: readonly (string | RegExp)[];
  /** Runs without root's rights. */
  readonly asNobody?: boolean;
}

const HEAD = "ballast: 1\nhosts: [{ name: h, memory: 64MiB }]\n";
const GOOD = `${HEAD}vms: [{ name: a, memory: 4MiB, image: { zero: 50%, common: 50% } }]\n`;

/** Makes the files of the rows. */
export class BadFiles {
  readonly folder: string;
  readonly #servers: ReturnType<typeof createServer>[] = [];

  constructor(folder: string) {
    this.folder = folder;
    this.put("good.yaml", GOOD);
  }

  put(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return name;
  }

  sparse(name: string, bytes: number): string {
    closeSync(openSync(join(this.folder, name), "w"));
    truncateSync(join(this.folder, name), bytes);
    return name;
  }

  directory(name: string): string {
    mkdirSync(join(this.folder, name), { recursive: true });
    return name;
  }

  fifo(name: string): string {
    execFileSync("mkfifo", [join(this.folder, name)]);
    return name;
  }

  link(name: string, target: string): string {
    symlinkSync(target, join(this.folder, name));
    return name;
  }

  socket(name: string): string {
    this.#servers.push(createServer().listen(join(this.folder, name)));
    return name;
  }

  secret(name: string, content: string | Uint8Array): string {
    this.put(name, content);
    chmodSync(join(this.folder, name), 0o000);
    return name;
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}

/** `ballast run` with an image file; the fault stands at the image in the scenario's text. */
export function imageRows(files: BadFiles): Row[] {
  const core = elfCore({ segments: [{ address: 0, bytes: pagesOf(1, 2, 3) }] });
  const qcow2 = Uint8Array.from({ length: 5000 }, (_, i) => [0x51, 0x46, 0x49, 0xfb][i] ?? 0);
  const row = (what: string, image: string, says: string | RegExp, asNobody = false): Row => {
    const text = `${HEAD}vms:\n  - name: a\n    memory: 4MiB\n    image: { file: ${image} }\n`;
    const scenario = files.put(`image-${image.replaceAll("/", "_")}.yaml`, text);
    return {
      what: `image: ${what}`,
      args: ["run", scenario],
      says: [new RegExp(`${scenario}:6:\\d+ +vms\\[0\\]\\.image`), says],
      asNobody,
    };
  };
  return [
    row("missing", "absent.img", /no such file.*absent\.img/),
    row("empty file", files.put("empty.img", ""), /got an empty file.*empty\.img/),
    row("empty directory", files.directory("no-images"), /got (one without|a directory)/),
    row("socket", files.socket("image.socket"), /got a socket/),
    row("FIFO", files.fifo("image.fifo"), /got a FIFO/),
    row("device", "/dev/zero", /got a character device/),
    row("truncated ELF", files.put("cut.core", core.subarray(0, 9000)), /the end of the file.*byte 9000/),
    row("unreadable", files.secret("secret.img", core), /may not read/, true),
    row(
      "larger than the VM",
      files.sparse("large.img", 8 << 20),
      /at most the VM's memory \(4MiB\), got 8MiB/,
    ),
    row("unsupported dump", files.put("kdump.img", `KDUMP   ${"x".repeat(5000)}`), /kdump-compressed/),
    row("disk image", files.put("disk.img", qcow2), /qcow2/),
  ];
}

/** Packed images are found broken only while they are read, when the scenario's text is behind. */
export function packedRows(files: BadFiles): Row[] {
  const noise = Uint8Array.from({ length: 8192 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
  const image = files.put("noise.gz", gz(noise).subarray(0, 100));
  const text = `${HEAD}vms: [{ name: a, memory: 4MiB, image: { file: ${image} } }]\n`;
  return [
    {
      what: "image: truncated gzip",
      args: ["run", files.put("packed.yaml", text)],
      says: [image, "byte 100", "gzip"],
    },
  ];
}

/** The same through `ballast pages`. */
export function pagesRows(files: BadFiles): Row[] {
  const core = elfCore({ segments: [{ address: 0, bytes: pagesOf(1, 2, 3) }] });
  const row = (what: string, file: string, says: string | RegExp, asNobody = false): Row => ({
    what: `pages: ${what}`,
    args: ["pages", "--json", file],
    says: [file, says],
    asNobody,
  });
  return [
    row("missing", "absent", "no such file"),
    row("empty file", files.put("empty", ""), "got an empty file"),
    row("empty directory", files.directory("empty-directory"), "got one without"),
    row("socket", files.socket("socket"), "got a socket"),
    row("FIFO", files.fifo("fifo"), "got a FIFO"),
    row("device", "/dev/zero", "got a character device"),
    row("link in a circle", files.link("circle", "circle"), "leads back to itself"),
    row("truncated ELF", files.put("cut", core.subarray(0, 9000)), /byte 9000.*truncated/),
    row("unreadable", files.secret("secret", core), "permission denied", true),
    row("unsupported dump", files.put("dump", `KDUMP   ${"x".repeat(5000)}`), "kdump-compressed"),
    {
      what: "pages: unknown form",
      args: ["pages", "--form", "zip", "good.yaml"],
      says: ["--form", "auto, raw, elf, u64"],
    },
    { what: "pages: no file", args: ["pages"], says: ["missing required argument", "ballast pages --help"] },
  ];
}

export function faultsRows(files: BadFiles): Row[] {
  const row = (what: string, file: string, ...says: (string | RegExp)[]): Row => ({
    what: `faults: ${what}`,
    args: ["faults", "--json", "--frames", "4", file],
    says: [file, ...says],
  });
  const good = files.put("good.trace", "0041fR\n00420W\n");
  const option = (what: string, args: readonly string[], ...says: (string | RegExp)[]): Row => ({
    what: `faults: ${what}`,
    args: ["faults", good, ...args],
    says,
  });
  return [
    row("missing", "absent.trace", "no such file"),
    row("directory", files.directory("folder.trace"), "a directory"),
    row("FIFO", files.fifo("fifo.trace"), "something that is no file", "- reads standard input"),
    row("empty file", files.put("empty.trace", ""), "an empty file"),
    row(
      "bad line",
      files.put("bad.trace", "0041fR\n0041fR\n0041zR\n"),
      /bad\.trace:3: expected 5 hex.*"0041zR"/,
    ),
    row(
      "bad line in gzip",
      files.put("bad.trace.gz", gz(Buffer.from("1000 R\n-1 R\n"))),
      /bad\.trace\.gz:2: expected a hex byte/,
    ),
    row("text", files.put("text.trace", "once upon a time\n"), /text\.trace:1: expected a page reference/),
    row("bytes", files.put("bytes.trace", new Uint8Array(9000)), /bytes\.trace:1: /),
    row(
      "cut gzip",
      files.put("cut.trace.gz", gz(Buffer.from("1000 R\n")).subarray(0, 20)),
      "end of the compressed file",
    ),
    option("another format", ["--format", "page"], /good\.trace:1: expected a hex page number/),
    option("unknown format", ["--format", "din"], "--format", "auto, packed, address, page, lackey"),
    option("no frames", ["--frames", "0"], "--frames: expected whole numbers of at least 1", "got 0"),
    option("odd frames", ["--frames", "4,x"], "got x"),
    option("frames in halves", ["--frames", "1.5"], "got 1.5"),
    option("empty frames", ["--frames", ""], "got nothing"),
    option(
      "unknown policy",
      ["--policy", "lru,clok"],
      "--policy: expected any of lru, fifo",
      "did you mean clock?",
    ),
    option("bad seed", ["--seed", "-1"], "--seed"),
    {
      what: "faults: no trace",
      args: ["faults"],
      says: ["missing required argument", "ballast faults --help"],
    },
  ];
}

/** Scenario files that are none, and what they say. test/scenario has the fine print. */
export function scenarioRows(files: BadFiles): Row[] {
  const row = (what: string, name: string, ...says: (string | RegExp)[]): Row => ({
    what: `scenario: ${what}`,
    args: ["run", name],
    says: [name, ...says],
  });
  const text = (what: string, body: string, ...says: (string | RegExp)[]): Row => {
    const name = files.put(`${what.replaceAll(/\W/g, "-")}.yaml`, body);
    return row(what, name, ...says);
  };
  const vms = (what: string, rest: string, place: string, ...says: (string | RegExp)[]): Row =>
    text(what, `${HEAD}${rest}`, `:${place} `, ...says);
  return [
    row("missing", "nowhere.yaml", "no such file"),
    row("below a file", "good.yaml/x", "no such file"),
    row("directory", files.directory("folder.yaml"), "got a directory"),
    row("FIFO", files.fifo("fifo.yaml"), "got a pipe"),
    row("device", "/dev/zero", "got a device"),
    row(
      "binary junk",
      files.put(
        "junk.yaml",
        Uint8Array.from({ length: 3000 }, (_, i) => (i * 89) ^ 0xe3),
      ),
      "UTF-8",
    ),
    row("200 MB", files.sparse("large.yaml", 200e6), "64 MiB are the most"),
    text("empty", "", ":1:1 ", "got an empty file"),
    text("syntax", `${HEAD}vms: [{\n`, /:\d+:\d+ /, "well-formed YAML"),
    vms("repeated key", "vms: [{ name: a, name: b, memory: 4MiB }]\n", "3:18", "got name again"),
    vms("unknown key", "vms: [{ name: a, memroy: 4MiB }]\n", "3:18", "did you mean memory?"),
    vms("wrong type", "vms: [{ name: [a], memory: 4MiB }]\n", "3:15", "vms[0].name", "got a list"),
    vms("no unit", "vms: [{ name: a, memory: 512 }]\n", "3:26", "such as 512MiB, got 512"),
    vms("negative size", "vms: [{ name: a, memory: -1MiB }]\n", "3:26", "got -1MiB"),
    vms("absurd size", "vms: [{ name: a, memory: 1e99GiB }]\n", "3:26", "vms[0].memory"),
    vms("absurd time", "duration: 1000d\nvms: [{ name: a, memory: 4MiB }]\n", "3:11", "at most 104 d"),
    vms(
      "repeated name",
      "vms: [{ name: a, memory: 4MiB }, { name: a, memory: 4MiB }]\n",
      "3:42",
      "vms[0] has it",
    ),
    vms("10^6 VMs", "vms: [{ name: a, count: 1000000, memory: 4KiB }]\n", "3:25", "reduce count"),
    vms(
      "20000 VMs",
      "vms: [{ name: a, count: 20000, memory: 4KiB }]\n",
      "3:6",
      "10000 VMs at page resolution",
    ),
    vms(
      "too much memory",
      "vms: [{ name: a, count: 100, memory: 100GiB, image: { zero: 100% } }]\n",
      "3:6",
      "of core memory",
      "reduce",
    ),
    text(
      "real bytes too large",
      "ballast: 1\ncontent: bytes\nhosts: [{ name: h, memory: 64GiB }]\nvms: [{ name: a, memory: 8GiB, image: { zero: 100% } }]\n",
      ":4:6 ",
      "content: ids",
    ),
    vms(
      "unknown policy",
      "vms: [{ name: a, memory: 4MiB }]\npolicies: { memory: fixd-rate }\n",
      "4:21",
      "did you mean fixed-rate?",
    ),
    vms(
      "an option that the CPU policy does not have",
      "vms: [{ name: a, memory: 4MiB }]\npolicies: { cpu: { name: p99-target, options: { targt: 5ms } } }\n",
      "4:49",
      "policies.cpu.options.targt",
      "did you mean target?",
    ),
    vms(
      "an option of the CPU policy that names no VM",
      "vms: [{ name: a, memory: 4MiB }]\npolicies: { cpu: { name: strict-priority, options: { order: b } } }\n",
      "4:61",
      "expected names of VMs",
    ),
    vms(
      "later key",
      "limits: { arrivals: 4 }\nvms: [{ name: a, memory: 4MiB }]\n",
      "3:11",
      "not simulated by this version",
    ),
    vms(
      "too many samples",
      "duration: 10d\nseries: { every: 1ns }\nvms: [{ name: a, memory: 4MiB }]\n",
      "4:18",
      "1 000 000 samples",
    ),
  ];
}

/** Options of `ballast run` on a good scenario. */
export function optionRows(): Row[] {
  const row = (option: string, value: string, ...says: (string | RegExp)[]): Row => ({
    what: `${option} ${JSON.stringify(value)}`,
    args: ["run", "good.yaml", `${option}=${value}`],
    says: [option, ...says],
  });
  return [
    ...["0", "-1", "x", "1.5", "0x2", "1e1", "", "257"].map((value) =>
      row("--threads", value, "from 1 to 256"),
    ),
    ...["-1", "x", "1.5", ""].map((value) => row("--seed", value, "seed")),
    row("--seed", "9007199254740993", "at most"),
    ...["0", "-5s", "90", "x", "1000d", ""].map((value) => row("--until", value, "duration")),
    ...["", "x", "=3"].map((value) => row("--set", value, "PATH=VALUE")),
    row("--set", "vms.nobody.memory=1GiB", "got nobody"),
    row("--set", "vms[9].memory=1GiB", "vms[9]"),
    row("--set", "vms.a.memry=1GiB", "did you mean memory?"),
    row("--set", "vms.a.memory=[", "a value in YAML"),
    row("--set", "vms.__proto__.x=1", "got __proto__"),
    ...["x", "memory", "memory=", "cpu=", "disk=x", ""].map((value) => row("--policy", value, "memory=NAME")),
    ...["x", "disk=x"].map((value) => row("--policy", value, "balance=NAME")),
    row("--policy", "balance=drs", "goes with scenarios of resolution: fluid"),
    row("--policy", "cpu=stride", "--set policies.cpu.scheduler=NAME"),
    row("--policy", "memory=fixed-rat", "did you mean fixed-rate?"),
    row("--policy", "memory=constructor", "expected one of"),
    row("--policy", "cpu=p99-targt", "did you mean p99-target?"),
    row("--policy", "cpu=toString", "expected one of"),
    row("--out", "", "got nothing"),
    row("--out", "good.yaml", "good.yaml: expected a folder", "got a file"),
    row("--out", "good.yaml/below", "good.yaml/below", "got a file"),
    row("--out", "/dev/null/x", "got a file"),
    row("--out", "/proc/ballast", "/proc/ballast", "got no such"),
    {
      what: "--out without permission",
      args: ["run", "good.yaml", "--out", "/root/x"],
      says: ["--out /root/x", "no permission"],
      asNobody: true,
    },
    {
      what: "unknown option",
      args: ["run", "good.yaml", "--sed", "3"],
      says: ["unknown option '--sed'", "--seed", "ballast run --help"],
    },
    {
      what: "unknown verb",
      args: ["rnu"],
      says: ["unknown command 'rnu'", "Did you mean run?", "ballast --help"],
    },
    { what: "no verb", args: [], says: ["Usage: ballast"] },
    { what: "no scenario", args: ["run"], says: ["missing required argument 'scenario'"] },
    { what: "two scenarios", args: ["run", "a", "b"], says: ["too many arguments"] },
    { what: "unknown experiment", args: ["reproduce", "esx02-fig44"], says: ["did you mean esx02-fig4?"] },
    { what: "no experiment", args: ["reproduce", ""], says: ["got nothing"] },
  ];
}
