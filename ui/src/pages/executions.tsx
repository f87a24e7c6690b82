import { Link, useLocation, useSearch } from 'wouter-preact';
import { api, pageOf } from '../api/client.ts';
import { byRuns, useQuery } from '../api/queries.ts';
import { ApplicationFilter } from '../components/application-filter.tsx';
import { nameOf, useApplications } from '../components/applications.ts';
import { BulkMenu } from '../components/bulk-menu.tsx';
import { BulkProgress } from '../components/bulk-progress.tsx';
import { minute } from '../components/clock.ts';
import { ExecutionTable } from '../components/execution-table.tsx';
import { PageHead } from '../components/layout.tsx';
import { Empty, Failed, Loading } from '../components/states.tsx';
import { TextFilter } from '../components/text-filter.tsx';
import { TimeFilter } from '../components/time-filter.tsx';
import { useSettled } from '../components/typed.ts';
import { capital } from '../format/codes.ts';
import { formatNumber } from '../format/count.ts';
import {
  bulksOf,
  type ExecutionsFilter,
  executionsAddress,
  executionsQuery,
  type FilterField,
  readExecutionsFilter,
} from './executions/filter.ts';
import { Histogram } from './executions/histogram.tsx';

const PAGE_LIMIT = 50;
const REST_MS = 5_000;

/** Executions of all jobs, page by page. Filters and page are in the address. */
const Executions = () => {
  const search = useSearch();
  const filter = readExecutionsFilter(search);
  const cursor = new URLSearchParams(search).get('cursor') ?? undefined;
  const query = useSettled({
    ...executionsQuery(filter, minute.value),
    limit: PAGE_LIMIT,
    ...(cursor === undefined ? {} : { cursor }),
  });
  const { data, error, again, isPrevious } = useQuery({
    key: ['executions', query],
    load: (signal) => pageOf(api.GET('/executions', { params: { query }, signal })),
    keepPrevious: true,
    // Rows of later pages would only shift.
    live: cursor === undefined,
    touched: byRuns(filter.jobId === undefined ? undefined : Number(filter.jobId)),
    restMs: REST_MS,
  });
  const [, navigate] = useLocation();
  const narrow = (change: ExecutionsFilter) => navigate(executionsAddress({ ...filter, ...change }), { replace: true });
  const applications = new Map(useApplications().map((application) => [application.id, nameOf(application)]));
  return (
    <>
      <PageHead
        title="Executions"
        beside={<span class="count">{data?.total === undefined ? '' : formatNumber(data.total)}</span>}
        actions={<BulkMenu works={bulksOf(filter, minute.value)} isNarrowed={Object.keys(filter).length > 0} />}
      />
      <Filters filter={filter} onNarrow={narrow} />
      <BulkProgress of="executions" />
      <Histogram filter={filter} onNarrow={narrow} />
      <section class={isPrevious ? 'card stale' : 'card'} aria-label="Executions">
        <div class="table-card">
          {data === undefined ? (
            error === null ? (
              <Loading lines={12} />
            ) : (
              <Failed error={error} again={again} />
            )
          ) : data.items.length === 0 ? (
            <Empty icon="executions" title="No matching executions">
              <Link href="/executions">Clear all filters</Link>
            </Empty>
          ) : (
            <ExecutionTable
              items={data.items}
              ownerOf={({ jobId, jobName, applicationId }) => ({
                job: jobName ?? `Job ${jobId}`,
                application: applications.get(applicationId) ?? '–',
              })}
            />
          )}
        </div>
        <nav class="card-body buttons" aria-label="Pages of the list">
          {cursor === undefined ? null : (
            <Link class="button" href={executionsAddress(filter)}>
              Newest
            </Link>
          )}
          {data?.previous === undefined ? null : (
            <Link class="button" href={executionsAddress(filter, { cursor: data.previous })}>
              ← Newer
            </Link>
          )}
          {data?.next === undefined ? null : (
            <Link class="button" href={executionsAddress(filter, { cursor: data.next })}>
              Older →
            </Link>
          )}
        </nav>
      </section>
    </>
  );
};

export default Executions;

const TEXTS = [
  ['jobName', 'Part of the job name', 'Job'],
  ['errorText', 'Words in the error', 'Error words'],
  ['errorCode', 'Error code', 'Error code'],
  ['label', 'Label (key:value)', 'Label key:value'],
  ['worker', 'Worker', 'Worker'],
] as const;
const CHOICES = [
  ['status', 'Status', ['failed', 'succeeded', 'running', 'pending', 'cancelled']],
  ['trigger', 'Trigger', ['schedule', 'manual', 'backfill', 'rerun']],
] as const;

type FiltersProps = {
  readonly filter: ExecutionsFilter;
  readonly onNarrow: (change: ExecutionsFilter) => void;
};

const Filters = ({ filter, onNarrow }: FiltersProps) => {
  const narrow = (field: FilterField, value: string) => onNarrow({ [field]: value });
  return (
    <search class="filters">
      {TEXTS.map(([field, title, example]) => (
        <TextFilter
          key={field}
          label={title}
          placeholder={example}
          value={filter[field] ?? ''}
          onValue={(value) => narrow(field, value)}
        />
      ))}
      <ApplicationFilter by="name" value={filter.application ?? ''} onValue={(value) => narrow('application', value)} />
      {CHOICES.map(([field, title, values]) => (
        <label key={field}>
          <span class="unseen">{title}</span>
          <select value={filter[field] ?? ''} onChange={({ currentTarget }) => narrow(field, currentTarget.value)}>
            <option value="">Any {title.toLowerCase()}</option>
            {values.map((each) => (
              <option key={each} value={each}>
                {capital(each)}
              </option>
            ))}
          </select>
        </label>
      ))}
      <TimeFilter label="From" value={filter.from} onValue={(at) => narrow('from', at)} />
      <TimeFilter label="Before" value={filter.to} onValue={(at) => narrow('to', at)} />
    </search>
  );
};
