import { useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { api, pageOf } from '../api/client.ts';
import { byRuns, useQuery } from '../api/queries.ts';
import { useAddress } from '../components/address.ts';
import { ApplicationFilter } from '../components/application-filter.tsx';
import { minute, now } from '../components/clock.ts';
import { useKeys } from '../components/keys.ts';
import { PageHead } from '../components/layout.tsx';
import { zoneFor } from '../components/preferences.ts';
import { SpanChoice } from '../components/span-choice.tsx';
import { Empty, Failed, Loading } from '../components/states.tsx';
import { OutcomeLegend } from '../components/time-bars.tsx';
import { formatCount, formatNumber } from '../format/count.ts';
import { type Span, spanNamed } from '../format/spans.ts';
import { formatDuration, formatSpan, wallOf } from '../format/time.ts';
import { type Bar, moved, overlapOf, type Row, rowsOf, zoomed } from './timeline/bars.ts';

const MAX_SHOWN = 500;
const REST_MS = 5_000;
const HOUR_MS = 3_600_000;

/** Many jobs on one axis: what ran simultaneously, what came in bursts, and what waited. */
const Timeline = () => {
  const [search, show] = useAddress('/timeline');
  const applicationId = search.get('applicationId') ?? '';
  const span = spanOf(search);
  const zoom = ({ fromMs, toMs }: Span) =>
    show({ span: undefined, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
  const query = {
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    limit: MAX_SHOWN,
    ...(applicationId === '' ? {} : { applicationId: Number(applicationId) }),
  };
  const { data, error, again } = useQuery({
    key: ['timeline', query],
    load: (signal) => pageOf(api.GET('/executions', { params: { query }, signal })),
    keepPrevious: true,
    touched: byRuns(),
    restMs: REST_MS,
  });
  useKeys('Timeline', [
    { key: '+', description: 'Zoom in', run: () => zoom(zoomed(span, 0.5)) },
    { key: '-', description: 'Zoom out', run: () => zoom(zoomed(span, 2)) },
    { key: 'ArrowLeft', description: 'Earlier', run: () => zoom(moved(span, -0.25)) },
    { key: 'ArrowRight', description: 'Later', run: () => zoom(moved(span, 0.25)) },
    { key: '0', description: 'The last hour', run: () => show({ span: undefined, from: undefined, to: undefined }) },
  ]);
  const zone = zoneFor(undefined);
  return (
    <>
      <PageHead
        title="Timeline"
        beside={<span class="quiet">{formatSpan(span, { zone, nowMs: now.value })}</span>}
        actions={
          <Link class="button" href={`/executions?${new URLSearchParams({ from: query.from, to: query.to })}`}>
            List executions
          </Link>
        }
      />
      <div class="filters">
        <ApplicationFilter by="id" value={applicationId} onValue={(value) => show({ applicationId: value })} />
        <SpanChoice
          value={search.get('from') === null ? (search.get('span') ?? '1h') : undefined}
          onValue={(name) => show({ span: name, from: undefined, to: undefined })}
        />
        <span class="buttons">
          {(
            [
              ['Zoom in', '+', () => zoom(zoomed(span, 0.5))],
              ['Zoom out', '−', () => zoom(zoomed(span, 2))],
              ['Earlier', '←', () => zoom(moved(span, -0.25))],
              ['Later', '→', () => zoom(moved(span, 0.25))],
            ] as const
          ).map(([label, text, run]) => (
            <button key={label} type="button" class="button" aria-label={label} title={label} onClick={run}>
              {text}
            </button>
          ))}
        </span>
      </div>
      <section class="card" aria-labelledby="axis">
        <header class="card-head">
          <h2 id="axis">Jobs over time</h2>
          <OutcomeLegend />
          <span class="quiet small">Drag to zoom, or use + − ← →</span>
        </header>
        <div class="card-body">
          {data === undefined ? (
            error === null ? (
              <Loading lines={8} />
            ) : (
              <Failed error={error} again={again} />
            )
          ) : data.items.length === 0 ? (
            <Empty icon="executions" title="No executions in this time">
              Zoom out, or choose another time.
            </Empty>
          ) : (
            <>
              {data.next === undefined ? null : (
                <p class="quiet small">Only the newest {formatNumber(MAX_SHOWN)} executions. Zoom in to see all.</p>
              )}
              <Axis rows={rowsOf(data.items, now.value)} span={span} zone={zone} onZoom={zoom} />
            </>
          )}
        </div>
      </section>
    </>
  );
};

export default Timeline;

const spanOf = (search: URLSearchParams): Span => {
  const [fromMs, toMs] = ['from', 'to'].map((name) => Date.parse(search.get(name) ?? '')) as [number, number];
  if (fromMs < toMs) return { fromMs, toMs };
  // The current minute is within it.
  const nowMs = minute.value + 60_000;
  return { fromMs: nowMs - (spanNamed(search.get('span') ?? '1h')?.[2] ?? HOUR_MS), toMs: nowMs };
};

type AxisProps = {
  readonly rows: readonly Row[];
  readonly span: Span;
  readonly zone: string;
  readonly onZoom: (span: Span) => void;
};

const PARTS = 120;
const MARKS = 6;

const Axis = ({ rows, span, zone, onZoom }: AxisProps) => {
  const { fromMs, toMs } = span;
  const percentOf = (ms: number): number => Math.min(100, Math.max(0, (100 * (ms - fromMs)) / (toMs - fromMs)));
  const overlap = overlapOf(rows, span, PARTS);
  const most = Math.max(...overlap);
  const frame = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<readonly [number, number]>();
  const partAt = ({ clientX }: PointerEvent): number => {
    const tracks = frame.current?.querySelector('.track')?.getBoundingClientRect();
    return tracks === undefined ? 0 : Math.min(1, Math.max(0, (clientX - tracks.left) / tracks.width));
  };
  const end = () => {
    if (drag !== undefined && Math.abs(drag[1] - drag[0]) > 0.01) {
      const [first = 0, last = 1] = drag.toSorted((a, b) => a - b);
      onZoom({
        fromMs: Math.round(fromMs + first * (toMs - fromMs)),
        toMs: Math.round(fromMs + last * (toMs - fromMs)),
      });
    }
    setDrag(undefined);
  };
  return (
    <div
      ref={frame}
      class="timeline"
      onPointerDown={(event) => {
        if (event.button === 0 && event.target instanceof Element && event.target.closest('.track') !== null)
          setDrag([partAt(event), partAt(event)]);
      }}
      onPointerMove={(event) => {
        if (drag !== undefined) setDrag([drag[0], partAt(event)]);
      }}
      onPointerUp={end}
      onPointerLeave={() => setDrag(undefined)}
    >
      <div class="timeline-row">
        <span class="quiet small">Up to {formatNumber(most)} simultaneously</span>
        <svg
          class="track overlap"
          viewBox={`0 0 ${PARTS} 1`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Up to ${formatCount(most, 'execution')} ran simultaneously`}
        >
          {overlap.map((count, part) => (
            <rect
              key={part}
              class="density-bar"
              x={part}
              y={1 - count / Math.max(1, most)}
              width="0.9"
              height={count / Math.max(1, most)}
            />
          ))}
        </svg>
      </div>
      {rows.map(({ jobId, name, bars }) => (
        <div key={jobId} class="timeline-row">
          <Link href={`/jobs/${jobId}`} class="job-name">
            {name}
          </Link>
          <svg class="track" width="100%" height="20" role="img" aria-label={formatRow(bars)}>
            <rect class="bar-ground" x="0" y="9" width="100%" height="2" />
            {bars.map((bar) => (
              <BarMark key={bar.id} bar={bar} percentOf={percentOf} />
            ))}
            {drag === undefined ? null : (
              <rect
                class="timeline-drag"
                x={`${100 * Math.min(...drag)}%`}
                y="0"
                width={`${100 * Math.abs(drag[1] - drag[0])}%`}
                height="20"
              />
            )}
          </svg>
        </div>
      ))}
      <div class="timeline-row">
        <span />
        <div class="axis">
          {Array.from({ length: MARKS }, (_, mark) => {
            const atMs = fromMs + (mark * (toMs - fromMs)) / (MARKS - 1);
            const { date, time, seconds } = wallOf(atMs, zone);
            return (
              <span key={mark}>
                {toMs - fromMs > 24 * HOUR_MS
                  ? `${date.slice(5)} ${time}`
                  : toMs - fromMs < 10 * 60_000
                    ? `${time}:${seconds}`
                    : time}
              </span>
            );
          })}
        </div>
      </div>
    </div>
  );
};

type MarkProps = { readonly bar: Bar; readonly percentOf: (ms: number) => number };

const BarMark = ({ bar: { id, status, dueMs, fromMs, toMs }, percentOf }: MarkProps) => {
  const [, navigate] = useLocation();
  const [due, from, to] = [dueMs, fromMs, toMs].map(percentOf) as [number, number, number];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list of executions has the keys
    <g class="timeline-bar" onClick={() => navigate(`/executions/${id}`)}>
      <title>{`Execution ${id}: ${status} after ${formatDuration(toMs - fromMs)}${fromMs - dueMs < 1_000 ? '' : `, waited ${formatDuration(fromMs - dueMs)}`}`}</title>
      <rect class="cell-skipped" x={`${due}%`} y="8" width={`${Math.max(0, from - due)}%`} height="4" />
      <rect class={`bar-${status}`} x={`${from}%`} y="3" width={`${Math.max(0.15, to - from)}%`} height="14" rx="1" />
    </g>
  );
};

const formatRow = (bars: readonly Bar[]): string =>
  `${formatCount(bars.length, 'execution')}: ${[...Map.groupBy(bars, ({ status }) => status)].map(([status, own]) => `${own.length} ${status}`).join(', ')}`;
