import { answerOf, api } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import type { Pause } from '../api/schema.ts';
import { session } from '../api/session.ts';

const MOST = 100;

/** The pauses in force; none for who may not see them. */
export const usePauses = (): readonly Pause[] => {
  const { data = [] } = useQuery({
    key: ['pauses', 'in force'],
    ask: (signal) => answerOf(api.GET('/pauses', { params: { query: { limit: MOST } }, signal })),
    enabled: session.may('scheduler:jobs:read') && session.current.value?.applications === undefined,
  });
  return data;
};
