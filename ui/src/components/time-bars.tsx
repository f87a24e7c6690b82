import type { ComponentChildren } from 'preact';
import type { Execution } from '../../../packages/client/src/schema.ts';
import { formatNumber } from '../format/count.ts';
import type { Span } from '../format/spans.ts';
import { formatInstant, formatSpan, wallOf } from '../format/time.ts';
import { now } from './clock.ts';
import { usePointed } from './pointed.ts';
import { zoneFor } from './preferences.ts';

export type Counts = Readonly<Partial<Record<Execution['status'], number>>>;

/** Number of executions in a part of the time, by status. */
export type TimeBar = Span & { readonly counts: Counts };

type TimeBarsProps = {
  /** Label of the chart. */
  readonly label: string;
  readonly bars: readonly TimeBar[];
  /** Further details of some bars, on one line. */
  readonly formatMore?: (bars: readonly TimeBar[]) => string;
  /** Describes the effect of click, drag and Enter. */
  readonly hint: string;
  readonly onChoose?: (span: Span) => void;
  /** Drawn below, over the same time. */
  readonly below?: ComponentChildren;
};

const WIDTH = 720;
const HEIGHT = 100;

/** From bottom to top. */
const OUTCOMES = ['failed', 'succeeded', 'cancelled', 'running', 'pending'] as const;

/** Executions over time as stacked bars by status. Bars are read and chosen by pointer or keyboard. */
export const TimeBars = ({ label, bars, formatMore, hint, onChoose, below }: TimeBarsProps) => {
  const zone = zoneFor(undefined);
  const spanOf = (first: number, last: number): Span => ({
    fromMs: bars[first]?.fromMs ?? 0,
    toMs: bars[last]?.toMs ?? 0,
  });
  const { pointed, description, handles } = usePointed({
    label,
    say: ({ first, last }) => {
      const shown = bars.slice(first, last + 1);
      const when = formatSpan(spanOf(first, last), { zone, nowMs: now.value, withSeconds: isFine(bars) });
      return `${when}: ${formatCounts(shown)}${formatMore?.(shown) ?? ''}`;
    },
    count: bars.length,
    placeAt: (share) => Math.floor(share * bars.length),
    onChoose: onChoose === undefined ? undefined : (first, last) => onChoose(spanOf(first, last)),
    hasRanges: true,
  });
  const most = Math.max(1, ...bars.map(({ counts }) => sumOf(counts)));
  const step = WIDTH / Math.max(1, bars.length);
  return (
    <figure class="time-bars">
      <figcaption class="small">
        <span class="bars-reading" aria-live="off">
          {description ?? <span class="quiet">{hint}</span>}
        </span>
        <span class="quiet">Maximum: {formatNumber(most)}</span>
      </figcaption>
      <div {...handles} class="bars-frame">
        <svg class="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {pointed === undefined ? null : (
            <rect
              class="bar-pointed"
              x={pointed.first * step}
              y={0}
              width={(pointed.last - pointed.first + 1) * step}
              height={HEIGHT}
            />
          )}
          {bars.map(({ fromMs, counts }, place) => (
            <Stack key={fromMs} counts={counts} most={most} x={place * step} width={step} />
          ))}
        </svg>
        {below}
      </div>
      <Axis bars={bars} zone={zone} />
    </figure>
  );
};

const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

const isFine = (bars: readonly TimeBar[]): boolean =>
  bars.some(({ fromMs }, place) => place > 0 && fromMs % 60_000 > 0);

const formatCounts = (bars: readonly TimeBar[]): string => {
  const parts = OUTCOMES.flatMap((outcome) => {
    const count = bars.reduce((sum, { counts }) => sum + (counts[outcome] ?? 0), 0);
    return count === 0 ? [] : [`${formatNumber(count)} ${outcome}`];
  });
  return parts.length === 0 ? 'no executions' : parts.join(', ');
};

type StackProps = { readonly counts: Counts; readonly most: number; readonly x: number; readonly width: number };

const Stack = ({ counts, most, x, width }: StackProps) => {
  const gap = Math.min(2, width / 5);
  let y = HEIGHT;
  return (
    <>
      {OUTCOMES.map((outcome) => {
        const count = counts[outcome] ?? 0;
        if (count === 0) return null;
        const height = Math.max(2, (HEIGHT * count) / most);
        y -= height;
        return (
          <rect
            key={outcome}
            class={`bar-${outcome}`}
            x={x + gap}
            y={Math.max(0, y)}
            width={width - 2 * gap}
            height={height}
          />
        );
      })}
    </>
  );
};

const MARKS = 4;
const DAY_MS = 86_400_000;

/** The time axis below a chart. */
const Axis = ({ bars, zone }: { readonly bars: readonly TimeBar[]; readonly zone: string }) => {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return null;
  const lengthMs = last.toMs - first.fromMs;
  const say = (atMs: number): string => {
    if (lengthMs > 2 * DAY_MS) return wallOf(atMs, zone).date.slice('YYYY-'.length);
    return formatInstant(new Date(atMs).toISOString(), { zone, nowMs: now.value, withSeconds: isFine(bars) });
  };
  const isToNow = Math.abs(last.toMs - now.value) < Math.max(60_000, lengthMs / MARKS);
  return (
    <div class="axis" aria-hidden="true">
      {Array.from({ length: MARKS }, (_, mark) => bars[Math.round((mark * bars.length) / MARKS)] ?? first).map(
        ({ fromMs }) => (
          <span key={fromMs}>{say(fromMs)}</span>
        ),
      )}
      <span>{isToNow ? 'now' : say(last.toMs)}</span>
    </div>
  );
};

export const OutcomeLegend = () => (
  <p class="legend quiet small">
    <span class="key key-good" /> Succeeded <span class="key key-bad" /> Failed <span class="key key-calm" /> Cancelled{' '}
    <span class="key key-busy" /> Open
  </p>
);
