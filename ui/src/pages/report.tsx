import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Report as ReportAnswer } from '../../../packages/client/src/schema.ts';
import { api, dataOf } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { useAddress } from '../components/address.ts';
import { ApplicationFilter } from '../components/application-filter.tsx';
import { PageHead } from '../components/layout.tsx';
import { zoneFor } from '../components/preferences.ts';
import { saveFile } from '../components/save-file.ts';
import { SpanChoice } from '../components/span-choice.tsx';
import { Empty, Failed, Loading } from '../components/states.tsx';
import { TimeFilter } from '../components/time-filter.tsx';
import { formatNumber, formatRate } from '../format/count.ts';
import { spanNamed } from '../format/spans.ts';
import { formatDuration, wholeInstant } from '../format/time.ts';

const SPANS = ['24h', '7d', '30d'];
const DEFAULT_SPAN = '7d';
const DAY_MS = 86_400_000;

/** The success rate of each job over a time, to print or save. It changes only on request. The choice is in the address. */
const Report = () => {
  const [search, change] = useAddress('/report');
  const [requestedMs, setRequestedMs] = useState(() => Date.now());
  const show: typeof change = (changes) => {
    setRequestedMs(Date.now());
    change(changes);
  };
  const applicationId = search.get('applicationId') ?? '';
  const query = {
    ...spanOf(search, requestedMs),
    ...(applicationId === '' ? {} : { applicationId: Number(applicationId) }),
  };
  const { data, error, again, answeredAtMs } = useQuery({
    key: ['report', query],
    load: (signal) => dataOf(api.GET('/stats/jobs', { params: { query }, signal })),
    keepPrevious: true,
    live: false,
  });
  const hasTimes = search.has('from') || search.has('to');
  const zone = zoneFor(undefined);
  return (
    <>
      <PageHead
        title="Report"
        actions={
          <>
            <button
              type="button"
              class="button"
              disabled={data === undefined}
              onClick={() => {
                if (data !== undefined) saveFile(`carillon-report-${data.to.slice(0, 10)}.csv`, csvOf(data));
              }}
            >
              Download CSV
            </button>
            <button type="button" class="button primary" disabled={data === undefined} onClick={() => window.print()}>
              Print
            </button>
          </>
        }
      />
      <div class="filters">
        <ApplicationFilter by="id" value={applicationId} onValue={(value) => show({ applicationId: value })} />
        <SpanChoice
          names={SPANS}
          value={hasTimes ? undefined : (search.get('span') ?? DEFAULT_SPAN)}
          onValue={(span) => show({ span, from: undefined, to: undefined })}
        />
        <TimeFilter label="From" value={search.get('from') ?? undefined} onValue={(from) => show({ from })} />
        <TimeFilter label="Before" value={search.get('to') ?? undefined} onValue={(to) => show({ to })} />
      </div>
      <section class="card" aria-labelledby="report">
        <header class="card-head">
          <h2 id="report">Jobs of {session.current.value?.tenant}</h2>
          <span class="quiet small">
            {data === undefined
              ? '…'
              : `${wholeInstant(data.from, zone)} to ${wholeInstant(data.to, zone)}, ${zone}. Made ${wholeInstant(new Date(answeredAtMs).toISOString(), zone)}`}
          </span>
        </header>
        {error !== null ? (
          <Failed error={error} again={again} />
        ) : data === undefined ? (
          <div class="card-body">
            <Loading lines={8} />
          </div>
        ) : data.jobs.length === 0 ? (
          <Empty icon="jobs" title="No jobs">
            Choose another application.
          </Empty>
        ) : (
          <>
            {data.isPartial ? (
              <p class="card-body quiet">
                Only the first {formatNumber(data.jobs.length)} jobs. Choose an application to see its jobs.
              </p>
            ) : null}
            <Rows jobs={data.jobs} />
          </>
        )}
      </section>
    </>
  );
};

export default Report;

type Span = { readonly from?: string; readonly to: string };

/** The chosen times, or the chosen span up to now. */
const spanOf = (search: URLSearchParams, nowMs: number): Span => {
  const [from, to] = [search.get('from'), search.get('to')];
  const lengthMs = spanNamed(search.get('span') ?? DEFAULT_SPAN)?.[2] ?? DAY_MS;
  if (from === null && to === null) {
    return { from: new Date(nowMs - lengthMs).toISOString(), to: new Date(nowMs).toISOString() };
  }
  return { ...(from === null ? {} : { from }), to: to ?? new Date(nowMs).toISOString() };
};

type ReportedJob = ReportAnswer['jobs'][number];
type Counts = Pick<ReportedJob, 'runs' | 'succeeded' | 'failed' | 'cancelled' | 'before' | 'slots'> & {
  /** Percentiles of several jobs can't be added. */
  readonly p95Ms?: number | null;
};

/** The columns after the job's name. */
const COLUMNS: readonly { readonly title: string; readonly cell: (counts: Counts) => string }[] = [
  { title: 'Runs', cell: ({ runs }) => formatNumber(runs) },
  { title: 'Succeeded', cell: ({ succeeded }) => formatNumber(succeeded) },
  { title: 'Failed', cell: ({ failed }) => formatNumber(failed) },
  { title: 'Cancelled', cell: ({ cancelled }) => formatNumber(cancelled) },
  { title: 'Success rate', cell: (counts) => formatRate(counts) },
  { title: 'Before', cell: ({ before }) => formatRate(before) },
  {
    title: 'Duration p95',
    cell: ({ p95Ms }) => (p95Ms === undefined ? '' : p95Ms === null ? '–' : formatDuration(p95Ms)),
  },
  { title: 'Late', cell: ({ slots }) => formatNumber(slots.late) },
  { title: 'Skipped', cell: ({ slots }) => formatNumber(slots.skipped) },
  { title: 'Missed', cell: ({ slots }) => formatNumber(slots.missed) },
];

const Rows = ({ jobs }: { readonly jobs: readonly ReportedJob[] }) => (
  <table class="plain report">
    <caption class="unseen">Executions and slots by application and job, with totals</caption>
    <thead>
      <tr>
        <th scope="col">Job</th>
        {COLUMNS.map(({ title }) => (
          <th key={title} scope="col">
            {title}
          </th>
        ))}
      </tr>
    </thead>
    {[...Map.groupBy(jobs, ({ applicationId }) => applicationId)].map(([applicationId, own]) => (
      <tbody key={applicationId}>
        <tr class="group">
          <th scope="rowgroup">{applicationOf(own[0])}</th>
          <Cells counts={totalOf(own)} />
        </tr>
        {own.map((job) => (
          <tr key={job.jobId}>
            <th scope="row">
              <Link href={`/jobs/${job.jobId}`}>{job.jobName}</Link>
            </th>
            <Cells counts={job} />
          </tr>
        ))}
      </tbody>
    ))}
    <tfoot>
      <tr>
        <th scope="row">Total</th>
        <Cells counts={totalOf(jobs)} />
      </tr>
    </tfoot>
  </table>
);

const Cells = ({ counts }: { readonly counts: Counts }) => (
  <>
    {COLUMNS.map(({ title, cell }) => (
      <td key={title} data-title={title}>
        {cell(counts)}
      </td>
    ))}
  </>
);

const applicationOf = (job: ReportedJob | undefined): string =>
  job?.applicationName ?? `Application ${job?.applicationId}`;

const totalOf = (jobs: readonly ReportedJob[]): Counts => {
  const sum = (of: (job: ReportedJob) => number): number => jobs.reduce((total, job) => total + of(job), 0);
  return {
    runs: sum(({ runs }) => runs),
    succeeded: sum(({ succeeded }) => succeeded),
    failed: sum(({ failed }) => failed),
    cancelled: sum(({ cancelled }) => cancelled),
    before: { succeeded: sum(({ before }) => before.succeeded), failed: sum(({ before }) => before.failed) },
    slots: {
      late: sum(({ slots }) => slots.late),
      skipped: sum(({ slots }) => slots.skipped),
      missed: sum(({ slots }) => slots.missed),
    },
  };
};

const CSV_HEAD =
  'application,job,from,to,runs,succeeded,failed,cancelled,succeededBefore,failedBefore,p95Ms,late,skipped,missed';

/** A row per job with plain numbers; rates follow from them. */
const csvOf = ({ from, to, jobs }: ReportAnswer): string => {
  const rows = jobs.map((job) => {
    const { jobName, runs, succeeded, failed, cancelled, before, p95Ms, slots } = job;
    const counts = [runs, succeeded, failed, cancelled, before.succeeded, before.failed, p95Ms ?? ''];
    const { late, skipped, missed } = slots;
    return [csvText(applicationOf(job)), csvText(jobName), from, to, ...counts, late, skipped, missed].join(',');
  });
  return `${[CSV_HEAD, ...rows].join('\r\n')}\r\n`;
};

/** A quoted text. Spreadsheets would run a text that begins like a formula, so an apostrophe precedes it. */
const csvText = (text: string): string => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
