import { api } from '../../api/client.ts';
import { queryClient, useQuery } from '../../api/queries.ts';
import type { Execution } from '../../api/schema.ts';
import { session } from '../../api/session.ts';

const KEPT_MS = 60_000;

/** The names of the jobs of executions, by their ids. One that was not called yet has no snapshot that would say it. */
export const useJobNames = (executions: readonly Execution[]): ReadonlyMap<number, string> => {
  const names = new Map(
    executions.flatMap(({ jobId, jobSnapshot }) => (jobSnapshot === null ? [] : [[jobId, jobSnapshot.name]])),
  );
  // The job of one that ended uncalled may be gone.
  const waiting = executions.filter(({ status }) => status === 'pending' || status === 'running');
  const unnamed = [...new Set(waiting.map(({ jobId }) => jobId))].filter((id) => !names.has(id)).toSorted();
  const { data = [] } = useQuery({
    key: ['job names', unnamed],
    ask: () => Promise.all(unnamed.map(nameOf)),
    enabled: unnamed.length > 0 && session.may('scheduler:jobs:read'),
    keepPrevious: true,
    live: false,
  });
  for (const [id, name] of data) names.set(id, name);
  return names;
};

const nameOf = async (id: number): Promise<readonly [number, string]> => [
  id,
  await queryClient.fetchQuery({
    queryKey: ['job', id, 'name'],
    // One that was deleted has none.
    queryFn: async ({ signal }) => {
      const { data } = await api.GET('/jobs/{id}', { params: { path: { id } }, signal });
      return data?.name ?? `Job ${id}`;
    },
    staleTime: KEPT_MS,
  }),
];
