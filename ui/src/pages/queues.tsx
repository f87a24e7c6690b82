import { Link } from 'wouter-preact';
import type { Queue } from '../../../packages/client/src/schema.ts';
import { api, dataOf } from '../api/client.ts';
import { byRuns, useQuery } from '../api/queries.ts';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { HowFar } from '../components/when.tsx';
import { formatNumber } from '../format/count.ts';
import { executionsAddress } from './executions/filter.ts';

/** Workers send a heartbeat every 10 seconds. */
const EVERY_MS = 10_000;
const REST_MS = 2_000;

type Worker = Queue['workers'][number] & { readonly of: Queue };

/** Queues: offered and taken work, and the workers that take it. */
const Queues = () => {
  const { data, ...result } = useQuery({
    key: ['queues'],
    load: (signal) => dataOf(api.GET('/queues', { params: { query: { limit: 500 } }, signal })),
    touched: byRuns(),
    restMs: REST_MS,
    everyMs: EVERY_MS,
  });
  const queues = data ?? [];
  const workers: readonly Worker[] = queues.flatMap((of) => of.workers.map((worker) => ({ ...worker, of })));
  return (
    <>
      <PageHead
        title="Queues"
        beside={<span class="count">{data === undefined ? '' : formatNumber(queues.length)}</span>}
      />
      <ListCard
        title="Work"
        list={{ ...result, items: queues }}
        keyOf={({ target }) => target}
        empty="No queue has work or workers"
        hint="A job with a worker task offers its work to a queue. A worker takes it."
        columns={[
          { title: 'Queue', cell: ({ queue }) => queue },
          {
            title: 'Application',
            cell: ({ applicationId, applicationName }) => (
              <Link href={`/applications/${applicationId}`}>{applicationName ?? applicationId}</Link>
            ),
          },
          {
            title: 'Offered',
            cell: ({ offered, workers: own }) => (
              <span class={offered > 0 && own.length === 0 ? 'tone-bad' : undefined}>
                {formatNumber(offered)}
                {offered > 0 && own.length === 0 ? ', no worker' : ''}
              </span>
            ),
          },
          { title: 'Oldest', cell: ({ oldestOfferedAt }) => <HowFar at={oldestOfferedAt} /> },
          { title: 'Taken', cell: ({ taken }) => formatNumber(taken) },
          { title: 'Workers', cell: ({ workers: own }) => formatNumber(own.length) },
          {
            title: 'Jobs',
            cell: ({ target }) => <Link href={`/jobs?target=${encodeURIComponent(target)}`}>Jobs of the queue</Link>,
          },
        ]}
      />
      {workers.length === 0 ? null : (
        <ListCard
          title="Workers"
          list={{ ...result, items: workers }}
          keyOf={({ id, of }) => `${of.target} ${id}`}
          empty="No workers"
          columns={[
            {
              title: 'Worker',
              cell: ({ id }) => (
                <Link href={executionsAddress({ worker: id })}>
                  <code>{id}</code>
                </Link>
              ),
            },
            { title: 'Queue', cell: ({ of }) => of.queue },
            { title: 'Host', cell: ({ host }) => host ?? '–' },
            { title: 'Version', cell: ({ version }) => version ?? '–' },
            { title: 'Last heartbeat', cell: ({ lastSeenAt }) => <HowFar at={lastSeenAt} /> },
            { title: 'Running', cell: ({ running }) => formatNumber(running) },
          ]}
        />
      )}
    </>
  );
};

export default Queues;
