/**
 * Network switch-over: who sends packets to the guest learns of its new place from announcements; what comes before is lost.
 *
 *   stop |....... downtime .......| run, announce  +50 ms  +150 ms  +250 ms  +350 ms     (five, or as many as are asked for)
 *        |--- packets are lost ---------|  half a round trip behind the first that is heard
 *
 *   delay behind announcement k = min(most, initial + (k − 1) · step)
 *
 * Source: QEMU's documented defaults (50, 550, 5, 100 ms); Clark et al., NSDI 2005, §3.4. Cost: O(announcements).
 */

export interface Announcing {
  readonly initialS: number;
  readonly mostS: number;
  readonly stepS: number;
  readonly rounds: number;
}

export const qemuAnnouncing: Announcing = { initialS: 0.05, mostS: 0.55, stepS: 0.1, rounds: 5 };

/** What the network sees of a plan. */
export interface NetworkPlan {
  /** From the guest's stop until packets reach it again. */
  readonly silentNs: number;
  /** After the guest's start on the destination. */
  readonly announcementsNs: readonly number[];
  /** Of packets sent to the guest; where their rate is known. */
  readonly lostPackets?: number;
}

/** Seconds behind the guest's start at which announcements go out. */
export function announcementsOf({ initialS, mostS, stepS, rounds }: Announcing): number[] {
  const at: number[] = [];
  let nowS = 0;
  for (let round = 0; round < rounds; round += 1) {
    at.push(nowS);
    nowS += Math.min(mostS, initialS + round * stepS);
  }
  return at;
}

const qemuAtS: readonly number[] = announcementsOf(qemuAnnouncing);
const qemuAtNs: readonly number[] = qemuAtS.map((seconds) => Math.round(seconds * 1e9));

/**
 * The network's part of a plan.
 *
 * @param unheard          so many announcements are lost; of all of them, packets come when the guest sends some itself
 * @param packetsPerS      sent to the guest; 0: not known
 */
export function networkOf(
  downtimeS: number,
  {
    latencyS,
    unheard,
    packetsPerS,
  }: { readonly latencyS: number; readonly unheard: number; readonly packetsPerS: number },
): NetworkPlan {
  const heard = qemuAtS[Math.min(unheard, qemuAtS.length - 1)]!;
  const silentS = downtimeS + heard + latencyS / 2;
  return {
    silentNs: Math.round(silentS * 1e9),
    announcementsNs: qemuAtNs,
    ...(packetsPerS > 0 ? { lostPackets: Math.round(silentS * packetsPerS) } : {}),
  };
}
