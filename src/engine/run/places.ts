import type { Clock } from '../../world.ts';

/**
 * Places for calls, shared out without knowing who will ask next: how many a tenant, and each of its targets, may hold
 * depends on how many are still free. So whoever holds much has to stop first, and whoever holds none still finds one.
 * No place is taken away again; shares even out as calls end.
 */
export type Places = {
  flowOf(tenant: string, target: string): Flow;
  /** Whether `admit` would give a ticket. */
  mayAdmit(flow: Flow): boolean;
  /** A ticket for one call, with a place, or ahead of it where places of this flow come free soon. */
  admit(flow: Flow): Ticket | undefined;
  /** Gives the ticket a place, if it has none yet and there is one. */
  take(ticket: Ticket): boolean;
  /** Gives back what the ticket holds. */
  end(ticket: Ticket): void;
};

/** One tenant's calls to one target. */
export type Flow = {
  readonly tenant: Share;
  readonly target: Share;
  /** Places that its calls have. */
  held: number;
  /** Tickets without a place. */
  ahead: number;
  /** Jobs that wait for a ticket. */
  waiting: number;
  /** Calls that ended in this second and in the one before it. */
  ended: { second: number; now: number; before: number };
};

/** What a tenant holds in all, or all tenants at one target. */
type Share = { held: number };

export type Ticket = { readonly flow: Flow; hasPlace: boolean };

/**
 * A tenant holds three times as many places as are free at the most: alone three quarters of all, three sevenths beside
 * one that asks for as much.
 */
const TIMES_FREE = 3;

/**
 * What a flow holds counts so many times more against what its tenant may have. Whoever takes a second place then leaves
 * one for another target of its tenant: the first gets half of what the tenant may have, the next one half of the rest.
 */
const FLOW_WEIGHT = 4;

/** Tickets without a place, of all flows: what a crash would leave with an unknown outcome. */
const MOST_AHEAD = 2_000;

/** Of the calls that a flow ended within a second or two, so many may be claimed ahead. */
const AHEAD_OF_ENDED = 1 / 4;

/** Flows are looked through for those that nobody uses when there are more than this. */
const SWEPT_ABOVE = 1_000;

type Options = {
  /** In all, and to one target. */
  readonly count: number;
  readonly countPerTarget: number;
  readonly clock: Pick<Clock, 'monotonic'>;
};

export const createPlaces = ({ count, countPerTarget, clock }: Options): Places => {
  const flows = new Map<string, Map<string, Flow>>();
  const tenants = new Map<string, Share>();
  const targets = new Map<string, Share>();
  let free = count;
  let ahead = 0;
  let size = 0;
  let sweepAbove = SWEPT_ABOVE;

  const shareIn = (shares: Map<string, Share>, name: string): Share => {
    const known = shares.get(name);
    if (known !== undefined) return known;
    const share = { held: 0 };
    shares.set(name, share);
    return share;
  };

  const mayTake = ({ tenant, target, held }: Flow): boolean => {
    if (tenant.held + FLOW_WEIGHT * held >= TIMES_FREE * free) return false;
    const freeThere = countPerTarget - target.held;
    // The last one is for a tenant that has none there.
    return held === 0 ? freeThere > 0 : held < TIMES_FREE * (freeThere - 1);
  };

  const mayGoAhead = (flow: Flow): boolean => ahead < MOST_AHEAD && flow.ahead < AHEAD_OF_ENDED * endedLately(flow);

  const endedLately = ({ ended }: Flow): number => {
    passTime(ended);
    return ended.now + ended.before;
  };

  const passTime = (ended: Flow['ended']): void => {
    const second = Math.floor(clock.monotonic() / 1_000);
    if (second === ended.second) return;
    ended.before = second === ended.second + 1 ? ended.now : 0;
    ended.now = 0;
    ended.second = second;
  };

  const hold = (flow: Flow, places: 1 | -1): void => {
    free -= places;
    flow.held += places;
    flow.tenant.held += places;
    flow.target.held += places;
  };

  const sweep = (): void => {
    const used = { tenants: new Set<Share>(), targets: new Set<Share>() };
    for (const [tenant, ofTenant] of flows) {
      for (const [target, flow] of ofTenant) {
        if (flow.held + flow.ahead + flow.waiting > 0 || endedLately(flow) > 0) {
          used.tenants.add(flow.tenant);
          used.targets.add(flow.target);
        } else {
          ofTenant.delete(target);
          size--;
        }
      }
      if (ofTenant.size === 0) flows.delete(tenant);
    }
    for (const [name, share] of tenants) if (!used.tenants.has(share)) tenants.delete(name);
    for (const [name, share] of targets) if (!used.targets.has(share)) targets.delete(name);
    sweepAbove = Math.max(SWEPT_ABOVE, 2 * size);
  };

  return {
    flowOf: (tenant, target) => {
      const known = flows.get(tenant)?.get(target);
      if (known !== undefined) return known;
      if (size >= sweepAbove) sweep();
      const ofTenant = flows.get(tenant) ?? new Map<string, Flow>();
      flows.set(tenant, ofTenant);
      const flow = {
        tenant: shareIn(tenants, tenant),
        target: shareIn(targets, target),
        held: 0,
        ahead: 0,
        waiting: 0,
        ended: { second: 0, now: 0, before: 0 },
      };
      ofTenant.set(target, flow);
      size++;
      return flow;
    },
    mayAdmit: (flow) => mayTake(flow) || mayGoAhead(flow),
    admit: (flow) => {
      if (mayTake(flow)) {
        hold(flow, 1);
        return { flow, hasPlace: true };
      }
      if (!mayGoAhead(flow)) return undefined;
      ahead++;
      flow.ahead++;
      return { flow, hasPlace: false };
    },
    take: (ticket) => {
      const { flow } = ticket;
      if (ticket.hasPlace) return true;
      if (!mayTake(flow)) return false;
      ahead--;
      flow.ahead--;
      hold(flow, 1);
      ticket.hasPlace = true;
      return true;
    },
    end: ({ flow, hasPlace }) => {
      if (hasPlace) {
        hold(flow, -1);
        passTime(flow.ended);
        flow.ended.now++;
      } else {
        ahead--;
        flow.ahead--;
      }
    },
  };
};
