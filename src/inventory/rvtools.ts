/**
 * RVTools: the tabs vInfo, vHost, vCPU, vMemory, vRP and vCluster, of one workbook or as CSV files.
 *
 * Columns come and go with versions: they are found by name, whatever its case, with `MB` or `MiB`, and with the tab's name before it
 * (`vInfoVMName`). Needed are VM, Powerstate, CPUs, Memory, Host of vInfo and Host, # Cores, Speed, # Memory of vHost. In files with `;`
 * a point parts thousands. A limit of −1 is none.
 */
import { type Columns, type Head, plainName, type Row, type RowReader } from "../demand/index.ts";
import { controls, type EstateBuilder } from "./estate.ts";
import type { InventoryFormat } from "./format.ts";

const TABS: Readonly<Record<string, readonly string[]>> = {
  vInfo: ["powerstate", "cpus", "memory"],
  vHost: ["speed", "numbercores", "numbermemory"],
  vCPU: ["cpus", "coresps", "overall"],
  vMemory: ["sizemb", "consumed", "active"],
  vRP: ["resourcepoolname"],
  vCluster: ["name", "numhosts", "numcpucores"],
};

export const rvtools: InventoryFormat = {
  name: "rvtools",
  about: "RVTools: .xlsx, or CSV files of its tabs (vInfo, vHost; vCPU, vMemory, vRP, vCluster)",
  parts: ["vInfo", "vHost", "vCPU", "vMemory", "vRP", "vCluster"].map((name) => ({
    name,
    matches: (head: Head) => tabOf(head.cells[0] ?? []) === name,
  })),
  reader: (part, builder, { head }) => READERS[part]!(builder, isLocal(head)),
};

/** Which tab a header belongs to; undefined: none that is read. */
export function tabOf(header: readonly string[]): string | undefined {
  const names = new Set(header.map(withoutTab));
  // vCPU and vMemory have the columns of vInfo's VMs too: those that say more come first.
  return ["vCPU", "vMemory", "vInfo", "vHost", "vRP", "vCluster"].find((tab) =>
    TABS[tab]!.every((name) => names.has(name)),
  );
}

function withoutTab(name: string): string {
  return plainName(name.replace(/^v(?:Info|Host|Cluster|CPU|Memory|RP)(?=[A-Z#%])/, ""));
}

/** Whether numbers are written with a comma before their decimals. */
function isLocal({ lines }: Head): boolean {
  return (lines[0] ?? "").includes(";");
}

const READERS: Readonly<Record<string, (builder: EstateBuilder, isLocal: boolean) => RowReader>> = {
  vInfo,
  vHost,
  vCPU: vCpu,
  vMemory,
  vRP: vPool,
  vCluster,
};

/** Columns by name, whatever tab they say. */
class Tab {
  readonly #at = new Map<string, number>();
  readonly #columns: Columns;
  readonly #isLocal: boolean;

  constructor(columns: Columns, isLocal: boolean) {
    this.#columns = columns;
    this.#isLocal = isLocal;
    for (const [at, name] of columns.names.entries()) {
      const plain = withoutTab(name);
      if (!this.#at.has(plain)) this.#at.set(plain, at);
    }
  }

  find(...names: readonly string[]): number {
    for (const name of names) {
      const at = this.#at.get(plainName(name));
      if (at !== undefined) return at;
    }
    return -1;
  }

  need(...names: readonly string[]): number {
    const at = this.find(...names);
    return at >= 0 ? at : this.#columns.need(names[0]!);
  }

  /** A number as people write it: `196,514`, `196.514,5`, `1 024`. Absent: NaN; anything else is a fault. */
  amount(row: Row, column: number, what: string): number {
    const text = row.text(column).replace(/[\s'\u00a0\u202f]/g, "");
    if (column < 0 || text === "") return Number.NaN;
    const [thousands, decimal] = this.#isLocal ? [/\./g, ","] : [/,/g, "."];
    const value = Number(text.replace(thousands, "").replace(decimal, "."));
    return Number.isFinite(value) ? value : row.fail(column, `${what}, a number`);
  }

  /** A number above or at `least`. */
  needed(row: Row, column: number, least: number, what: string): number {
    const value = this.amount(row, column, what);
    return value >= least ? value : row.fail(column, `${what}, a number from ${least}`);
  }
}

const isTrue = (text: string): boolean => /^(?:true|yes|1|wahr|vrai)$/i.test(text.trim());

function vInfo(builder: EstateBuilder, isLocal: boolean): RowReader {
  let tab: Tab;
  let at: Record<string, number> = {};
  return {
    columns(columns: Columns): void {
      tab = new Tab(columns, isLocal);
      at = {
        vm: tab.need("VM", "VM Name", "Name"),
        power: tab.need("Powerstate"),
        cpus: tab.need("CPUs", "Num CPU"),
        memory: tab.need("Memory", "Memory MB"),
        host: tab.need("Host"),
        template: tab.find("Template"),
        active: tab.find("Active Memory"),
        cluster: tab.find("Cluster"),
        pool: tab.find("Resource pool"),
        priority: tab.find("HA Restart Priority"),
        os: tab.find("OS according to the configuration file", "OS"),
        datacenter: tab.find("Datacenter"),
      };
    },
    row(row: Row): void {
      const name = row.named(at.vm!, "the name of a VM");
      const before = builder.places.get(`vm ${name}`);
      if (before !== undefined) row.fail(at.vm!, "each VM once", `${name}, which line ${before} has too`);
      const power = row.text(at.power!);
      const isTemplate = isTrue(row.text(at.template!));
      const active = tab.amount(row, at.active!, "active memory in MiB");
      const label = (key: string) => (row.text(at[key]!) === "" ? {} : { [key]: row.text(at[key]!) });
      const vm = {
        name,
        host: row.text(at.host!),
        vcpus: tab.needed(row, at.cpus!, 1, "a number of vCPUs"),
        memoryMib: tab.needed(row, at.memory!, 1, "memory in MiB"),
        isOn: !isTemplate && /on$/i.test(power),
        gpus: 0,
        ...(row.text(at.cluster!) === "" ? {} : { cluster: row.text(at.cluster!) }),
        ...(row.text(at.pool!) === "" ? {} : { pool: row.text(at.pool!) }),
        ...(active > 0 ? { activeMib: active } : {}),
        cpu: {},
        memory: {},
        labels: { ...label("priority"), ...label("os"), ...label("datacenter") },
      };
      builder.places.set(`vm ${name}`, String(row.line));
      builder.vms.set(name, vm);
    },
  };
}

function vHost(builder: EstateBuilder, isLocal: boolean): RowReader {
  let tab: Tab;
  let at: Record<string, number> = {};
  return {
    columns(columns: Columns): void {
      tab = new Tab(columns, isLocal);
      at = {
        host: tab.need("Host", "Name"),
        speed: tab.need("Speed"),
        cores: tab.need("# Cores"),
        memory: tab.need("# Memory"),
        sockets: tab.find("# CPU"),
        threads: tab.find("HT Active"),
        usage: tab.find("CPU usage %"),
        cluster: tab.find("Cluster"),
        model: tab.find("Model"),
        datacenter: tab.find("Datacenter"),
      };
    },
    row(row: Row): void {
      const name = row.named(at.host!, "the name of a host");
      const before = builder.places.get(`host ${name}`);
      if (before !== undefined) row.fail(at.host!, "each host once", `${name}, which line ${before} has too`);
      const cores = tab.needed(row, at.cores!, 1, "a number of cores");
      const said = tab.amount(row, at.sockets!, "a number of CPUs");
      const sockets = said >= 1 && cores % said === 0 ? said : 1;
      const usage = tab.amount(row, at.usage!, "CPU usage in percent");
      if (usage < 0 || usage > 100) row.fail(at.usage!, "CPU usage in percent, a number from 0 to 100");
      const label = (key: string) => (row.text(at[key]!) === "" ? {} : { [key]: row.text(at[key]!) });
      builder.places.set(`host ${name}`, String(row.line));
      builder.hosts.set(name, {
        name,
        sockets,
        coresPerSocket: cores / sockets,
        threadsPerCore: isTrue(row.text(at.threads!)) ? 2 : 1,
        mhz: tab.needed(row, at.speed!, 1, "a speed in MHz"),
        memoryMib: tab.needed(row, at.memory!, 1, "memory in MiB"),
        gpus: 0,
        ...(row.text(at.cluster!) === "" ? {} : { cluster: row.text(at.cluster!) }),
        ...(usage >= 0 ? { cpuUsage: usage / 100 } : {}),
        labels: { ...label("model"), ...label("datacenter") },
      });
    },
  };
}

function vCpu(builder: EstateBuilder, isLocal: boolean): RowReader {
  return controlTab(builder, isLocal, (tab) => {
    const overall = tab.find("Overall");
    return (row, name, own) => {
      const mhz = tab.amount(row, overall, "MHz");
      const vm = builder.vms.get(name);
      const clock = builder.hosts.get(vm?.host ?? "")?.mhz ?? 0;
      const most = (vm?.vcpus ?? 0) * clock;
      builder.amend(name, {
        cpu: own,
        ...(mhz >= 0 && most > 0 ? { cpuDemand: Math.min(1, mhz / most) } : {}),
      });
    };
  });
}

function vMemory(builder: EstateBuilder, isLocal: boolean): RowReader {
  return controlTab(builder, isLocal, (tab) => {
    const active = tab.find("Active");
    return (row, name, own) => {
      const mib = tab.amount(row, active, "MiB");
      builder.amend(name, { memory: own, ...(mib >= 0 ? { activeMib: mib } : {}) });
    };
  });
}

type Controls = ReturnType<typeof controls>;

/** A tab with a row a VM, and its shares, reservation and limit. */
function controlTab(
  _builder: EstateBuilder,
  isLocal: boolean,
  more: (tab: Tab) => (row: Row, name: string, own: Controls) => void,
): RowReader {
  let tab: Tab;
  let at = { vm: 0, shares: 0, reservation: 0, limit: 0 };
  let amend: (row: Row, name: string, own: Controls) => void = () => {};
  return {
    columns(columns: Columns): void {
      tab = new Tab(columns, isLocal);
      at = {
        vm: tab.need("VM", "VM Name"),
        shares: tab.find("Shares"),
        reservation: tab.find("Reservation"),
        limit: tab.find("Limit"),
      };
      amend = more(tab);
    },
    row(row: Row): void {
      const name = row.named(at.vm, "the name of a VM");
      const own = controls(
        tab.amount(row, at.reservation, "a reservation"),
        tab.amount(row, at.limit, "a limit"),
        tab.amount(row, at.shares, "shares"),
      );
      amend(row, name, own);
    },
  };
}

function vPool(builder: EstateBuilder, isLocal: boolean): RowReader {
  let tab: Tab;
  let at: Record<string, number> = {};
  const group = (row: Row, kind: string) =>
    controls(
      tab.amount(row, at[`${kind} reservation`]!, "a reservation"),
      tab.amount(row, at[`${kind} limit`]!, "a limit"),
      tab.amount(row, at[`${kind} shares`]!, "shares"),
    );
  return {
    columns(columns: Columns): void {
      tab = new Tab(columns, isLocal);
      const keys = ["CPU", "Mem"].flatMap((kind) =>
        ["reservation", "limit", "shares"].map((key) => `${kind} ${key}`),
      );
      at = {
        name: tab.need("Resource Pool name"),
        path: tab.find("Resource Pool path"),
        expandable: tab.find("CPU expandableReservation"),
        ...Object.fromEntries(keys.map((key) => [key, tab.find(key)])),
      };
    },
    row(row: Row): void {
      const name = row.named(at.name!, "the name of a resource pool");
      const path = row
        .text(at.path!)
        .split("/")
        .filter((part) => part !== "");
      const above = path.at(-1) === name ? path.at(-2) : path.at(-1);
      const isRoot = above === undefined || /^Resources$/i.test(above);
      if (/^Resources$/i.test(name)) return;
      builder.pools.set(name, {
        name,
        ...(isRoot ? {} : { parent: above }),
        expandable: at.expandable! < 0 || isTrue(row.text(at.expandable!)),
        cpu: group(row, "CPU"),
        memory: group(row, "Mem"),
      });
    },
  };
}

function vCluster(builder: EstateBuilder, isLocal: boolean): RowReader {
  let tab: Tab;
  let at: Record<string, number> = {};
  return {
    columns(columns: Columns): void {
      tab = new Tab(columns, isLocal);
      at = {
        name: tab.need("Name"),
        hosts: tab.need("NumHosts"),
        failover: tab.find("Failover Level"),
        balanced: tab.find("DRS enabled"),
      };
    },
    row(row: Row): void {
      const name = row.named(at.name!, "the name of a cluster");
      builder.clusters.set(name, {
        name,
        hosts: tab.needed(row, at.hosts!, 0, "a number of hosts"),
        failoverHosts: tab.amount(row, at.failover!, "a number of hosts") || 0,
        isBalanced: isTrue(row.text(at.balanced!)),
      });
    },
  };
}
