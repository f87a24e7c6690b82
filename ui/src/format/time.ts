/** Formats times and durations. A zone is an IANA name. */

const formats = new Map<string, Intl.DateTimeFormat>();

const formatIn = (zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = JSON.stringify([zone, options]);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: isZone(zone) ? zone : 'UTC', ...options });
  formats.set(key, made);
  return made;
};

const isZone = (zone: string): boolean => {
  try {
    return Intl.DateTimeFormat('en-GB', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
};

const PARTS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
};

export type Wall = { readonly date: string; readonly time: string; readonly seconds: string };

/** Wall-clock time of a zone at an instant. */
export const wallOf = (instant: string | number, zone: string): Wall => {
  const parts = formatIn(zone, PARTS).formatToParts(new Date(instant));
  const part = (name: string): string => parts.find(({ type }) => type === name)?.value ?? '';
  return {
    date: `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
    seconds: part('second'),
  };
};

const DAY_MS = 86_400_000;

/** Returns whether an instant has seconds. If one in a list does, all are shown with seconds. */
export const hasSeconds = (instant: string): boolean => Date.parse(instant) % 60_000 >= 1_000;

type Saying = { readonly zone: string; readonly nowMs: number; readonly withSeconds?: boolean };

/** Formats an instant for reading: `14:05` today, `tomorrow 02:00`, `Mon 14:05` within a week, otherwise with its date. */
export const formatInstant = (instant: string, { zone, nowMs, withSeconds = hasSeconds(instant) }: Saying): string => {
  const wall = wallOf(instant, zone);
  const clock = withSeconds ? `${wall.time}:${wall.seconds}` : wall.time;
  const dayOf = (ms: number): string => wallOf(ms, zone).date;
  if (wall.date === dayOf(nowMs)) return clock;
  if (wall.date === dayOf(nowMs + DAY_MS)) return `tomorrow ${clock}`;
  if (wall.date === dayOf(nowMs - DAY_MS)) return `yesterday ${clock}`;
  const distanceMs = Date.parse(instant) - nowMs;
  if (distanceMs > 0 && distanceMs < 6 * DAY_MS) {
    return `${formatIn(zone, { weekday: 'short' }).format(new Date(instant))} ${clock}`;
  }
  return `${wall.date} ${clock}`;
};

/** A full instant with offset: `2026-11-27 14:05:00 GMT+1`. */
export const wholeInstant = (instant: string, zone: string): string => {
  const { date, time, seconds } = wallOf(instant, zone);
  return `${date} ${time}:${seconds} ${formatOffset(Math.round(offsetMsOf(Date.parse(instant), zone) / 60_000))}`;
};

/** The same with weekday: `Fri 2026-11-27 14:05:00 GMT+1`. */
export const wholeDay = (instant: string, zone: string): string =>
  `${formatIn(zone, { weekday: 'short' }).format(new Date(instant))} ${wholeInstant(instant, zone)}`;

/** Offset of a zone from UTC. */
export const offsetMsOf = (instantMs: number, zone: string): number => {
  const { date, time, seconds } = wallOf(instantMs, zone);
  return Date.parse(`${date}T${time}:${seconds}Z`) - Math.floor(instantMs / 1_000) * 1_000;
};

/** Formats a time range; a common date is shown once. */
export const formatSpan = (span: { readonly fromMs: number; readonly toMs: number }, saying: Saying): string => {
  const [from, to] = [span.fromMs, span.toMs].map((ms) => new Date(ms).toISOString()) as [string, string];
  const [first, last] = [from, to].map((at) => wallOf(at, saying.zone));
  const clock = formatInstant(to, saying);
  return `${formatInstant(from, saying)}–${first?.date === last?.date ? (clock.split(' ').at(-1) ?? clock) : clock}`;
};

/** Equals the browser's `timeZoneName: 'shortOffset'`, but is much faster. */
const formatOffset = (minutes: number): string => {
  if (minutes === 0) return 'GMT';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `GMT${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
};

const UNITS = [
  ['y', 365 * DAY_MS],
  ['d', DAY_MS],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A duration in up to two units: `850 ms`, `2.4 s`, `3 min 20 s`, `2 d 4 h`. */
export const formatDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const first = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const [unit, unitMs] = UNITS[first] ?? (['s', 1_000] as const);
  const count = Math.floor(ms / unitMs);
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((ms - count * unitMs) / next[1]);
  return rest === 0 || next === undefined ? `${count} ${unit}` : `${count} ${unit} ${rest} ${next[0]}`;
};

/** Distance to an instant: `in 3 min`, `2 h ago`, `now`. */
export const formatDistance = (instant: string, nowMs: number): string => {
  const ms = Date.parse(instant) - nowMs;
  if (Math.abs(ms) < 1_000) return 'now';
  const far = formatRough(Math.abs(ms));
  return ms > 0 ? `in ${far}` : `${far} ago`;
};

const formatRough = (ms: number): string => {
  const [unit, unitMs] = UNITS.find(([, each]) => ms >= each) ?? (['s', 1_000] as const);
  return `${Math.floor(ms / unitMs)} ${unit}`;
};

/** The zone of this browser. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';

/** The instant at which a zone's wall clock shows `2026-03-29T02:30`; the first one if there are two. */
export const instantOf = (wall: string, zone: string): string => {
  const wantedMs = Date.parse(`${wall}:00Z`.replace(/(T\d\d:\d\d:\d\d):00Z$/, '$1Z'));
  const shownMs = (ms: number): number => {
    const { date, time, seconds } = wallOf(ms, zone);
    return Date.parse(`${date}T${time}:${seconds}Z`);
  };
  // The offset may differ beyond a clock change.
  const first = wantedMs - (shownMs(wantedMs) - wantedMs);
  const second = first - (shownMs(first) - wantedMs);
  return new Date(second).toISOString();
};
