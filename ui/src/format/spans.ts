import { offsetMsOf } from './time.ts';

/** Time ranges, and their division into a chart's bars. */
export type Span = { readonly fromMs: number; readonly toMs: number };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The ranges to choose from, up to now. */
export const SPANS = [
  ['1h', '1 h', HOUR_MS],
  ['24h', '24 h', DAY_MS],
  ['7d', '7 d', 7 * DAY_MS],
  ['30d', '30 d', 30 * DAY_MS],
] as const;
export type SpanName = (typeof SPANS)[number][0];

export const spanNamed = (name: string | undefined): (typeof SPANS)[number] | undefined =>
  SPANS.find(([each]) => each === name);

const MAX_PARTS = 60;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const LENGTHS_MS = [
  ...[1, 5, 15].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 7, 30, 365].map((days) => days * DAY_MS),
];

type Parting = {
  readonly zone: string;
  /** Minimum length of a part: counts are not known for shorter times. */
  readonly leastMs?: number;
};

/** Parts of equal length that begin at round times of a zone; clipped to the range. */
export const partsOf = ({ fromMs, toMs }: Span, { zone, leastMs = SECOND_MS }: Parting): readonly Span[] => {
  const lengthMs =
    LENGTHS_MS.find((each) => each >= leastMs && (toMs - fromMs) / each <= MAX_PARTS) ?? LENGTHS_MS.at(-1) ?? DAY_MS;
  const shiftMs = Math.floor(offsetMsOf(toMs, zone) / leastMs) * leastMs;
  const firstMs = Math.floor((fromMs + shiftMs) / lengthMs) * lengthMs - shiftMs;
  const count = Math.max(1, Math.ceil((toMs - firstMs) / lengthMs));
  return Array.from({ length: count }, (_, place) => ({
    fromMs: Math.max(firstMs + place * lengthMs, fromMs),
    toMs: Math.min(firstMs + (place + 1) * lengthMs, toMs),
  }));
};

/** Index of the part that contains an instant, or of the nearest one. */
export const placeOf = (parts: readonly Span[], atMs: number): number => {
  const place = parts.findLastIndex(({ fromMs }) => fromMs <= atMs);
  return Math.max(0, place);
};
