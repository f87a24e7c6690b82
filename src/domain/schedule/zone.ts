import { boundedCache } from '../bounded-cache.ts';

/** A span of time in which the zone's offset from UTC is constant. All values are in milliseconds. */
export type Period = {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  readonly offsetMs: number;
  /**
   * The latest wall-clock time that the clock had shown before this period, exclusive. If it is above
   * `startMs + offsetMs`, the clock was set back at the start and shows the times in between for the second time.
   */
  readonly reachedMs: number;
};

/** Finds the period that an instant is in. */
export type Zone = (instantMs: number) => Period;

/** No zone is, or ever was, further from UTC than this. */
export const MAX_OFFSET_MS = 16 * 3_600_000;

/** Zones are read and cached in spans of about 13 months. A period that crosses the end of a span is cut in two. */
const SPAN_MS = 2 ** 35;
const SPANS = 64;
const ZONES = 1_024;
const DAY_MS = 86_400_000;
/** The search steps over no transition: since 1970 any two of a zone are at least a week apart (Gaza, 2040). */
const STEP_MS = 3 * DAY_MS;
/** Reading starts this long before a span: a clock set back there may repeat times in the span, for a day at most. */
const LEAD_MS = 2 * DAY_MS;

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

const offsetReader = (timezone: string): ((instantMs: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  return (instantMs) => {
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(format.format(instantMs)) ?? [];
    const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
    return sign === '-' ? -ms : ms;
  };
};

/** The first whole second with another offset than at `fromMs`. The offset at `toMs` must be another one. */
const transition = (offsetMsAt: (ms: number) => number, fromMs: number, toMs: number): number => {
  const before = offsetMsAt(fromMs);
  let low = Math.floor(fromMs / 1_000);
  let high = Math.ceil(toMs / 1_000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMsAt(middle * 1_000) === before) low = middle;
    else high = middle;
  }
  return high * 1_000;
};

const readSpan = (offsetMsAt: (ms: number) => number, spanStartMs: number): readonly Period[] => {
  const spanEndMs = spanStartMs + SPAN_MS;
  const periods: Period[] = [];
  let startMs = spanStartMs - LEAD_MS;
  let offsetMs = offsetMsAt(startMs);
  let reachedMs = startMs + offsetMs;
  const close = (endMs: number): void => {
    if (endMs > spanStartMs) periods.push({ startMs, endMs, offsetMs, reachedMs });
    reachedMs = Math.max(reachedMs, endMs + offsetMs);
    startMs = endMs;
  };
  for (let at = startMs; at < spanEndMs; ) {
    const next = Math.min(at + STEP_MS, spanEndMs);
    if (offsetMsAt(next) === offsetMs) {
      at = next;
      continue;
    }
    at = transition(offsetMsAt, at, next);
    if (at >= spanEndMs) break;
    close(at);
    offsetMs = offsetMsAt(at);
  }
  close(spanEndMs);
  return periods;
};

const ALWAYS: Period = { startMs: -Infinity, endMs: Infinity, offsetMs: 0, reachedMs: -Infinity };

const openZone = (timezone: string): Zone => {
  if (timezone === 'UTC') return () => ALWAYS;
  const offsetMsAt = offsetReader(timezone);
  const span = boundedCache(SPANS, (index: number) => readSpan(offsetMsAt, index * SPAN_MS));
  return (instantMs) => {
    const periods = span(Math.floor(instantMs / SPAN_MS));
    for (const period of periods) if (instantMs < period.endMs) return period;
    throw new RangeError(`${timezone} has no period at ${instantMs}`);
  };
};

/** The periods of a zone, read from this Node's time zone data when they are first needed, and cached. */
export const zoneOf: (timezone: string) => Zone = boundedCache(ZONES, openZone);

const NAMES = 2_048;
const NAME_CHARACTERS = 64;

/** IANA names without an area (`Area/City`). Node also accepts other names without one (`IST`, `PST`, …). */
const WITHOUT_AREA = new Set(
  (
    'utc gmt uct zulu universal greenwich gmt0 gmt+0 gmt-0 cet met eet wet est mst hst est5edt cst6cdt mst7mdt ' +
    'pst8pdt cuba egypt eire gb gb-eire hongkong iceland iran israel jamaica japan kwajalein libya nz nz-chat navajo ' +
    'prc poland portugal roc rok singapore turkey w-su'
  ).split(' '),
);
const AREA = /^[a-z]+(?:\/[a-z0-9_+-]+)+$/i;

const known = boundedCache(NAMES, (name: string): boolean => {
  const bare = WITHOUT_AREA.has(name.toLowerCase());
  if (!bare && (!AREA.test(name) || /^systemv\//i.test(name))) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
});

/** Whether this is a zone of the IANA database that this Node knows. An offset (`+02:00`) is not. */
export const isTimezone = (name: string): boolean => name.length <= NAME_CHARACTERS && known(name);
