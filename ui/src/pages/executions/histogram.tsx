import type { Execution, Hour } from '../../../../packages/client/src/schema.ts';
import { api, pageOf } from '../../api/client.ts';
import { byRuns, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { minute } from '../../components/clock.ts';
import { HOUR_MS, MAX_HOURS, useHours } from '../../components/hours.ts';
import { zoneFor } from '../../components/preferences.ts';
import { SpanChoice } from '../../components/span-choice.tsx';
import { Failed, Loading } from '../../components/states.tsx';
import { type Counts, OutcomeLegend, type TimeBar, TimeBars } from '../../components/time-bars.tsx';
import { useSettled } from '../../components/typed.ts';
import { When } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { partsOf, placeOf, type Span } from '../../format/spans.ts';
import { type ExecutionsFilter, executionsQuery, spanOf } from './filter.ts';

/** Maximum executions per page of the list. */
const LISTED = 500;
const REST_MS = 60_000;
/** Below this number of hours, hourly bars are too coarse. */
const MIN_HOURS = 3;

type HistogramProps = {
  readonly filter: ExecutionsFilter;
  readonly onNarrow: (change: ExecutionsFilter) => void;
};

/**
 * The listed executions over time. The service counts whole hours of all executions; with other filters or shorter times,
 * the newest ones are counted here.
 */
export const Histogram = ({ filter, onNarrow }: HistogramProps) => {
  const span = spanOf(filter, minute.value);
  const hours = wholeHoursOf(filter, span);
  const counted = useCounted(hours, filter);
  const listed = useListed(hours === undefined, filter);
  const { data, error, again } = hours === undefined ? listed : counted;
  const zone = zoneFor(undefined);
  const isNarrowed = filter.from !== undefined || filter.to !== undefined;
  const bars =
    data === undefined
      ? []
      : hours === undefined
        ? barsOf(data.items, partsOf(listedSpanOf(data, span), { zone }))
        : barsOf(data.items, partsOf(hours, { zone, leastMs: HOUR_MS }));
  const choose = ({ fromMs, toMs }: Span) =>
    onNarrow({
      span: '',
      from: new Date(fromMs).toISOString(),
      // A range up to now keeps an open end, so that new executions are listed.
      to: filter.to === undefined && toMs === bars.at(-1)?.toMs ? '' : new Date(toMs).toISOString(),
    });
  return (
    <section class="card histogram" aria-labelledby="histogram">
      <header class="card-head">
        <h2 id="histogram">Executions over time</h2>
        <span class="quiet small">{data === undefined ? null : <Said {...data} />}</span>
        <OutcomeLegend />
        {isNarrowed ? (
          <button type="button" class="link" onClick={() => onNarrow({ from: '', to: '' })}>
            Any time
          </button>
        ) : (
          <SpanChoice value={filter.span} none="Any" onValue={(name = '') => onNarrow({ span: name })} />
        )}
      </header>
      <div class="card-body">
        {data === undefined ? (
          error === null ? (
            <Loading lines={2} />
          ) : (
            <Failed error={error} again={again} />
          )
        ) : (
          <TimeBars
            label="Executions over time"
            bars={bars}
            hint="Hover over a bar to read it, or use ← →. Click, drag or press Enter to filter the list."
            onChoose={choose}
          />
        )}
      </div>
    </section>
  );
};

/** Executions created at an instant, or within a bar from it. */
type Created = { readonly atMs: number; readonly counts: Counts };

type Data = {
  readonly items: readonly Created[];
  /** Older executions are not counted. */
  readonly hasMore: boolean;
  readonly answeredAtMs: number;
};

const Said = ({ items, hasMore }: Data) => {
  const sum = items.reduce((all, { counts }) => all + Object.values(counts).reduce((of, count) => of + count, 0), 0);
  if (!hasMore) return <>{formatCount(sum, 'execution')}</>;
  return (
    <>
      Latest {sum}, since <When at={new Date(oldestOf(items) ?? 0).toISOString()} />
    </>
  );
};

const oldestOf = (items: readonly Created[]): number | undefined =>
  items.length === 0 ? undefined : Math.min(...items.map(({ atMs }) => atMs));

const listedSpanOf = ({ items, hasMore, answeredAtMs }: Data, span: Span | undefined): Span => {
  const oldestMs = oldestOf(items);
  const toMs = span?.toMs ?? answeredAtMs;
  return { fromMs: (hasMore ? oldestMs : (span?.fromMs ?? oldestMs)) ?? toMs - HOUR_MS, toMs };
};

const barsOf = (items: readonly Created[], parts: readonly Span[]): readonly TimeBar[] => {
  const counts = parts.map((): Partial<Record<Execution['status'], number>> => ({}));
  for (const { atMs, counts: some } of items) {
    const sums = counts[placeOf(parts, atMs)] ?? {};
    for (const [status, count] of statusesOf(some)) sums[status] = (sums[status] ?? 0) + count;
  }
  return parts.map((part, place) => ({ ...part, counts: counts[place] ?? {} }));
};

const STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const statusesOf = (counts: Counts) => STATUSES.map((status) => [status, counts[status] ?? 0] as const);

/** The hours that the API counts, if the filter contains only a status and a time of several hours. */
const wholeHoursOf = (filter: ExecutionsFilter, span: Span | undefined): Span | undefined => {
  const { span: _, from: __, to: ___, status: ____, ...others } = filter;
  if (span === undefined || Object.keys(others).length > 0 || !session.may('scheduler:jobs:read')) return undefined;
  const lastMs = Math.floor(minute.value / HOUR_MS) * HOUR_MS;
  const fromMs = Math.floor(span.fromMs / HOUR_MS) * HOUR_MS;
  const earliestMs = lastMs - (MAX_HOURS - 1) * HOUR_MS;
  const toMs = Math.min(Math.ceil(span.toMs / HOUR_MS) * HOUR_MS, minute.value);
  if (fromMs < earliestMs - HOUR_MS || toMs - fromMs < MIN_HOURS * HOUR_MS) return undefined;
  return { fromMs: Math.max(fromMs, earliestMs), toMs };
};

const useCounted = (hours: Span | undefined, { status }: ExecutionsFilter) => {
  const lastMs = Math.floor(minute.value / HOUR_MS) * HOUR_MS;
  const count = hours === undefined ? 1 : (lastMs - hours.fromMs) / HOUR_MS + 1;
  const { data, ...result } = useHours(count, hours !== undefined);
  const items = data?.hours.map(createdIn(status)).filter(({ atMs }) => atMs < (hours?.toMs ?? 0));
  return { ...result, data: items && { items, hasMore: false, answeredAtMs: result.answeredAtMs } };
};

const createdIn =
  (status: string | undefined) =>
  ({ from, executions }: Hour): Created => ({
    atMs: Date.parse(from),
    counts: Object.fromEntries(Object.entries(executions).filter(([each]) => status === undefined || each === status)),
  });

const useListed = (enabled: boolean, filter: ExecutionsFilter) => {
  const query = useSettled({ ...executionsQuery(filter, minute.value), limit: LISTED });
  const { data, ...result } = useQuery({
    key: ['executions', 'counted', query],
    load: async (signal) => {
      const { items, next } = await pageOf(api.GET('/executions', { params: { query }, signal }));
      return {
        items: items.map(({ createdAt, status }) => ({ atMs: Date.parse(createdAt), counts: { [status]: 1 } })),
        hasMore: next !== undefined,
      };
    },
    enabled,
    keepPrevious: true,
    touched: byRuns(filter.jobId === undefined ? undefined : Number(filter.jobId)),
    restMs: REST_MS,
  });
  return { ...result, data: data && { ...data, answeredAtMs: result.answeredAtMs } };
};
