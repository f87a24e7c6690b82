import { Link, useLocation } from 'wouter-preact';
import type { Execution } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { byRuns, useQuery } from '../../api/queries.ts';
import { useKeys } from '../../components/keys.ts';

/** More than are ever created for one job at the same instant. */
const ENOUGH = 20;

/** Links to the job's previous and next execution, by creation. */
export const Neighbours = ({ execution }: { readonly execution: Execution }) => {
  const [, navigate] = useLocation();
  const { data } = useQuery({
    key: ['execution', execution.id, 'neighbours'],
    load: async (signal) => {
      const [before, after] = await Promise.all([
        neighbour(execution, '-createdAt', signal),
        neighbour(execution, 'createdAt', signal),
      ]);
      return { before, after };
    },
    touched: byRuns(execution.jobId),
    until: ({ after }) => after !== undefined,
  });
  const go = (id: number | undefined) => () => {
    if (id !== undefined) navigate(`/executions/${id}`);
  };
  useKeys('Execution', [
    { key: 'k', description: 'Previous execution of the job', run: go(data?.before) },
    { key: 'j', description: 'Next execution of the job', run: go(data?.after) },
  ]);
  return (
    <nav class="neighbours" aria-label="Executions of the job">
      {data?.before === undefined ? null : <Link href={`/executions/${data.before}`}>← Previous</Link>}
      {data?.after === undefined ? null : <Link href={`/executions/${data.after}`}>Next →</Link>}
    </nav>
  );
};

/** The next execution in an order. Executions created at the same instant keep the order of the list. */
const neighbour = async (
  { id, jobId, createdAt }: Execution,
  sort: 'createdAt' | '-createdAt',
  signal: AbortSignal,
): Promise<number | undefined> => {
  const until = new Date(Date.parse(createdAt) + 1).toISOString();
  const span = sort === 'createdAt' ? { from: createdAt } : { to: until };
  const found = await dataOf(
    api.GET('/jobs/{id}/executions', {
      params: { path: { id: jobId }, query: { ...span, sort, limit: ENOUGH } },
      signal,
    }),
  );
  const place = found.findIndex((each) => each.id === id);
  return found[place + 1]?.id;
};
