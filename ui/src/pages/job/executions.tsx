import { useState } from 'preact/hooks';
import type { Execution, Job } from '../../../../packages/client/src/schema.ts';
import { api, pageOf } from '../../api/client.ts';
import { byRuns, useList } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { asOfQuery } from '../../components/as-of.tsx';
import { ExecutionTable } from '../../components/execution-table.tsx';
import { Empty, Failed, Loading } from '../../components/states.tsx';
import { capital } from '../../format/codes.ts';

const REST_MS = 2_000;
const STATUSES = ['', 'failed', 'succeeded', 'running', 'pending', 'cancelled'] as const;

export const Executions = ({ job, asOf }: { readonly job: Job; readonly asOf: string | undefined }) => {
  const [status, setStatus] = useState('');
  const mayRead = session.may('scheduler:executions:read');
  const list = useList({
    key: ['job', job.id, 'executions', status, { asOf }],
    limit: 20,
    load: (page, signal) =>
      pageOf(
        api.GET('/jobs/{id}/executions', {
          params: {
            path: { id: job.id },
            query: {
              ...page,
              ...asOfQuery(asOf),
              ...(status === '' ? {} : { status }),
            },
          },
          signal,
        }),
      ),
    enabled: mayRead,
    live: asOf === undefined,
    touched: byRuns(job.id),
    restMs: REST_MS,
  });
  if (!mayRead) return null;
  return (
    <section class="card whole" aria-labelledby="executions">
      <header class="card-head">
        <h2 id="executions">Executions</h2>
        <label>
          <span class="unseen">Status</span>
          <select value={status} onChange={({ currentTarget }) => setStatus(currentTarget.value)}>
            {STATUSES.map((each) => (
              <option key={each} value={each}>
                {each === '' ? 'Any status' : capital(each)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <div class="table-card">
        <Listed list={list} zone={job.timezone} />
      </div>
      {list.hasMore ? (
        <p class="card-body">
          <button type="button" class="link" onClick={list.more}>
            Show older
          </button>
        </p>
      ) : null}
    </section>
  );
};

type ListedProps = { readonly list: ReturnType<typeof useList<Execution>>; readonly zone: string };

const Listed = ({ list, zone }: ListedProps) => {
  if (list.error !== null && list.items.length === 0) return <Failed error={list.error} again={list.again} />;
  if (list.isPending)
    return (
      <div class="card-body">
        <Loading lines={5} />
      </div>
    );
  if (list.items.length === 0)
    return (
      <Empty icon="executions" title="No executions">
        Executions appear with the next slot, or when you run the job.
      </Empty>
    );
  return <ExecutionTable items={list.items} zone={zone} />;
};
