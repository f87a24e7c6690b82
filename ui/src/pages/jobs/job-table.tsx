import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Job, JobSummary } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import { Icon } from '../../components/icon.tsx';
import { useKeys } from '../../components/keys.ts';
import { isNarrow } from '../../components/media.ts';
import { useWindowRows } from '../../components/virtual.ts';
import { AllBox, mayChoose } from './chosen.tsx';
import { type JobsSort, type SortColumn, sortedBy } from './filter.ts';
import { JobRow, rowIndexOf } from './job-row.tsx';

type JobTableProps = {
  readonly jobs: readonly Job[];
  readonly total: number | undefined;
  readonly sort: JobsSort;
  /** The jobs match the previous filter. */
  readonly isStale: boolean;
  readonly onSort: (sort: JobsSort) => void;
  readonly hasMore: boolean;
  readonly onEnd: () => void;
};

const COLUMNS: readonly { readonly sort?: SortColumn; readonly title: string; readonly class: string }[] = [
  { sort: 'name', title: 'Job', class: 'col-job' },
  { sort: 'enabled', title: 'State', class: 'col-state' },
  { sort: 'application', title: 'Application', class: 'col-application' },
  { title: 'Last 30 slots', class: 'col-strip' },
  { sort: 'lastRunAt', title: 'Last run', class: 'col-last' },
  { sort: 'nextRunAt', title: 'Next run', class: 'col-next' },
  { title: 'Schedule', class: 'col-schedule' },
  { sort: 'createdBy', title: 'Owner', class: 'col-owner' },
  { title: 'Actions', class: 'col-actions' },
];

const ROW_PX = 48;
const NARROW_ROW_PX = 104;
/** The next page is fetched when this many rows are left. */
const AHEAD = 40;

/** A table for 10,000 jobs that renders only the visible rows. */
export const JobTable = ({ jobs, total, sort, isStale, onSort, hasMore, onEnd }: JobTableProps) => {
  const body = useRef<HTMLTableSectionElement>(null);
  const [marginPx, setMarginPx] = useState(0);
  const [at, setAt] = useState(-1);
  useLayoutEffect(() => {
    const top = (body.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    if (Math.abs(top - marginPx) > 1) setMarginPx(top);
  });
  const rows = useWindowRows({ count: jobs.length, rowPx: isNarrow.value ? NARROW_ROW_PX : ROW_PX, marginPx });
  const last = rows.items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last > jobs.length - AHEAD) onEnd();
  }, [last, jobs.length, hasMore]);
  const shown = rows.items.flatMap(({ index }) => jobs[index] ?? []);
  const glances = useGlances(shown);
  /** The row to focus when it is rendered. */
  const wanted = useRef<number | undefined>(undefined);
  const move = (step: number) => {
    const to = Math.max(0, Math.min(jobs.length - 1, at + step));
    setAt(to);
    rows.scrollTo(to);
    wanted.current = to;
  };
  useLayoutEffect(() => {
    const link = body.current?.querySelector<HTMLElement>(`tr[aria-rowindex="${rowIndexOf(wanted.current ?? -1)}"] a`);
    if (link === null || link === undefined) return;
    wanted.current = undefined;
    link.focus({ preventScroll: true });
  });
  useKeys('Rows', [
    { key: 'j', description: 'Next job (open with Enter)', run: () => move(1) },
    { key: 'k', description: 'Previous job', run: () => move(-1) },
  ]);
  return (
    <table class={isStale ? 'jobs stale' : 'jobs'} aria-rowcount={(total ?? jobs.length) + 1} aria-busy={isStale}>
      <caption class="unseen">Jobs</caption>
      <thead>
        <tr>
          {mayChoose() ? (
            <th scope="col" class="col-check">
              <AllBox />
            </th>
          ) : null}
          {COLUMNS.map((column) => (
            <Head key={column.title} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody
        ref={body}
        onFocusCapture={({ target }) => {
          const row = target instanceof Element ? target.closest('tr')?.ariaRowIndex : undefined;
          if (row) setAt(Number(row) - rowIndexOf(0));
        }}
      >
        <Gap px={rows.abovePx} />
        {rows.items.map(({ index }) => {
          const job = jobs[index];
          return job === undefined ? null : (
            <JobRow key={job.id} job={job} glance={glances.get(job.id)} row={index} isCurrent={index === at} />
          );
        })}
        <Gap px={rows.belowPx} />
      </tbody>
    </table>
  );
};

const Gap = ({ px }: { readonly px: number }) =>
  px <= 0 ? null : (
    <tr class="gap">
      <td colSpan={COLUMNS.length + 1} style={{ height: `${px}px` }} />
    </tr>
  );

type HeadProps = {
  readonly column: (typeof COLUMNS)[number];
  readonly sort: JobsSort;
  readonly onSort: (sort: JobsSort) => void;
};

const Head = ({ column: { sort: by, title, class: className }, sort, onSort }: HeadProps) => {
  if (by === undefined) {
    return (
      <th scope="col" class={className}>
        {title === 'Actions' ? <span class="unseen">Actions</span> : title}
      </th>
    );
  }
  const direction = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none';
  return (
    <th scope="col" class={className} aria-sort={direction}>
      <button type="button" class="sort" onClick={() => onSort(sortedBy(by, sort))}>
        {title}
        {direction === 'none' ? null : <Icon name={direction === 'ascending' ? 'up' : 'down'} />}
      </button>
    </th>
  );
};

const MAX_SUMMARIES = 100;
const REST_MS = 5_000;

/** Outcomes of the last slots of the visible jobs. */
const useGlances = (shown: readonly Job[]): ReadonlyMap<number, JobSummary> => {
  const known = useRef(new Map<number, JobSummary>());
  const ids = shown.map(({ id }) => id).slice(0, MAX_SUMMARIES);
  const { data } = useQuery({
    key: ['glances', ids],
    load: (signal) => dataOf(api.GET('/jobs/summaries', { params: { query: { ids: ids.join(',') } }, signal })),
    enabled: ids.length > 0,
    touched: ({ runs }) => ids.some((id) => runs.has(id)),
    restMs: REST_MS,
  });
  for (const glance of data ?? []) known.current.set(glance.jobId, glance);
  return known.current;
};
