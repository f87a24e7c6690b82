import { createFairCapacity, type Flow, finish, type Permit } from './fair-capacity.ts';
import type { Clock } from './runtime.ts';

/** The tenant of an action, and the target that it calls. */
type Caller = { readonly tenant: string; readonly target: string };

/**
 * Limits simultaneous actions. Tenants and targets share the capacity like that for calls (ADR 13), so a tenant with hanging
 * actions leaves capacity to the others. Waiting tenants are served in rotation.
 */
export type FairSemaphore = { run<T>(caller: Caller, action: () => Promise<T>): Promise<T> };

type Options = {
  /** Maximum simultaneous actions: in total, and to one target. */
  readonly count: number;
  readonly countPerTarget: number;
  readonly clock: Clock;
};

type Start = (ticket: Permit) => void;

export const createFairSemaphore = (options: Options): FairSemaphore => {
  const places = createFairCapacity({ ...options, maxAhead: 0 });
  /** The last served tenant and flow are at the end. */
  const waiting = new Map<string, Map<Flow, Start[]>>();

  const serveNextOf = (flows: Map<Flow, Start[]>): boolean => {
    for (const [flow, starts] of flows) {
      const ticket = places.admit(flow);
      if (ticket === undefined) continue;
      places.leave(flow);
      starts.shift()?.(ticket);
      if (starts.length === 0) flows.delete(flow);
      else finish(flows, flow);
      return true;
    }
    return false;
  };

  const serve = (): void => {
    for (const [tenant, flows] of waiting) {
      if (!serveNextOf(flows)) continue;
      // This loop reaches the tenant again after all others.
      if (flows.size === 0) waiting.delete(tenant);
      else finish(waiting, tenant);
    }
  };

  const ticketFor = ({ tenant, target }: Caller): Promise<Permit> =>
    new Promise((resolve) => {
      const flow = places.flowOf(tenant, target);
      const flows = waiting.get(tenant) ?? new Map<Flow, Start[]>();
      waiting.set(tenant, flows);
      const starts = flows.get(flow) ?? [];
      flows.set(flow, starts);
      starts.push(resolve);
      places.queue(flow);
      serve();
    });

  return {
    run: async (caller, action) => {
      const ticket = await ticketFor(caller);
      try {
        return await action();
      } finally {
        places.end(ticket);
        serve();
      }
    },
  };
};
