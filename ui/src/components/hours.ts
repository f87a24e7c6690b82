import type { Hour } from '../../../packages/client/src/schema.ts';
import { api, dataOf } from '../api/client.ts';
import { byRuns, type QueryResult, useQuery } from '../api/queries.ts';

export const HOUR_MS = 3_600_000;
/** Maximum hours that the API counts. */
export const MAX_HOURS = 24 * 7;
/** Today, and the day before beside it. */
export const TWO_DAYS = 48;
const REST_MS = 30_000;

/** Counts for each of the last hours, oldest first; the last one is incomplete. */
export const useHours = (hours: number, enabled = true): QueryResult<{ readonly hours: readonly Hour[] }> =>
  useQuery({
    key: ['stats', 'hours', hours],
    load: (signal) => dataOf(api.GET('/stats/hours', { params: { query: { hours } }, signal })),
    enabled,
    keepPrevious: true,
    touched: byRuns(),
    restMs: REST_MS,
  });
