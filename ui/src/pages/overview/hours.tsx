import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Hour } from '../../../../packages/client/src/schema.ts';
import { session } from '../../api/session.ts';
import { HOUR_MS, MAX_HOURS, TWO_DAYS, useHours } from '../../components/hours.ts';
import { zoneFor } from '../../components/preferences.ts';
import { SpanChoice } from '../../components/span-choice.tsx';
import { Failed, Loading } from '../../components/states.tsx';
import { OutcomeLegend, TimeBars } from '../../components/time-bars.tsx';
import type { Span, SpanName } from '../../format/spans.ts';
import { formatDuration, wallOf } from '../../format/time.ts';

/** Hours of the ranges. */
const SPANS = { '24h': 24, '7d': MAX_HOURS } as const satisfies Partial<Record<SpanName, number>>;

/** The last day or week by hour: executions, failures and lateness. */
export const Hours = () => {
  const [span, setSpan] = useState<keyof typeof SPANS>('24h');
  // The figures above need the day before, too: both share one request.
  const { data, error, again } = useHours(span === '24h' ? TWO_DAYS : MAX_HOURS);
  const hours = data?.hours.slice(-SPANS[span]);
  return (
    <section class="card hours" aria-labelledby="hours">
      <header class="card-head">
        <h2 id="hours">{span === '24h' ? 'Last 24 hours' : 'Last 7 days'}</h2>
        <OutcomeLegend />
        <SpanChoice value={span} names={Object.keys(SPANS)} onValue={(name) => setSpan(name === '7d' ? '7d' : '24h')} />
      </header>
      <div class="card-body">
        {hours === undefined ? (
          error === null ? (
            <Loading lines={4} />
          ) : (
            <Failed error={error} again={again} />
          )
        ) : (
          <>
            <Chart key={hours.length} hours={hours} />
            <HoursTable hours={hours} />
          </>
        )}
      </div>
    </section>
  );
};

const Chart = ({ hours }: { readonly hours: readonly Hour[] }) => {
  const [, navigate] = useLocation();
  const bars = hours.map(({ from, executions }) => ({
    fromMs: Date.parse(from),
    toMs: Date.parse(from) + HOUR_MS,
    counts: executions,
  }));
  const byStart = new Map(hours.map((hour) => [Date.parse(hour.from), hour]));
  const open = ({ fromMs, toMs }: Span) => {
    const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString()) as [string, string];
    navigate(`/executions?${new URLSearchParams({ from, to })}`);
  };
  const mayOpen = session.may('scheduler:executions:read');
  return (
    <TimeBars
      label="Executions per hour"
      bars={bars}
      formatMore={(some) => formatHours(some.flatMap(({ fromMs }) => byStart.get(fromMs) ?? []))}
      hint={
        mayOpen
          ? 'Hover over an hour to read it, or use ← →. Click or press Enter to list its executions.'
          : 'Hover over an hour to read it, or use ← →'
      }
      {...(mayOpen ? { onChoose: open } : {})}
      below={<Lateness hours={hours} />}
    />
  );
};

/** Slots that did not run in these hours, and the lateness of the others. */
const formatHours = (hours: readonly Hour[]): string => {
  const [skipped, missed] = (['skipped', 'missed'] as const).map((what) =>
    hours.reduce((sum, { notCalled }) => sum + notCalled[what], 0),
  );
  const late = hours.flatMap(({ lateness }) => (lateness === null ? [] : [lateness]));
  return [
    skipped === 0 ? '' : `, ${skipped} skipped`,
    missed === 0 ? '' : `, ${missed} missed`,
    late.length === 0
      ? ''
      : `; late by ${formatDuration(Math.max(...late.map(({ p99Ms }) => p99Ms)))} at the 99th percentile, at most ${formatDuration(Math.max(...late.map(({ maxMs }) => maxMs)))}`,
  ].join('');
};

const WIDTH = 720;
const LATE_HEIGHT = 54;

/** On a logarithmic scale, so that an hour with seconds does not hide the milliseconds of others. */
const Lateness = ({ hours }: { readonly hours: readonly Hour[] }) => {
  const step = WIDTH / hours.length;
  const gap = Math.min(2, step / 5);
  const most = Math.max(1_000, ...hours.map(({ lateness }) => lateness?.maxMs ?? 0));
  const yOf = (ms: number): number => LATE_HEIGHT - (LATE_HEIGHT * Math.log10(1 + ms)) / Math.log10(1 + most);
  return (
    <div class="lateness">
      <p class="small quiet">Lateness, from the median to the 99th percentile</p>
      <svg class="bars late-bars" viewBox={`0 0 ${WIDTH} ${LATE_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {hours.map(({ from, lateness }, place) =>
          lateness === null ? null : (
            <rect
              key={from}
              class={lateness.p99Ms > 1_000 ? 'bar-warn' : 'bar-busy'}
              x={place * step + gap}
              y={yOf(lateness.p99Ms)}
              width={step - 2 * gap}
              height={Math.max(2, yOf(lateness.medianMs) - yOf(lateness.p99Ms))}
            />
          ),
        )}
      </svg>
    </div>
  );
};

const HoursTable = ({ hours }: { readonly hours: readonly Hour[] }) => {
  const zone = zoneFor(undefined);
  const say = (from: string): string => {
    const { date, time } = wallOf(from, zone);
    return hours.length > SPANS['24h'] ? `${date} ${time}` : time;
  };
  return (
    <div class="unseen">
      <table>
        <caption>Executions per hour</caption>
        <thead>
          <tr>
            {['Hour', 'Succeeded', 'Failed', 'Skipped', 'Missed', 'Lateness, p99'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hours.map((hour) => (
            <tr key={hour.from}>
              <th scope="row">{say(hour.from)}</th>
              <td>{hour.executions.succeeded}</td>
              <td>{hour.executions.failed}</td>
              <td>{hour.notCalled.skipped}</td>
              <td>{hour.notCalled.missed}</td>
              <td>{hour.lateness === null ? 'no calls' : formatDuration(hour.lateness.p99Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
