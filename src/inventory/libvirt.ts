/**
 * libvirt's domain XML (`virsh dumpxml`): one domain a file, or several below one element.
 *
 *   <vcpu current='2'>4</vcpu>                       vCPUs: the current ones
 *   <memory unit='GiB'>4</memory>                    memory; KiB without unit
 *   <cputune><shares>2048</shares>                   shares
 *            <quota>50000</quota><period>100000</period>         limit: quota / period of a core each vCPU
 *   <memtune><min_guarantee unit='MiB'>512</min_guarantee>       reservation (ESX and OpenVZ)
 *            <hard_limit>…                                       limit
 *   <memoryBacking><nosharepages/></memoryBacking>   no sharing
 *   <currentMemory>…                                 below memory: ballooned, a limit
 *
 * Source: libvirt's formatdomain.
 */
import { loadPackage } from "../demand/index.ts";
import { TraceError } from "../trace/index.ts";
import { controls, type EstateBuilder } from "./estate.ts";
import type { DocumentFile, InventoryFormat } from "./format.ts";

interface Xml {
  readonly XMLParser: new (options: object) => { parse(text: string): unknown };
  readonly XMLValidator: {
    validate(
      text: string,
    ): true | { readonly err: { readonly msg: string; readonly line: number; readonly col: number } };
  };
}

type Element = Readonly<Record<string, unknown>>;

export const libvirt: InventoryFormat = {
  name: "libvirt",
  about: "libvirt domain XML (virsh dumpxml), one or several",
  parts: [
    {
      name: "domain",
      isDocument: true,
      matches: ({ bytes }) => {
        const text = new TextDecoder().decode(bytes).trimStart();
        return text.startsWith("<") && /<domain[\s>]/.test(text);
      },
    },
  ],
  document: readDomains,
};

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  kb: 1e3,
  k: 1024,
  kib: 1024,
  mb: 1e6,
  m: 2 ** 20,
  mib: 2 ** 20,
  gb: 1e9,
  g: 2 ** 30,
  gib: 2 ** 30,
  tb: 1e12,
  t: 2 ** 40,
  tib: 2 ** 40,
};

async function readDomains(builder: EstateBuilder, document: DocumentFile): Promise<number> {
  const { file, bytes, packages } = document;
  const text = new TextDecoder().decode(bytes);
  const xml = await loadPackage<Xml>("fast-xml-parser", "libvirt XML", packages);
  const sound = xml.XMLValidator.validate(text);
  if (sound !== true) {
    const { msg, line, col } = sound.err;
    throw new TraceError({ file, line, column: col, expected: "sound XML", got: msg });
  }
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    processEntities: true,
  };
  const domains = domainsOf(new xml.XMLParser(options).parse(text));
  if (domains.length === 0) throw new TraceError({ file, expected: "an element <domain>", got: "none" });
  const lines = [...text.matchAll(/<domain[\s>]/g)].map(
    ({ index }) => text.slice(0, index).split("\n").length,
  );
  for (const [at, domain] of domains.entries()) {
    const line = lines[at] ?? 1;
    const fault = addDomain(builder, domain);
    if (fault === undefined) continue;
    if (!document.lenient) throw new TraceError({ file, line, ...fault });
    document.skip(line, fault.expected, fault.got);
  }
  return domains.length;
}

/** All elements `domain`, wherever they stand. */
function domainsOf(value: unknown): Element[] {
  if (Array.isArray(value)) return value.flatMap(domainsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as Element).flatMap(([name, below]) =>
    name === "domain" ? (Array.isArray(below) ? (below as Element[]) : [below as Element]) : domainsOf(below),
  );
}

interface Fault {
  readonly expected: string;
  readonly got: string;
}

function addDomain(builder: EstateBuilder, domain: Element): Fault | undefined {
  const name = textOf(domain.name);
  if (name === "") return { expected: "a domain with a <name>", got: "one without" };
  if (builder.vms.has(name)) return { expected: "each domain once", got: `a second ${name}` };
  const { vcpu, cputune, memtune, memoryBacking } = domain as Record<string, Element | undefined>;
  const vcpus = Number(textOf((vcpu as Element | undefined)?.["@current"]) || textOf(vcpu) || 1);
  if (!(Number.isInteger(vcpus) && vcpus >= 1))
    return { expected: `${name}: a whole number in <vcpu>`, got: textOf(vcpu) };
  const memoryMib = mib(domain.memory);
  if (!(memoryMib > 0))
    return { expected: `${name}: a size in <memory>`, got: textOf(domain.memory) || "nothing" };
  const quota = Number(textOf(cputune?.quota) || Number.NaN);
  const period = Number(textOf(cputune?.period) || 100_000);
  const backing = memoryBacking as unknown;
  const isShared = !(typeof backing === "object" && backing !== null && "nosharepages" in backing);
  const limits = [mib(domain.currentMemory), mib(memtune?.hard_limit)].filter((size) => size < memoryMib);
  const limit = limits.length === 0 ? Number.NaN : Math.min(...limits);
  const devices = asList((domain.devices as Element | undefined)?.hostdev);
  builder.vms.set(name, {
    name,
    host: "",
    vcpus,
    memoryMib,
    isOn: true,
    gpus: 0,
    cpu: {
      ...controls(0, Number.NaN, Number(textOf(cputune?.shares) || 0)),
      ...(quota > 0 ? { limitCores: (quota / period) * vcpus } : {}),
    },
    memory: controls(mib(memtune?.min_guarantee) || 0, limit, 0),
    ...(isShared ? {} : { isShared }),
    labels: {
      ...(textOf(domain.uuid) === "" ? {} : { uuid: textOf(domain.uuid) }),
      ...(devices.length > 0 ? { passthrough: String(devices.length) } : {}),
    },
  });
  return undefined;
}

function asList(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return textOf(value[0]);
  if (typeof value === "object" && value !== null) return textOf((value as Element)["#text"]);
  return value === undefined || value === null ? "" : String(value).trim();
}

/** NaN for what is no size, or above what a machine can have (libvirt's "none"). */
function mib(value: unknown): number {
  const text = textOf(value);
  const unit = typeof value === "object" && value !== null ? textOf((value as Element)["@unit"]) : "";
  const bytes = Number(text) * (BYTES[(unit || "KiB").toLowerCase()] ?? Number.NaN);
  return text === "" || bytes > 2 ** 50 ? Number.NaN : bytes / 2 ** 20;
}
