import { api, pageOf } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import type { Execution } from '../../api/schema.ts';
import { session } from '../../api/session.ts';

/** As many as a page of a list may have. */
const LIMIT = 500;

/**
 * The names of the jobs of executions, by their ids. One that was not called yet has no snapshot that would say it: its
 * job is among those whose newest execution waits. No job is asked for by its id, as it may be gone.
 */
export const useJobNames = (executions: readonly Execution[]): ReadonlyMap<number, string> => {
  const names = new Map(
    executions.flatMap(({ jobId, jobSnapshot }) => (jobSnapshot === null ? [] : [[jobId, jobSnapshot.name]])),
  );
  const waiting = executions.filter(({ status }) => status === 'pending' || status === 'running');
  const unnamed = [...new Set(waiting.map(({ jobId }) => jobId))].filter((id) => !names.has(id)).toSorted();
  const { data = [] } = useQuery({
    key: ['job names', unnamed],
    ask: namesOfWaiting,
    enabled: unnamed.length > 0 && session.may('scheduler:jobs:read'),
    keepPrevious: true,
    live: false,
  });
  for (const [id, name] of data) if (!names.has(id)) names.set(id, name);
  return names;
};

const namesOfWaiting = async (signal: AbortSignal): Promise<readonly (readonly [number, string])[]> => {
  const pages = await Promise.all(
    (['pending', 'running'] as const).map((lastStatus) =>
      pageOf(api.GET('/jobs', { params: { query: { lastStatus, sort: '-lastRunAt', limit: LIMIT } }, signal })),
    ),
  );
  return pages.flatMap(({ items }) => items.map(({ id, name }) => [id, name] as const));
};
