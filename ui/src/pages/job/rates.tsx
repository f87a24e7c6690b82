import type { Job, JobStatistics } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { byRuns, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { formatNumber, formatRate } from '../../format/count.ts';
import { formatDuration } from '../../format/time.ts';

type Counts = JobStatistics['spans'][number]['now'];

const REST_MS = 15_000;
const SPANS: Readonly<Record<number, string>> = { 24: '24 hours', 168: '7 days', 720: '30 days' };

/** Success rate and 95th percentile of durations over a day, a week and a month, each with the time before. */
export const Rates = ({ job: { id } }: { readonly job: Job }) => {
  const mayRead = session.may('scheduler:executions:read');
  const { data } = useQuery({
    key: ['job', id, 'statistics'],
    load: (signal) => dataOf(api.GET('/jobs/{id}/statistics', { params: { path: { id } }, signal })),
    enabled: mayRead,
    touched: byRuns(id),
    restMs: REST_MS,
  });
  if (!mayRead) return null;
  return (
    <section class="card whole" aria-labelledby="rates">
      <header class="card-head">
        <h2 id="rates">Success rate and duration</h2>
        {data?.isPartial === true ? <span class="quiet small">Of the newest 50,000 executions</span> : null}
      </header>
      <ul class="rates card-body">
        {Object.entries(SPANS).map(([hours, title]) => {
          const span = data?.spans.find((each) => String(each.hours) === hours);
          return (
            <li key={hours}>
              <h3>{title}</h3>
              <p class="rate-line">
                <span class={toneOf(span?.now)}>{span === undefined ? '…' : formatRate(span.now)}</span>
                <span class="quiet small">before {span === undefined ? '…' : formatRate(span.before)}</span>
              </p>
              <p class="quiet small">
                {span === undefined ? '…' : formatCounts(span.now)}
                {' · p95 '}
                {span === undefined ? '…' : `${formatP95(span.now)}, before ${formatP95(span.before)}`}
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
};

const toneOf = (counts: Counts | undefined): string =>
  counts !== undefined && counts.failed > 0 ? 'rate tone-bad' : 'rate';

const formatCounts = ({ succeeded, failed }: Counts): string =>
  succeeded + failed === 0 ? 'No executions' : `${formatNumber(failed)} of ${formatNumber(succeeded + failed)} failed`;

const formatP95 = ({ p95Ms }: Counts): string => (p95Ms === null ? '–' : formatDuration(p95Ms));
