/**
 * Min-funding revocation with the idle memory tax, the naive way: everybody starts at the maximum, and whoever pays
 * least for a page loses the next one, until what is left fits.
 *
 *   price = shares / (P · (f + k · (1 - f)))      f = active part of P, k = 1 / (1 - tax)
 */

export interface Client {
  readonly shares: number;
  readonly minPages: number;
  readonly maxPages: number;
  readonly activePages: number;
  /** 0 … 0.99 */
  readonly tax: number;
}

/** What a client pays for a page while it has so many; one without pages has nothing to lose. */
export function price({ shares, activePages, tax }: Client, pages: number): number {
  if (pages === 0) return Number.POSITIVE_INFINITY;
  const active = Math.min(1, activePages / pages);
  return shares / (pages * (active + (1 - active) / (1 - tax)));
}

/**
 * Page by page.
 *
 * @returns pages per client; of equal prices the first client pays
 */
export function revoke(clients: readonly Client[], totalPages: number): number[] {
  const pages = clients.map(({ maxPages }) => maxPages);
  let held = pages.reduce((sum, own) => sum + own, 0);
  for (; held > totalPages; held -= 1) {
    let poorest = -1;
    for (const [i, client] of clients.entries()) {
      if (pages[i]! <= client.minPages) continue;
      if (poorest < 0 || price(client, pages[i]!) < price(clients[poorest]!, pages[poorest]!)) poorest = i;
    }
    if (poorest < 0) break;
    pages[poorest]! -= 1;
  }
  return pages;
}
