import type { Clock } from './runtime.ts';

/**
 * Divides call capacity between tenants and targets. The limit of each shrinks as free capacity shrinks, so the largest user
 * stops first and a tenant with no calls still gets one. Capacity is never revoked; shares even out as calls end.
 */
export type FairCapacity = {
  flowOf(tenant: string, target: string): Flow;
  /** Registers another waiting job of the flow. */
  queue(flow: Flow): void;
  /** Unregisters a waiting job. */
  leave(flow: Flow): void;
  /** Whether `admit` would return a permit. */
  mayAdmit(flow: Flow): boolean;
  /** Returns a permit for one call: with capacity or, if the flow's calls end fast enough, without it yet. */
  admit(flow: Flow): Permit | undefined;
  /** Gives the permit capacity if it has none. @returns whether it has capacity now */
  take(ticket: Permit): boolean;
  /** Takes back the capacity of a permit that can't use it yet, and makes it wait like any other. */
  putBack(ticket: Permit): void;
  /** Ends the permit and frees its capacity. */
  end(ticket: Permit): void;
  /** The number of permits that ended. */
  ended(): number;
  /** Visits every flow: for metrics, not for decisions. */
  shares(): CapacityShares;
};

/** The current division of capacity. */
export type CapacityShares = {
  /** By tenant: its running calls and waiting jobs. */
  readonly ofTenants: ReadonlyMap<string, { readonly running: number; readonly waiting: number }>;
  /** Running calls to the busiest target. */
  readonly largestTarget: number;
};

/** One tenant's calls to one target, as in fair queueing. */
export type Flow = {
  readonly tenant: Share;
  readonly target: Share;
  /** Running calls. */
  held: number;
  /** Permits without capacity. */
  ahead: number;
  /** Jobs that wait for a permit; counted by `queue` and `leave`. */
  waiting: number;
  /** Number of calls that ended in this second and in the previous one. */
  ended: { second: number; now: number; before: number };
};

/** Capacity in use by one tenant, or by all tenants at one target, and how many flows have some of it. */
type Share = { held: number; flows: number };

export type Permit = { readonly flow: Flow; hasPlace: boolean };

/**
 * Maximum share of a tenant, as a multiple of the free capacity: three quarters of all capacity alone, three sevenths beside
 * an equally busy tenant.
 */
const TIMES_FREE = 3;

/**
 * Weight of a flow's own calls against its tenant's limit, which leaves capacity for the tenant's other targets: the first
 * target gets half of the tenant's maximum, the next one half of the rest.
 */
const FLOW_WEIGHT = 4;

/** The largest part of a target's capacity that is reserved for tenants without calls there. */
const RESERVED = 1 / 8;

/** Limit on permits without capacity, over all flows: after a crash their outcomes would be unknown. */
export const MAX_AHEAD = 2_000;

/** How long the result of the starvation check is cached, ms: the check visits every waiting flow. */
const PASSED_OVER_KEPT_MS = 10;

/** A flow's permits without capacity, as a fraction of its recently ended calls. */
const AHEAD_OF_ENDED = 1 / 4;

/** Above this many flows, unused ones are deleted. */
const SWEPT_ABOVE = 1_000;

type Options = {
  /** Maximum in total, and to one target. */
  readonly count: number;
  readonly countPerTarget: number;
  /** Limit on permits without capacity. */
  readonly maxAhead: number;
  readonly clock: Clock;
};

export const createFairCapacity = ({ count, countPerTarget, maxAhead, clock }: Options): FairCapacity => {
  const flows = new Map<string, Map<string, Flow>>();
  const tenants = new Map<string, Share>();
  const targets = new Map<string, Share>();
  let free = count;
  let ahead = 0;
  let ended = 0;
  const waitingFlows = new Set<Flow>();
  let passedOver = { is: false, untilMs: Number.NEGATIVE_INFINITY };
  let size = 0;
  let sweepAbove = SWEPT_ABOVE;

  const shareIn = (shares: Map<string, Share>, name: string): Share => {
    const known = shares.get(name);
    if (known !== undefined) return known;
    const share = { held: 0, flows: 0 };
    shares.set(name, share);
    return share;
  };

  const maxReserved = Math.ceil(RESERVED * countPerTarget);

  const mayTake = ({ tenant, target, held }: Flow): boolean => {
    if (tenant.held + FLOW_WEIGHT * held >= TIMES_FREE * free) return false;
    const freeThere = countPerTarget - target.held;
    // The more tenants share a target, the smaller is the capacity that their limits leave free there. As many as have calls
    // there can still join them.
    const reserved = Math.min(target.flows, maxReserved);
    return held === 0 ? freeThere > 0 : held < TIMES_FREE * (freeThere - reserved);
  };

  /**
   * Returns whether a flow without any call waits for just one unit of capacity. Permits without capacity would take each
   * unit before that flow's turn, so none are issued until it was served.
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
    const had = flow.held > 0;
    free -= places;
    flow.held += places;
    for (const share of [flow.tenant, flow.target]) {
      share.held += places;
      share.flows += Number(flow.held > 0) - Number(had);
    }
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
      ended++;
      if (hasPlace) {
        hold(flow, -1);
        passTime(flow.ended);
        flow.ended.now++;
      } else {
        ahead--;
        flow.ahead--;
      }
    },
    ended: () => ended,
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

/** Those that wait for permits. Tenants are served in rotation, and so are the flows of a tenant. */
export type FairQueue<Waiter> = {
  add(waiter: Waiter, flow: Flow): void;
  remove(waiter: Waiter): void;
  /** The flow in which it waits; undefined if it does not wait. */
  flowOf(waiter: Waiter): Flow | undefined;
  /**
   * Removes waiters and serves them, one of each tenant in turn, while their flows may get permits.
   * @param serveOne returns undefined for a waiter that needs no permit any more: the flow's next one is served instead
   */
  serve<Served>(serveOne: (waiter: Waiter, flow: Flow) => Served | undefined, most?: number): Served[];
  /** Whether a permit may have come free for one that waits, since `serve` last ended. */
  mayServe(): boolean;
  readonly size: () => number;
};

export const createFairQueue = <Waiter>(places: FairCapacity): FairQueue<Waiter> => {
  const flowOf = new Map<Waiter, Flow>();
  /** The tenant and the flow that were served last are at the end. */
  const tenants = new Map<Share, Map<Flow, Set<Waiter>>>();
  let servedAtEnds = 0;

  const remove = (waiter: Waiter): void => {
    const flow = flowOf.get(waiter);
    if (flow === undefined) return;
    const flows = tenants.get(flow.tenant);
    const waiters = flows?.get(flow);
    flowOf.delete(waiter);
    places.leave(flow);
    waiters?.delete(waiter);
    if (waiters?.size === 0) flows?.delete(flow);
    if (flows?.size === 0) tenants.delete(flow.tenant);
  };

  return {
    add: (waiter, flow) => {
      const flows = tenants.get(flow.tenant) ?? new Map<Flow, Set<Waiter>>();
      tenants.set(flow.tenant, flows);
      const waiters = flows.get(flow) ?? new Set<Waiter>();
      flows.set(flow, waiters.add(waiter));
      flowOf.set(waiter, flow);
      places.queue(flow);
    },
    remove,
    flowOf: (waiter) => flowOf.get(waiter),
    serve: (serveOne, most = Number.POSITIVE_INFINITY) => {
      const serveFirst = (flow: Flow, waiters: ReadonlySet<Waiter>) => {
        for (const waiter of waiters) {
          remove(waiter);
          const served = serveOne(waiter, flow);
          if (served !== undefined) return served;
        }
        return undefined;
      };
      const serveTenant = (flows: Map<Flow, Set<Waiter>>) => {
        for (const [flow, waiters] of flows) {
          const served = places.mayAdmit(flow) ? serveFirst(flow, waiters) : undefined;
          if (served === undefined) continue;
          finish(flows, flow);
          return served;
        }
        return undefined;
      };
      const all = [];
      for (const [tenant, flows] of tenants) {
        if (all.length === most) break;
        const served = serveTenant(flows);
        if (served === undefined) continue;
        all.push(served);
        // This loop reaches the tenant again after all others.
        finish(tenants, tenant);
      }
      servedAtEnds = all.length === most ? Number.NEGATIVE_INFINITY : places.ended();
      return all;
    },
    mayServe: () => flowOf.size > 0 && places.ended() > servedAtEnds,
    size: () => flowOf.size,
  };
};

/** Moves an entry to the end of a map. */
export const finish = <K, V>(map: Map<K, V>, key: K): void => {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
};
