/**
 * Traces and inventories as a page gets them, bytes and blobs: each is read and told as text, the same in Node and in a browser.
 *
 * The page passes in the packages that Node finds by name.
 */
import { parquetWriteBuffer } from "hyparquet-writer";
import { importFiles, type Packages, readDemand, type TraceSource } from "../../src/index.ts";
import { BITBRAINS_HEADER, bitbrainsRow, text, VMTABLE } from "./fixtures.ts";

const DAY = ["vm_index,file,t0,t300,t600", "0,b_x,1,20,100", "1,ba,3,4,0"];
const LIBVIRT = `<domain type='kvm'><name>web</name><memory unit='KiB'>1048576</memory><vcpu>2</vcpu></domain>\n`;

/** Text in UTF-16, the low byte first, after its mark. */
function wide(name: string, lines: readonly string[]): TraceSource {
  const all = `\uFEFF${lines.join("\n")}\n`;
  const bytes = new Uint8Array(all.length * 2);
  for (let at = 0; at < all.length; at += 1) {
    bytes[at * 2] = all.charCodeAt(at) & 0xff;
    bytes[at * 2 + 1] = all.charCodeAt(at) >> 8;
  }
  return { name, bytes };
}

async function gzipped(name: string, lines: readonly string[]): Promise<TraceSource> {
  const packed = new Blob([`${lines.join("\n")}\n`]).stream().pipeThrough(new CompressionStream("gzip"));
  return { name, blob: await new Response(packed).blob() };
}

/** As Azure's rows stand in a Parquet file. */
function parquet(): TraceSource {
  const columnData = [
    { name: "timestamp", data: [300_000n, 600_000n] },
    { name: "id", data: ["a", "a"] },
    { name: "duration", data: [300_000n, 300_000n] },
    { name: "cpu_count", data: [1, 1] },
    { name: "cpu_usage", data: [1200.5, 600.25] },
  ];
  return { name: "trace.parquet", bytes: new Uint8Array(parquetWriteBuffer({ columnData })) };
}

/** What each case came to, or the message that it was refused with. */
export async function readCases(packages?: Packages): Promise<Record<string, string>> {
  const bitbrains = [BITBRAINS_HEADER, bitbrainsRow(300, 520.1, 1024), bitbrainsRow(600, 2600.5, 4096)];
  const cases: Record<string, TraceSource | readonly TraceSource[]> = {
    planetlab: text("day.csv", ...DAY),
    gzip: await gzipped("day.csv.gz", DAY),
    wide: wide("day.csv", DAY),
    bitbrains: [
      text("1.csv", ...bitbrains),
      { name: "2.csv", blob: new Blob([`${bitbrains.join("\r\n")}\r\n`]) },
    ],
    azure: text("vmtable.csv", ...VMTABLE),
    parquet: parquet(),
    broken: text("day.csv", DAY[0]!, "0,b_x,1,x,3"),
  };
  const told: Record<string, string> = {};
  for (const [name, given] of Object.entries(cases)) told[name] = await demandOf(given, packages);
  told["libvirt"] = await importOf([{ name: "web.xml", text: LIBVIRT }], packages);
  return told;
}

async function demandOf(given: TraceSource | readonly TraceSource[], packages?: Packages): Promise<string> {
  try {
    const { format, steps, stepNs, vms, cpu, memory } = await readDemand(given, { packages });
    return JSON.stringify({ format, steps, stepNs, vms, cpu: [...cpu], memory: memory && [...memory] });
  } catch (fault) {
    return String(fault);
  }
}

async function importOf(files: readonly TraceSource[], packages?: Packages): Promise<string> {
  try {
    return JSON.stringify((await importFiles(files, { packages })).scenario);
  } catch (fault) {
    return String(fault);
  }
}
