import type { Execution } from '../../../packages/client/src/schema.ts';
import type { Span } from '../format/spans.ts';
import { formatDuration, formatInstant, wallOf } from '../format/time.ts';
import { now } from './clock.ts';
import { usePointed } from './pointed.ts';
import { zoneFor } from './preferences.ts';

/** An execution in the chart: outcome, duration and lateness. */
export type Dot = {
  readonly id: number;
  readonly atMs: number;
  readonly status: Execution['status'];
  readonly tookMs: number;
  readonly lateMs: number;
};

type DotsProps = {
  /** Description of the chart, in a sentence. */
  readonly label: string;
  readonly dots: readonly Dot[];
  readonly span: Span;
  readonly zone: string;
  readonly onOpen: (id: number) => void;
};

const HEIGHT = 170;
const MIN_MS = 1;
const MARKS = 4;
const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

/** Durations over time by outcome, on a logarithmic scale. Points are read and opened by pointer or keyboard. */
export const Dots = ({ label, dots, span, zone, onOpen }: DotsProps) => {
  const shown = zoneFor(zone);
  const lengthMs = Math.max(1, span.toMs - span.fromMs);
  const xOf = ({ atMs }: Dot): number => (atMs - span.fromMs) / lengthMs;
  const { pointed, description, handles } = usePointed({
    label,
    say: ({ last }) => formatDot(dots[last], shown),
    count: dots.length,
    placeAt: (share) => nearest(dots.map(xOf), share),
    onChoose: (_, last) => {
      const dot = dots[last];
      if (dot !== undefined) onOpen(dot.id);
    },
  });
  const most = Math.max(SECOND_MS, ...dots.flatMap(({ tookMs, lateMs }) => [tookMs, lateMs]));
  const top = 10 ** Math.ceil(Math.log10(most));
  const yOf = (ms: number): number => 1 - Math.log10(Math.max(MIN_MS, ms)) / Math.log10(top);
  const dot = pointed === undefined ? undefined : dots[pointed.last];
  return (
    <figure class="time-bars">
      <figcaption class="small">
        <span class="bars-reading">
          {description ?? <span class="quiet">Hover to read, or use ← →. Click or press Enter to open.</span>}
        </span>
      </figcaption>
      <div {...handles} class="bars-frame">
        <svg class="dots" width="100%" height={HEIGHT} aria-hidden="true">
          {scaleTo(top).map((ms) => (
            <g key={ms}>
              <line class="dots-line" x1="0" x2="100%" y1={share(yOf(ms))} y2={share(yOf(ms))} />
              <text class="dots-mark" x="0" y={share(yOf(ms))} dy="-3">
                {ms < SECOND_MS ? `${ms} ms` : formatDuration(ms).replace('.0', '')}
              </text>
            </g>
          ))}
          {dot === undefined ? null : (
            <line class="dots-pointed" x1={share(xOf(dot))} x2={share(xOf(dot))} y1="0" y2="100%" />
          )}
          {dots.map((each) => (
            <circle
              key={`late ${each.id}`}
              class="dot-late"
              cx={share(xOf(each))}
              cy={share(yOf(each.lateMs))}
              r="1.5"
            />
          ))}
          {dots.map((each) => (
            <circle
              key={each.id}
              class={`bar-${each.status}`}
              cx={share(xOf(each))}
              cy={share(yOf(each.tookMs))}
              r={each === dot ? 5 : 3}
            />
          ))}
        </svg>
      </div>
      <div class="axis" aria-hidden="true">
        {Array.from({ length: MARKS + 1 }, (_, mark) => span.fromMs + (mark * lengthMs) / MARKS).map((atMs) => (
          <span key={atMs}>
            {lengthMs > 2 * DAY_MS
              ? wallOf(atMs, shown).date.slice('YYYY-'.length)
              : formatInstant(new Date(atMs).toISOString(), { zone: shown, nowMs: now.value, withSeconds: false })}
          </span>
        ))}
      </div>
    </figure>
  );
};

const share = (part: number): string => `${(100 * part).toFixed(2)}%`;

const nearest = (shares: readonly number[], wanted: number): number =>
  shares.reduce(
    (best, each, place) => (Math.abs(each - wanted) < Math.abs((shares[best] ?? 0) - wanted) ? place : best),
    0,
  );

/** Powers of ten below the maximum; every second one if there are many. */
const scaleTo = (topMs: number): readonly number[] => {
  const powers = Array.from({ length: Math.round(Math.log10(topMs)) }, (_, power) => 10 ** power);
  return powers.filter((_, power) => power % 2 === powers.length % 2 || powers.length <= 4);
};

const formatDot = (dot: Dot | undefined, zone: string): string => {
  if (dot === undefined) return '';
  const { id, atMs, status, tookMs, lateMs } = dot;
  const late = lateMs === 0 ? '' : `, late by ${formatDuration(lateMs)}`;
  const at = formatInstant(new Date(atMs).toISOString(), { zone, nowMs: now.value });
  return `${at}: execution ${id} ${status} after ${formatDuration(tookMs)}${late}`;
};
