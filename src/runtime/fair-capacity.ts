import type { Clock } from './runtime.ts';

/**
 * Shares out the places for calls. How many places a tenant and each of its targets may hold depends on how many are
 * still free. So the largest holder stops first, and a tenant that holds none still finds one. No place is taken away
 * again; shares even out as calls end.
 */
export type FairCapacity = {
  flowOf(tenant: string, target: string): Flow;
  /** One more job of the flow waits for a ticket. */
  queue(flow: Flow): void;
  /** One less. */
  leave(flow: Flow): void;
  /** Whether `admit` would give a ticket. */
  mayAdmit(flow: Flow): boolean;
  /** Gives a ticket for one call: with a place, or without one yet if the flow's calls end fast enough. */
  admit(flow: Flow): Permit | undefined;
  /** Gives the ticket a place if it has none. @returns whether it has one now */
  take(ticket: Permit): boolean;
  /** Takes the place of a ticket that can not use it yet: it waits for one like any other. */
  putBack(ticket: Permit): void;
  /** Returns the ticket, with its place if it has one. */
  end(ticket: Permit): void;
  /** Looks at every flow: for metrics, not for decisions. */
  shares(): CapacityShares;
};

/** How the places are shared out just now. */
export type CapacityShares = {
  /** By tenant: places that it holds, and its jobs that wait for one. */
  readonly ofTenants: ReadonlyMap<string, { readonly running: number; readonly waiting: number }>;
  /** Places at the target that holds the most. */
  readonly largestTarget: number;
};

/** One tenant's calls to one target, as in fair queueing. */
export type Flow = {
  readonly tenant: Share;
  readonly target: Share;
  /** Places that its calls hold. */
  held: number;
  /** Tickets without a place. */
  ahead: number;
  /** Jobs that wait for a ticket; counted by `queue` and `leave`. */
  waiting: number;
  /** How many calls ended in this second and in the one before it. */
  ended: { second: number; now: number; before: number };
};

/** The places that one tenant holds, or that all tenants hold at one target. */
type Share = { held: number };

export type Permit = { readonly flow: Flow; hasPlace: boolean };

/**
 * A tenant holds at most three times as many places as are free: alone that is three quarters of all places, beside a
 * tenant that asks for as much three sevenths.
 */
const TIMES_FREE = 3;

/**
 * A flow's own places count so many times more against its tenant's limit, which leaves room for the tenant's other
 * targets: the first target gets half of what the tenant may hold, the next one half of the rest.
 */
const FLOW_WEIGHT = 4;

/** Limit on tickets without a place, all flows together: after a crash their outcomes would be unknown. */
export const MAX_AHEAD = 2_000;

/** How long the answer to whether a flow is passed over is good, ms: to ask means to look at every flow that waits. */
const PASSED_OVER_KEPT_MS = 10;

/** A flow may have this share of its recently ended calls as tickets without a place. */
const AHEAD_OF_ENDED = 1 / 4;

/** Above this many flows, unused ones are deleted. */
const SWEPT_ABOVE = 1_000;

type Options = {
  /** In all, and to one target. */
  readonly count: number;
  readonly countPerTarget: number;
  /** Limit on tickets without a place. */
  readonly maxAhead: number;
  readonly clock: Clock;
};

export const createFairCapacity = ({ count, countPerTarget, maxAhead, clock }: Options): FairCapacity => {
  const flows = new Map<string, Map<string, Flow>>();
  const tenants = new Map<string, Share>();
  const targets = new Map<string, Share>();
  let free = count;
  let ahead = 0;
  const waitingFlows = new Set<Flow>();
  let passedOver = { is: false, untilMs: Number.NEGATIVE_INFINITY };
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
    // The last place at a target is kept for a tenant that holds none there.
    return held === 0 ? freeThere > 0 : held < TIMES_FREE * (freeThere - 1);
  };

  /**
   * Whether a flow waits that has nothing, and that a single free place would do for. Tickets without a place would take
   * each place that comes free before it is that flow's turn, so none are given until it has been served.
   */
  const isSomeFlowPassedOver = (): boolean => {
    const nowMs = clock.monotonic();
    if (nowMs >= passedOver.untilMs) {
      const is = [...waitingFlows].some(({ tenant, held, ahead }) => held + ahead === 0 && tenant.held < TIMES_FREE);
      passedOver = { is, untilMs: nowMs + PASSED_OVER_KEPT_MS };
    }
    return passedOver.is;
  };

  const mayGoAhead = (flow: Flow): boolean =>
    ahead < maxAhead && flow.ahead < AHEAD_OF_ENDED * endedLately(flow) && !isSomeFlowPassedOver();

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
    queue: (flow) => {
      flow.waiting++;
      waitingFlows.add(flow);
    },
    leave: (flow) => {
      flow.waiting--;
      if (flow.waiting === 0) waitingFlows.delete(flow);
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
    putBack: (ticket) => {
      const { flow } = ticket;
      if (!ticket.hasPlace) return;
      hold(flow, -1);
      ahead++;
      flow.ahead++;
      ticket.hasPlace = false;
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
    shares: () => ({
      ofTenants: new Map(
        [...flows].map(([tenant, ofTenant]) => {
          const ofFlows = [...ofTenant.values()];
          const sum = (what: 'held' | 'waiting') => ofFlows.reduce((all, flow) => all + flow[what], 0);
          return [tenant, { running: sum('held'), waiting: sum('waiting') }];
        }),
      ),
      largestTarget: [...targets.values()].reduce((most, { held }) => Math.max(most, held), 0),
    }),
  };
};

/** Makes an entry of a map its last. */
export const finish = <K, V>(map: Map<K, V>, key: K): void => {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
};
