import type { Tenant } from '../domain/values.ts';
import { awaitWithin } from '../runtime/within.ts';
import type { Timers } from '../runtime/world.ts';
import { type CaughtUpDeps, caughtUpWith } from './caught-up.ts';
import type { CountHoldings } from './holdings.ts';

type OfTenant = { readonly tenant: Tenant };
type Counted = Promise<{ readonly total?: number }>;

type CountDeps = CaughtUpDeps & {
  readonly timers: Timers;
  readonly queries: {
    listJobs(scope: OfTenant, filter: Readonly<Record<never, never>>, page: { readonly limit: number }): Counted;
    listCalendars(scope: OfTenant, page: { readonly limit: number }): Counted;
    listPauses(scope: OfTenant, page: { readonly limit: number }): Counted;
    countAlertRules(tenant: Tenant): Promise<number>;
  };
};

/** How long a pause or a calendar waits for its count. */
const PATIENCE_MS = 3_000;

/** Counts by the read models, as they are once they show the log or are given up on. Pauses and calendars are set also while Postgres is away: then there is none to count. */
export const holdingCounts = ({ timers, store, queries }: CountDeps): CountHoldings => {
  const shown =
    (count: (tenant: string) => Promise<number | undefined>) =>
    async (tenant: string): Promise<number> => {
      await caughtUpWith({ store, queries });
      return (await count(tenant)) ?? 0;
    };
  const orNone = (count: (tenant: string) => Promise<number>) => async (tenant: string) =>
    (await awaitWithin(
      timers,
      PATIENCE_MS,
      count(tenant).catch(() => 0),
    )) ?? 0;
  const one = { limit: 1 };
  return {
    jobs: shown(async (tenant) => (await queries.listJobs({ tenant }, {}, one)).total),
    alertRules: shown(queries.countAlertRules),
    calendars: orNone(shown(async (tenant) => (await queries.listCalendars({ tenant }, one)).total)),
    pauses: orNone(shown(async (tenant) => (await queries.listPauses({ tenant }, one)).total)),
  };
};
