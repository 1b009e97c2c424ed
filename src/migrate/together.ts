/**
 * Several migrations on one link, beside other traffic: what each takes, and when all are done.
 *
 *   a flow is what one migration sends now: a round, the rest while the guest stands still, pages behind a guest
 *   rates are max-min fair among all flows and the traffic; they change when a flow begins or ends, and only then
 *
 *   link  |AAAAAAAA|AAAABBBB|BBBBBBBB|      A alone, both, B alone
 *
 * A round of pre-copy is the last when what it leaves fits into the downtime limit at the rate the flow has then, as QEMU
 * judges by the bandwidth it sees; what an unchanging rate gives is rule `remaining`.
 *
 * Source: max-min fairness; the rest as in `pre-copy.ts`. Cost: O((rounds + migrations) · flows log flows).
 */
import { pageBytes, readBitsPerSecond, readNs } from "../scenario/units.ts";
import { MigrationError, type MigrationFault } from "./fault.ts";
import { maxMinFair } from "./max-min.ts";
import type { Migration, MigrationMode, MigrationOptions, MigrationRound } from "./migration.ts";
import { counted, PATIENCE, stuck } from "./pre-copy.ts";
import { resolveMigration } from "./resolve.ts";
import { firstPass, pageCost } from "./wire.ts";

/** One of them: as `MigrationOptions`, without a link of its own. */
export interface TogetherOptions
  extends Omit<MigrationOptions, "link" | "bandwidth" | "rule" | "guestTraffic"> {
  readonly name?: string;
  /** Most that it may use; bit/s, all of the link if absent. */
  readonly bandwidth?: string | number;
  /** When it may begin; ns, 0 if absent. */
  readonly start?: string | number;
}

export interface LinkOptions {
  /** Bit/s. */
  readonly link: string | number;
  /** Others' traffic on it, for as long as anything migrates; bit/s each. */
  readonly traffic?: readonly (string | number)[];
  /** At most so many at a time, in the order given; all if absent. */
  readonly atOnce?: number;
  readonly migrations: readonly TogetherOptions[];
}

export interface TogetherPlan {
  readonly name: string;
  readonly mode: MigrationMode;
  readonly converged: boolean;
  readonly reason: string;
  /** From its first byte; later than asked for where it waited for its turn. */
  readonly startNs: number;
  readonly endNs: number;
  readonly totalNs: number;
  readonly downtimeNs: number;
  readonly bytesSent: number;
  /** Mean over all of it. */
  readonly bitsPerS: number;
  readonly rounds: readonly MigrationRound[];
}

export interface LinkPlan {
  readonly linkBitsPerS: number;
  /** Until the last is done. */
  readonly totalNs: number;
  readonly bytesSent: number;
  /** Of the link, by migrations, over that time. */
  readonly usedPpm: number;
  readonly migrations: readonly TogetherPlan[];
  /** What the others' traffic got of what it wanted. */
  readonly traffic: readonly { readonly wantedBitsPerS: number; readonly gotPpm: number }[];
}

type Stage = "waiting" | "rounds" | "stopped" | "push" | "done";

/** A migration under way. */
class Flow {
  readonly name: string;
  readonly mode: MigrationMode;
  readonly capBytesPerS: number;
  readonly startS: number;
  readonly #migration: Migration;
  readonly #rounds: MigrationRound[] = [];
  stage: Stage = "waiting";
  /** Bytes left of what is sent now, and seconds that pass without sending before it. */
  bytesLeft = 0;
  idleS = 0;
  #begunS = 0;
  #roundS = 0;
  #stopS = 0;
  #runsAgainS = 0;
  #pages = 0;
  #bytes = 0;
  #sent = 0;
  #least = Infinity;
  #worse = 0;
  #endS = 0;
  #verdict = { converged: true, reason: "every page goes over once" };

  constructor(name: string, migration: Migration, startS: number) {
    this.name = name;
    this.#migration = migration;
    this.mode = migration.modes[0]!;
    this.capBytesPerS = migration.bytesPerS;
    this.startS = startS;
  }

  get isActive(): boolean {
    return this.stage !== "waiting" && this.stage !== "done";
  }

  begin(nowS: number): void {
    const { latencyS } = this.#migration;
    this.#begunS = nowS;
    this.#pages = this.#migration.memoryPages;
    this.idleS = latencyS;
    if (this.mode === "pre-copy" || this.mode === "hybrid") this.#round(nowS + latencyS);
    else this.#stop(nowS + latencyS);
  }

  /** Time passes at a rate; true when what is sent now is through. */
  pass(seconds: number, bytesPerS: number): boolean {
    const idle = Math.min(this.idleS, seconds);
    this.idleS -= idle;
    const sent = Math.min(this.bytesLeft, bytesPerS * (seconds - idle));
    this.bytesLeft -= sent;
    this.#sent += sent;
    // A byte's hundredth is dust of sums.
    return this.idleS < 1e-12 && this.bytesLeft < 0.01;
  }

  /** What is sent now is through: what comes next. */
  next(nowS: number, bytesPerS: number): void {
    if (this.stage === "rounds") this.#endRound(nowS, bytesPerS);
    else if (this.stage === "stopped") this.#runAgain(nowS);
    else this.#end(nowS);
  }

  #round(nowS: number): void {
    const first = this.#rounds.length === 0;
    this.stage = "rounds";
    this.#roundS = nowS;
    this.#bytes = first
      ? firstPass(this.#migration).bytesUntil(this.#pages)
      : this.#pages * pageCost(this.#migration).again;
    this.bytesLeft = this.#bytes;
  }

  #endRound(nowS: number, bytesPerS: number): void {
    const { dirtying, downtimeLimitS, roundsMax, latencyS } = this.#migration;
    const fromS = this.#roundS - this.#begunS - latencyS;
    const seconds = nowS - this.#roundS;
    const dirtied = dirtying.distinct(fromS, seconds);
    this.#rounds.push({
      pages: this.#pages,
      bytes: this.#bytes,
      ns: Math.round(seconds * 1e9),
      dirtiedPages: dirtied,
      throttlePpm: 0,
    });
    this.#pages = dirtied;
    this.#worse = dirtied < this.#least * (1 - 1e-9) ? 0 : this.#worse + 1;
    this.#least = Math.min(this.#least, dirtied);
    const most = this.mode === "hybrid" && roundsMax === Infinity ? 1 : roundsMax;
    if (this.mode === "pre-copy" && dirtied * pageBytes <= bytesPerS * downtimeLimitS) {
      this.#verdict = { converged: true, reason: "the remainder can be sent within the downtime limit" };
    } else if (this.#rounds.length >= most) {
      this.#verdict =
        this.mode === "hybrid"
          ? { converged: true, reason: "what is dirty at the switch goes over behind the guest" }
          : counted(most);
    } else if (this.#worse >= PATIENCE) this.#verdict = stuck;
    else {
      this.#round(nowS);
      return;
    }
    this.#stop(nowS);
  }

  #stop(nowS: number): void {
    const { deviceBytes, latencyS, switchoverS } = this.#migration;
    this.stage = "stopped";
    this.#stopS = nowS;
    this.bytesLeft = deviceBytes + (this.#sendsBehind ? 0 : this.#leftBytes);
    if (this.mode === "stop-and-copy") {
      this.#verdict = { converged: true, reason: "everything is sent while the guest stands still" };
    }
    // Before the first flow of this migration its round trip is idle already.
    this.idleS += latencyS + switchoverS;
  }

  #runAgain(nowS: number): void {
    this.#runsAgainS = nowS;
    if (!this.#sendsBehind) {
      this.#end(nowS);
      return;
    }
    this.stage = "push";
    this.bytesLeft = this.#leftBytes;
  }

  get #sendsBehind(): boolean {
    return this.mode === "post-copy" || this.mode === "hybrid";
  }

  get #leftBytes(): number {
    if (this.#rounds.length === 0) return firstPass(this.#migration).bytesUntil(this.#pages);
    const { normal, again } = pageCost(this.#migration);
    return this.#pages * (this.#sendsBehind ? normal : again);
  }

  #end(nowS: number): void {
    this.stage = "done";
    this.#endS = nowS;
  }

  plan(): TogetherPlan {
    const seconds = this.#endS - this.#begunS;
    const ns = (s: number): number => Math.round(s * 1e9);
    return {
      name: this.name,
      mode: this.mode,
      ...this.#verdict,
      startNs: ns(this.#begunS),
      endNs: ns(this.#endS),
      totalNs: ns(seconds),
      downtimeNs: ns(this.#runsAgainS - this.#stopS),
      bytesSent: Math.round(this.#sent),
      bitsPerS: seconds > 0 ? (this.#sent * 8) / seconds : 0,
      rounds: this.#rounds,
    };
  }
}

/**
 * Plans several migrations on one link.
 *
 * Throws MigrationError for what cannot be planned, with every fault: `migrations[2].memory`.
 */
export function planMigrations(options: LinkOptions): LinkPlan {
  const { flows, capacity, traffic, atOnce } = readTogether(options);
  const got = traffic.map(() => 0);
  let nowS = 0;
  for (;;) {
    for (const flow of flows) {
      const active = flows.filter(({ isActive }) => isActive).length;
      if (flow.stage === "waiting" && flow.startS <= nowS && active < atOnce) flow.begin(nowS);
    }
    const active = flows.filter(({ isActive }) => isActive);
    const sending = active.filter(({ idleS, bytesLeft }) => idleS < 1e-12 && bytesLeft > 0);
    const rates = maxMinFair(capacity, [...sending.map(({ capBytesPerS }) => capBytesPerS), ...traffic]);
    const rateOf = (flow: Flow): number => rates[sending.indexOf(flow)] ?? 0;
    const stepS = Math.min(
      ...active.map((flow) => (flow.idleS >= 1e-12 ? flow.idleS : flow.bytesLeft / rateOf(flow) || 0)),
      ...flows
        .filter(({ stage, startS }) => stage === "waiting" && startS > nowS)
        .map((f) => f.startS - nowS),
    );
    if (active.length === 0 && stepS === Infinity) break;
    for (const index of traffic.keys()) got[index]! += rates[sending.length + index]! * stepS;
    nowS += stepS;
    for (const flow of active) {
      const rate = rateOf(flow);
      if (flow.pass(stepS, rate)) flow.next(nowS, rate > 0 ? rate : flow.capBytesPerS);
    }
  }
  const migrations = flows.map((flow) => flow.plan());
  const bytesSent = migrations.reduce((sum, one) => sum + one.bytesSent, 0);
  return {
    linkBitsPerS: capacity * 8,
    totalNs: Math.round(nowS * 1e9),
    bytesSent,
    usedPpm: nowS > 0 ? Math.round((1e6 * bytesSent) / (capacity * nowS)) : 0,
    migrations,
    traffic: traffic.map((wanted, index) => ({
      wantedBitsPerS: wanted * 8,
      gotPpm: nowS > 0 && wanted > 0 ? Math.round((1e6 * got[index]!) / (wanted * nowS)) : 1e6,
    })),
  };
}

interface Together {
  readonly flows: Flow[];
  readonly capacity: number;
  readonly traffic: number[];
  readonly atOnce: number;
}

function readTogether({ link, traffic = [], atOnce = Infinity, migrations }: LinkOptions): Together {
  const faults: MigrationFault[] = [];
  const bits = (path: string, given: string | number, least: number): number => {
    const value = typeof given === "number" ? given : readBitsPerSecond(given);
    if (typeof value === "number" && value >= least && value < Infinity) return value;
    const expected = typeof value === "number" ? "a rate above 0" : value.expected;
    faults.push({ path, expected, got: String(given) });
    return 1;
  };
  const capacity = bits("link", link, Number.MIN_VALUE) / 8;
  const others = traffic.map((rate, index) => bits(`traffic[${index}]`, rate, 0) / 8);
  if (!(atOnce >= 1)) faults.push({ path: "atOnce", expected: "1 or more", got: String(atOnce) });
  if (migrations.length === 0) faults.push({ path: "migrations", expected: "at least one", got: "none" });
  const flows = migrations.flatMap((one, index) => {
    const { name = `vm-${index + 1}`, start = 0, bandwidth = capacity * 8, mode = "pre-copy", ...rest } = one;
    const startNs = typeof start === "number" ? start : readNs(start);
    const path = `migrations[${index}]`;
    if (typeof startNs !== "number" || !(startNs >= 0 && startNs < Infinity)) {
      faults.push({ path: `${path}.start`, expected: "a time", got: String(start) });
      return [];
    }
    try {
      const migration = resolveMigration({ rule: "remaining", ...rest, bandwidth, mode });
      if (migration.modes.length > 1) {
        faults.push({ path: `${path}.mode`, expected: "one mode", got: migration.modes.join(",") });
      }
      return [new Flow(name, migration, startNs / 1e9)];
    } catch (fault) {
      if (!(fault instanceof MigrationError)) throw fault;
      faults.push(...fault.faults.map((each) => ({ ...each, path: `${path}.${each.path}` })));
      return [];
    }
  });
  if (faults.length > 0) throw new MigrationError(faults);
  return { flows, capacity, traffic: others, atOnce };
}
