/**
 * The idle memory tax in closed form: where min-funding revocation stops, without revoking page by page.
 *
 *   price of a page  = shares / charge                        who pays least loses the next page
 *   charge           = P                        if P <= A     an active page counts once,
 *                      A + (P - A) / (1 - tax)  else          an idle one 1 / (1 - tax) times
 *   so it stops at   P = clamp(min(level · S, (1 - tax) · level · S + tax · A), min, max),  one level for all, sum P = T
 *
 *   P |              ___max        a client gains by its shares up to what it uses,
 *     |          _--´              from there on by only (1 - tax) of them
 *   A |       /´
 *     |      /
 * min |_____/                      without tax the knee is gone: plain shares
 *     +------------------ level
 *
 * Each is a line with three bends, and so is their sum: sort the bends, find the piece on which T lies, solve its
 * equation.
 *
 * Source: Waldspurger OSDI'02 §5.2-5.3 for price and tax; the closed form is algebra on it. Cost: O(n log n).
 */

/** Clients that divide memory, one per index; amounts in pages. */
export interface TaxedClients {
  /** Above 0. */
  readonly shares: Float64Array;
  /** 0 … 0.99: part of an idle page's worth that is taxed away. */
  readonly tax: Float64Array;
  readonly low: Float64Array;
  /** At least `low`, finite. */
  readonly high: Float64Array;
  /** In active use. */
  readonly active: Float64Array;
}

/** Levels at which a client leaves its minimum, has all that it uses, and reaches its maximum. */
interface Bends {
  readonly leave: Float64Array;
  readonly knee: Float64Array;
  readonly reach: Float64Array;
}

/**
 * What a client is charged for its pages: the denominator of the price.
 *
 * @param pages        that it has
 * @param activePages  of them in active use; above `pages` it counts no more than they
 * @param taxPpm       0 … 990_000
 * @returns            pages: active ones once, idle ones 1 / (1 − tax) times
 */
export function chargedPages(pages: number, activePages: number, taxPpm: number): number {
  const active = Math.min(pages, activePages);
  return active + ((pages - active) * 1e6) / (1e6 - taxPpm);
}

/**
 * Divides memory among clients, parts of pages too.
 *
 * @param capacity  pages, between the sums of `low` and of `high`
 * @param out       per client
 */
export function fillTaxed(clients: TaxedClients, capacity: number, out: Float64Array): void {
  const { low, high } = clients;
  const bends = bendsOf(clients);
  const [below, above] = pieceOf(clients, bends, capacity);
  const { fixed, slope } = lineOf(clients, bends, below, above);
  const level = slope > 0 ? (capacity - fixed) / slope : below;
  for (let i = 0; i < out.length; i += 1) {
    if (bends.leave[i]! >= above) out[i] = low[i]!;
    else if (bends.reach[i]! <= below) out[i] = high[i]!;
    else out[i] = Math.min(Math.max(pagesAt(clients, i, level, bends.knee[i]! <= below), low[i]!), high[i]!);
  }
}

/** A client's pages at a level, its bounds left out. */
function pagesAt({ shares, tax, active }: TaxedClients, i: number, level: number, taxed: boolean): number {
  const own = level * shares[i]!;
  return taxed ? (1 - tax[i]!) * own + tax[i]! * active[i]! : own;
}

function bendsOf({ shares, tax, low, high, active }: TaxedClients): Bends {
  const count = shares.length;
  const bends = {
    leave: new Float64Array(count),
    knee: new Float64Array(count),
    reach: new Float64Array(count),
  };
  for (let i = 0; i < count; i += 1) {
    const [share, rate, used] = [shares[i]!, tax[i]!, active[i]!];
    const levelOf = (pages: number): number =>
      pages <= used ? pages / share : (pages - rate * used) / ((1 - rate) * share);
    bends.leave[i] = levelOf(low[i]!);
    bends.knee[i] = used / share;
    bends.reach[i] = levelOf(high[i]!);
  }
  return bends;
}

/** The two bends, of all clients', between which the level lies that gives `capacity`. */
function pieceOf(clients: TaxedClients, bends: Bends, capacity: number): readonly [number, number] {
  const count = clients.shares.length;
  const all = new Float64Array(3 * count);
  all.set(bends.leave);
  all.set(bends.knee, count);
  all.set(bends.reach, 2 * count);
  all.sort();
  // What a level gives never falls as it rises: halve between one that gives too little and one that gives enough.
  let few = -1;
  let enough = all.length - 1;
  while (enough - few > 1) {
    const middle = (few + enough) >> 1;
    if (sumAt(clients, bends, all[middle]!) < capacity) few = middle;
    else enough = middle;
  }
  return [few < 0 ? 0 : all[few]!, all[enough]!];
}

/** What all get together at a level. */
function sumAt(clients: TaxedClients, { leave, knee, reach }: Bends, level: number): number {
  const { low, high } = clients;
  let sum = 0;
  for (let i = 0; i < low.length; i += 1) {
    if (level <= leave[i]!) sum += low[i]!;
    else if (level >= reach[i]!) sum += high[i]!;
    else sum += pagesAt(clients, i, level, level >= knee[i]!);
  }
  return sum;
}

/** The sum as a line of the level, on the piece between two neighbouring bends. */
function lineOf(clients: TaxedClients, { leave, knee, reach }: Bends, below: number, above: number) {
  const { shares, tax, low, high, active } = clients;
  let fixed = 0;
  let slope = 0;
  for (let i = 0; i < shares.length; i += 1) {
    if (leave[i]! >= above) fixed += low[i]!;
    else if (reach[i]! <= below) fixed += high[i]!;
    else if (knee[i]! <= below) {
      fixed += tax[i]! * active[i]!;
      slope += (1 - tax[i]!) * shares[i]!;
    } else slope += shares[i]!;
  }
  return { fixed, slope };
}
