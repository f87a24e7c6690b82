import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Execution, Job } from '../../../../packages/client/src/schema.ts';
import { api, pageOf } from '../../api/client.ts';
import { byRuns, type QueryResult, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { asOfQuery } from '../../components/as-of.tsx';
import { minute } from '../../components/clock.ts';
import { type Dot, Dots } from '../../components/dots.tsx';
import { latenessOf } from '../../components/execution-table.tsx';
import { SpanChoice } from '../../components/span-choice.tsx';
import { Empty, Failed, Loading } from '../../components/states.tsx';
import { formatCount } from '../../format/count.ts';
import { type Span, spanNamed } from '../../format/spans.ts';
import { formatDuration } from '../../format/time.ts';

const MAX_LOOKED_AT = 200;
const MAX_OF_SPAN = 500;
const REST_MS = 15_000;

type Looked = { readonly jobId: number; readonly asOf: string | undefined };

/** The newest executions of a job; not fetched without the permission. */
export const useLastExecutions = (looked: Looked): QueryResult<readonly Execution[]> => {
  const { data, ...result } = useExecutions({ ...looked, limit: MAX_LOOKED_AT, enabled: true });
  return { ...result, data: data?.items };
};

type Shown = Looked & { readonly from?: string; readonly limit: number; readonly enabled: boolean };

const useExecutions = ({ jobId, asOf, from, limit, enabled }: Shown) => {
  const query = { limit, ...asOfQuery(asOf), ...(from === undefined ? {} : { from }) };
  return useQuery({
    key: ['job', jobId, 'durations', query],
    load: (signal) => pageOf(api.GET('/jobs/{id}/executions', { params: { path: { id: jobId }, query }, signal })),
    enabled: enabled && session.may('scheduler:executions:read'),
    keepPrevious: true,
    live: asOf === undefined,
    touched: byRuns(jobId),
    restMs: REST_MS,
  });
};

type DurationsProps = {
  readonly job: Job;
  readonly asOf: string | undefined;
  readonly last: QueryResult<readonly Execution[]>;
};

/** Duration and lateness of the last executions, or of those in a time range. */
export const Durations = ({ job, asOf, last }: DurationsProps) => {
  const [, navigate] = useLocation();
  const [name, setName] = useState<string>();
  const lengthMs = spanNamed(name)?.[2];
  const toMs = asOf === undefined ? minute.value : Date.parse(asOf);
  const fromMs = toMs - (lengthMs ?? 0);
  const ofSpan = useExecutions({
    ...{ jobId: job.id, asOf, limit: MAX_OF_SPAN },
    from: new Date(fromMs).toISOString(),
    enabled: lengthMs !== undefined,
  });
  if (!session.may('scheduler:executions:read')) return null;
  const { error, again } = lengthMs === undefined ? last : ofSpan;
  const found = lengthMs === undefined ? last.data : ofSpan.data?.items;
  const dots = (found ?? []).flatMap(dotOf).toReversed();
  const hasMore = lengthMs !== undefined && ofSpan.data?.next !== undefined;
  return (
    <section class="card durations" aria-labelledby="durations">
      <header class="card-head">
        <h2 id="durations">Durations and lateness</h2>
        <SpanChoice value={name} none="Last" onValue={setName} />
      </header>
      <div class="card-body">
        {found === undefined ? (
          error === null ? (
            <Loading lines={4} />
          ) : (
            <Failed error={error} again={again} />
          )
        ) : dots.length === 0 ? (
          <Empty
            icon="clock"
            title={lengthMs === undefined ? 'No finished executions yet' : 'No finished executions in this period'}
          />
        ) : (
          <>
            <Dots
              label={formatDurations(dots)}
              dots={dots}
              span={spanOf(dots, lengthMs === undefined || hasMore ? undefined : { fromMs, toMs })}
              zone={job.timezone}
              onOpen={(id) => navigate(`/executions/${id}`)}
            />
            <p class="legend quiet small">
              <span class="key key-good" /> Succeeded <span class="key key-bad" /> Failed <span class="key key-calm" />{' '}
              Cancelled <span class="key key-late" /> Lateness
            </p>
            <p class="quiet small">
              {hasMore ? 'The newest ' : ''}
              {formatCount(dots.length, 'execution')}. {formatDurations(dots)}.
            </p>
          </>
        )}
      </div>
    </section>
  );
};

const dotOf = (execution: Execution): Dot[] => {
  const { id, status, createdAt, durationMs } = execution;
  if (durationMs === null) return [];
  return [{ id, status, atMs: Date.parse(createdAt), tookMs: durationMs, lateMs: latenessOf(execution) }];
};

const SPACE_MS = 1_000;

/** The requested range, extended to newer executions; or the range of the executions. */
const spanOf = (dots: readonly Dot[], query: Span | undefined): Span => {
  const [first = 0, last = 0] = [dots[0]?.atMs, dots.at(-1)?.atMs];
  if (query !== undefined) return { ...query, toMs: Math.max(query.toMs, last) };
  const spaceMs = Math.max(SPACE_MS, (last - first) / 50);
  return { fromMs: first - spaceMs, toMs: last + spaceMs };
};

const formatDurations = (dots: readonly Dot[]): string => {
  const took = dots.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const at = (part: number): string =>
    formatDuration(took[Math.min(took.length - 1, Math.floor(part * took.length))] ?? 0);
  return `Took ${at(0.5)} in the median, ${at(0.95)} at the 95th percentile; maximum lateness ${formatDuration(Math.max(...dots.map(({ lateMs }) => lateMs)))}`;
};
