import type { CountHoldings } from '../commands/holdings.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { awaitWithin } from '../within.ts';
import type { Timers } from '../world.ts';
import { caughtUpWith } from './caught-up.ts';

type CountDeps = {
  readonly timers: Timers;
  readonly store: Pick<EventStore, 'end'>;
  readonly queries: Pick<Queries, 'awaitPosition' | 'listJobs' | 'countAlertRules' | 'listCalendars' | 'listPauses'>;
};

/** How long the read models may take to show what the log has; then what they show counts. */
const CATCH_UP_MS = 2_000;
/** How long a pause or a calendar waits for its count. */
const PATIENCE_MS = 3_000;

/** Counts by the read models. Pauses and calendars are set also while Postgres is away: then there is none to count. */
export const holdingCounts = ({ timers, store, queries }: CountDeps): CountHoldings => {
  const shown =
    (count: (tenant: string) => Promise<number | undefined>) =>
    async (tenant: string): Promise<number> => {
      await caughtUpWith({ store, queries }, CATCH_UP_MS);
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
