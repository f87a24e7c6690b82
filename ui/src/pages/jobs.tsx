import { useRef } from 'preact/hooks';
import { Link, useLocation, useSearch } from 'wouter-preact';
import type { Job } from '../../../packages/client/src/schema.ts';
import { api, pageOf } from '../api/client.ts';
import { byDefinition, byRuns, type ListResult, useList } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { useAsOfBar } from '../components/as-of.tsx';
import { BulkMenu } from '../components/bulk-menu.tsx';
import { BulkProgress } from '../components/bulk-progress.tsx';
import type { Work } from '../components/bulk-work.ts';
import { useKeys } from '../components/keys.ts';
import { PageHead } from '../components/layout.tsx';
import { Empty, Failed, Loading } from '../components/states.tsx';
import { useSettled } from '../components/typed.ts';
import { formatNumber } from '../format/count.ts';
import { ChosenBar } from './jobs/chosen.tsx';
import {
  bulkFilter,
  dependsOnRuns,
  isNarrowed,
  type JobsFilter,
  listQuery,
  readFilter,
  writeFilter,
} from './jobs/filter.ts';
import { FilterBar } from './jobs/filter-bar.tsx';
import { JobTable } from './jobs/job-table.tsx';
import { JobsThen } from './jobs/jobs-then.tsx';
import { SavedViews } from './jobs/saved-views.tsx';

/** Minimum pause between refetches: with many executions, the list would be refetched continuously. */
const REST_MS = 5_000;

/** All jobs, with search, sorting, and single and bulk actions. */
const Jobs = () => {
  const [filter, setFilter] = useFilter();
  const { asOf, bar } = useAsOfBar('/jobs');
  const query = listQuery(useSettled(filter));
  const list: ListResult<Job> = useList({
    key: ['jobs', query],
    limit: 100,
    load: (page, signal) =>
      pageOf(
        api.GET('/jobs', {
          params: { query: { ...query, ...page } },
          signal,
        }),
      ),
    enabled: asOf === undefined,
    touched: (happened) =>
      (dependsOnRuns(filter) ? byRuns() : byDefinition())(happened) ||
      list.items.some(({ id }) => happened.runs.has(id)),
    restMs: REST_MS,
  });
  const search = useRef<HTMLInputElement>(null);
  useKeys('List of jobs', [
    { key: '/', description: 'Search', run: () => search.current?.select() },
    { key: 'x', description: 'Clear all filters', run: () => setFilter(readFilter('')) },
  ]);
  return (
    <>
      <PageHead
        title="Jobs"
        beside={<span class="count">{asOf === undefined ? formatFound(list) : ''}</span>}
        actions={
          asOf === undefined && session.may('scheduler:jobs:write') ? <ListActions filter={filter} /> : undefined
        }
      />
      <FilterBar filter={filter} onFilter={setFilter} search={search} />
      <SavedViews filter={filter} />
      {bar}
      <BulkProgress of="jobs" />
      {asOf === undefined ? <ChosenBar filter={filter} found={formatFound(list)} /> : null}
      {asOf === undefined ? (
        <Found list={list} filter={filter} onFilter={setFilter} />
      ) : (
        <JobsThen filter={filter} asOf={asOf} />
      )}
    </>
  );
};

export default Jobs;

const ACTIONS = ['enable', 'disable', 'trigger', 'delete'] as const;

const worksOn = (filter: ReturnType<typeof bulkFilter>): readonly Work[] =>
  ACTIONS.map((action) => ({ of: 'jobs', action, filter }));

const ListActions = ({ filter }: { readonly filter: JobsFilter }) => (
  <>
    <BulkMenu works={worksOn(bulkFilter(filter))} isNarrowed={isNarrowed(filter)} />
    <Link href="/jobs/new" class="button primary">
      New job
    </Link>
  </>
);

type Shown = {
  readonly list: ListResult<Job>;
  readonly filter: JobsFilter;
  readonly onFilter: (filter: JobsFilter) => void;
};

const Found = ({ list, filter, onFilter }: Shown) => {
  if (list.error !== null && list.items.length === 0) return <Failed error={list.error} again={list.again} />;
  if (list.isPending) return <Loading lines={12} />;
  if (list.items.length === 0) {
    return isNarrowed(filter) ? (
      <Empty title="No matching jobs">
        <button type="button" class="link" onClick={() => onFilter(readFilter(''))}>
          Clear all filters
        </button>
      </Empty>
    ) : (
      <Empty icon="jobs" title="No jobs yet">
        {session.may('scheduler:jobs:write') ? (
          <Link href="/jobs/new">Create a job</Link>
        ) : (
          'A user with the permission scheduler:jobs:write can create one'
        )}
        , or apply jobs from files: see <code>docs/how-to/bootstrap.md</code>.
      </Empty>
    );
  }
  return (
    <JobTable
      jobs={list.items}
      total={list.total}
      sort={filter.sort}
      isStale={list.isPrevious}
      onSort={(sort) => onFilter({ ...filter, sort })}
      onEnd={list.more}
      hasMore={list.hasMore}
    />
  );
};

const formatFound = ({ total, items, hasMore, isPending, error }: Shown['list']): string => {
  if (isPending || (error !== null && items.length === 0)) return '';
  if (total !== undefined) return formatNumber(total);
  return hasMore ? `${formatNumber(items.length)}+` : formatNumber(items.length);
};

/** The filter in the page's address, so that links preserve it. */
const useFilter = (): readonly [JobsFilter, (filter: JobsFilter) => void] => {
  const search = useSearch();
  const [, navigate] = useLocation();
  const asOf = new URLSearchParams(search).get('asOf');
  const write = (filter: JobsFilter) => {
    const query = new URLSearchParams(writeFilter(filter));
    if (asOf !== null) query.set('asOf', asOf);
    navigate(query.size === 0 ? '/jobs' : `/jobs?${query}`, { replace: true });
  };
  return [readFilter(search), write];
};
