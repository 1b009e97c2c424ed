/**
 * Twin of the scheduler's decisions on one run queue: objects in a tree, and at every group a look at all its children.
 * Virtual time is usage / shares with the remainder kept, lags bounded, ties to the lower name.
 */

export interface Entity {
  readonly row: number;
  readonly shares: number;
  readonly parent: Entity | undefined;
  readonly children: Entity[];
  usedNs: number;
  vtime: number;
  rest: number;
  /** Of a group: the largest virtual time at which a child was chosen. */
  clock: number;
  /** Of a group: how far its children may fall behind that. */
  slack: number;
}

/** A client's parent, or a negative number, and shares, by row; parents come before their children. */
export interface Clients {
  readonly parent: readonly number[];
  readonly shares: readonly number[];
}

const UNIT = 2 ** 12;
const REBASE_AT = 2 ** 46;
const REBASED_CLOCK = 2 ** 44;
const FARTHEST = 2 ** 43;

export function entitiesOf({ parent, shares }: Clients, lagNs: number): Entity[] {
  const entities: Entity[] = [];
  parent.forEach((above, row) => {
    const group = above < 0 ? undefined : entities[above]!;
    const fresh = { children: [], usedNs: 0, vtime: 0, rest: 0, clock: 0, slack: 0 };
    const entity: Entity = { row, shares: shares[row]!, parent: group, ...fresh };
    entities.push(entity);
    group?.children.push(entity);
  });
  for (const group of entities) {
    const least = Math.min(...group.children.map((child) => child.shares));
    group.slack = Math.min(FARTHEST, Math.floor((lagNs * UNIT) / least));
  }
  return entities;
}

/** Charges an entity and every group above it. */
export function charge(entity: Entity, usedNs: number): void {
  entity.usedNs += usedNs;
  const group = entity.parent;
  if (group === undefined) return;
  const total = usedNs * UNIT + entity.rest;
  entity.rest = total % entity.shares;
  entity.vtime += (total - entity.rest) / entity.shares;
  entity.vtime = Math.max(entity.vtime, group.clock - group.slack);
  if (entity.vtime >= REBASE_AT && group.clock > REBASED_CLOCK) {
    const down = group.clock - REBASED_CLOCK;
    for (const child of group.children) child.vtime = Math.max(0, child.vtime - down);
    group.clock = REBASED_CLOCK;
  }
  charge(group, usedNs);
}

/** Whose turn it is below a group all of whose vCPUs want to run. */
export function pick(group: Entity): Entity {
  let least = group.children[0]!;
  for (const child of group.children) if (child.vtime < least.vtime) least = child;
  group.clock = Math.max(group.clock, least.vtime);
  return least.children.length > 0 ? pick(least) : least;
}
