import type { Attention } from '../../../src/client/schema.ts';
import { answerOf, api } from '../api/client.ts';
import { type Answered, byRuns, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';

const REST_MS = 20_000;

/** The jobs that somebody should look at. */
export const useAttention = (): Answered<{ readonly jobs: readonly Attention[] }> =>
  useQuery({
    key: ['attention'],
    ask: (signal) => answerOf(api.GET('/attention', { signal })),
    enabled: session.may('scheduler:jobs:read'),
    touched: byRuns(),
    restMs: REST_MS,
  });

/** How many jobs fail now: their last execution did, or they were disabled for their failures. */
export const useFailing = (): number =>
  useAttention().data?.jobs.filter(({ kind }) => kind === 'failing' || kind === 'disabled').length ?? 0;
