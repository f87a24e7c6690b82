import type { Attention } from '../../../packages/client/src/schema.ts';
import { api, dataOf } from '../api/client.ts';
import { byRuns, type QueryResult, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';

const REST_MS = 20_000;

/** Jobs that need attention. */
export const useAttention = (): QueryResult<{ readonly jobs: readonly Attention[] }> =>
  useQuery({
    key: ['attention'],
    load: (signal) => dataOf(api.GET('/attention', { signal })),
    enabled: session.may('scheduler:jobs:read'),
    touched: byRuns(),
    restMs: REST_MS,
  });

/** Number of jobs that need attention and that no one takes care of, for the navigation, the title and the overview. */
export const useJobsInNeed = (): number =>
  useAttention().data?.jobs.filter(({ acknowledgement }) => acknowledgement === undefined).length ?? 0;
