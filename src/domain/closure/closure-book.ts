import type { CatchUp, Pause, RuleFields } from '../events/index.ts';
import { type TaskOf, targetOf } from '../tasks/kinds.ts';
import { toMs } from '../values.ts';
import {
  beginPeriod,
  type CalendarPeriod,
  type CalendarSpans,
  type CalendarVersion,
  calendarSpans,
  endPeriod,
} from './calendars.ts';
import {
  type Blackout,
  type Blackouts,
  gapsBetween,
  NO_CLOSURES,
  overlapping,
  type Spans,
  type TimeSpan,
  union,
  without,
} from './closure.ts';
import {
  boundFromMs,
  type ChoosesJob,
  choiceOfPause,
  endOfPauseMs,
  INSTALLATION,
  labelsTextOf,
  type PausableJob,
  scopeOfPause,
  scopesOfJob,
  startOfPauseMs,
} from './pauses.ts';

/** The calendars of a job. */
export const calendarNames = ({ exclude = [], include = [] }: ClosableJob['calendar'] = {}): readonly string[] => [
  ...exclude,
  ...include,
];

/** What determines a job's blackout windows. */
export type ClosableJob = PausableJob & {
  readonly timezone: string;
  readonly calendar: RuleFields['calendar'];
};

/** The fields of a definition that determine the job's blackout windows. */
export type ClosableDefinition = TaskOf & {
  readonly tenant: string;
  readonly applicationId: number;
  readonly jobId: number | undefined;
  readonly timezone: string;
  readonly calendar?: RuleFields['calendar'];
  readonly labels?: Readonly<Record<string, string>> | undefined;
};

export const closableBy = (definition: ClosableDefinition): ClosableJob => {
  const { tenant, applicationId, jobId, timezone, calendar, labels } = definition;
  const target = targetOf(definition);
  return { tenant, applicationId, jobId, timezone, calendar, target, labelsText: labelsTextOf(labels) };
};

export type PauseVersion = Pause & { readonly revision: number };

/** All calendars and pauses with their history: a slot follows what applied when it was due. */
export type ClosureBook = {
  /** Applies a version of a calendar. @returns whether it was new */
  setCalendar(version: CalendarVersion): boolean;
  /** Applies the current state of a pause. @returns whether it was new */
  setPause(pause: PauseVersion): boolean;
  /** The blackouts of a job. With `calendar.shift`, by the current dates of its calendars, and pauses beside them. */
  closuresOf(job: ClosableJob): Blackouts;
  /** The calendars that exclude an instant: by the dates as in `closuresOf`. */
  calendarsAt(job: ClosableJob, instantMs: number): readonly string[];
  /** Since when the dates apply that move a job's slots, epoch ms; -Infinity if no calendar moves them. */
  datesSinceMs(job: ClosableJob): number;
  /** Whether any pause is known; if not, only calendars cause blackouts. */
  hasPauses(): boolean;
  /** Pauses that bind a job at an instant, the newest first. */
  pausesAt(job: PausableJob, instantMs: number): readonly PauseVersion[];
  /** When the pauses end that block a job, epoch ms; `undefined` if none does. */
  pausedUntilMs(job: PausableJob, nowMs: number): number | undefined;
  /** Whether one of them covers the whole installation. */
  isInstallationPaused(nowMs: number): boolean;
};

type KnownCalendar = {
  readonly revision: number;
  /** Periods of its versions, without ended ones that had no dates. */
  readonly periods: CalendarPeriod[];
  /** By time zone, of all periods and of the newest at any time. */
  readonly spans: Map<string, CalendarSpans>;
  readonly newestSpans: Map<string, CalendarSpans>;
};
type KnownPause = TimeSpan & { readonly version: PauseVersion };
type EndedItem = { readonly forget: () => void };
/** Spans are computed on demand: an engine loads all pauses of a year when it starts. */
type PausedScope = { readonly pauses: Map<number, KnownPause>; spans: PausedSpans | undefined };
/** The time covered by any of its pauses, separately by catch-up rule, and the time in which calls are forbidden. */
type PausedSpans = Readonly<Record<CatchUp | 'any' | 'binding', Spans>>;

/** @param mostEnded - maximum ended pauses and deleted calendars to keep per tenant; default all */
export const createClosureBook = (mostEnded = Number.POSITIVE_INFINITY): ClosureBook => {
  const calendars = new Map<string, KnownCalendar>();
  const scopes = new Map<string, PausedScope>();
  /** Scopes with pauses that select jobs by a predicate. */
  const choosing = new Map<string, ChoosesJob>();
  const ended = new Map<string, EndedItem[]>();
  /** When the newest pause was set: pauses that end later may be active. */
  let newestMs = Number.NEGATIVE_INFINITY;
  /** Number of known pauses that defer slots. */
  let holding = 0;

  /** Keeps an ended item; drops the tenant's oldest if there are too many. */
  const keepEnded = (tenant: string, one: EndedItem): void => {
    if (mostEnded === Number.POSITIVE_INFINITY) return;
    const ofTenant = ended.get(tenant) ?? [];
    ended.set(tenant, ofTenant);
    if (ofTenant.push(one) < 2 * mostEnded) return;
    for (const { forget } of ofTenant.splice(0, mostEnded)) forget();
  };
  const forgetCalendar = (key: string, revision: number): void => {
    if (calendars.get(key)?.revision === revision) calendars.delete(key);
  };
  const forgetPause = (scope: string, pause: PauseVersion): void => {
    const { pauseId, revision, tenant } = pause;
    const paused = scopes.get(scope);
    const known = paused?.pauses.get(pauseId);
    if (paused === undefined || known?.version.revision !== revision) return;
    if (known.untilMs > newestMs) {
      keepEnded(tenant, { forget: () => forgetPause(scope, pause) });
      return;
    }
    paused.pauses.delete(pauseId);
    paused.spans = undefined;
    if (holdsBack(pause)) holding -= 1;
    if (paused.pauses.size > 0) return;
    scopes.delete(scope);
    choosing.delete(scope);
  };

  const spansOf = ({ tenant, timezone, calendar: rule }: ClosableJob, name: string): CalendarSpans => {
    const calendar = calendars.get(calendarKey(tenant, name));
    if (calendar === undefined) return NEVER;
    const isNewest = rule?.shift !== undefined;
    const spans = isNewest ? calendar.newestSpans : calendar.spans;
    const known =
      spans.get(timezone) ?? calendarSpans(isNewest ? atAnyTime(calendar.periods) : calendar.periods, timezone);
    spans.set(timezone, known);
    return known;
  };

  const pausedSpansOf = (scope: string): PausedSpans | undefined => {
    const paused = scopes.get(scope);
    if (paused !== undefined) paused.spans ??= pausedSpans([...paused.pauses.values()]);
    return paused?.spans;
  };
  const pausesIn = (scope: string, which: keyof PausedSpans): Spans => pausedSpansOf(scope)?.[which] ?? [];

  const scopesIn = (job: PausableJob, window: TimeSpan, which: keyof PausedSpans = 'any'): readonly string[] => {
    if (choosing.size === 0) return scopesOfJob(job);
    const isInWindow = (scope: string): boolean => overlapping(pausesIn(scope, which), window).length > 0;
    const chosen = [...choosing].flatMap(([scope, chooses]) => (isInWindow(scope) && chooses(job) ? scope : []));
    return [...scopesOfJob(job), ...chosen];
  };

  /** When a job that is paused until an instant runs again: other pauses may continue from there. */
  const calledAgainMs = (job: PausableJob, untilMs: number, which: 'any' | 'binding' = 'any'): number => {
    if (scopes.size === 0) return untilMs;
    const at = { fromMs: untilMs, untilMs: untilMs + 1 };
    const later = scopesIn(job, at, which).flatMap((scope) => overlapping(pausesIn(scope, which), at));
    return later.length === 0 ? untilMs : calledAgainMs(job, Math.max(...later.map((span) => span.untilMs)), which);
  };

  /** Blackouts by pauses, outside the given spans. A slot in several pauses follows the catch-up rule that calls the fewest slots. */
  const closuresByPauses = (job: PausableJob, window: TimeSpan, outside: Spans): readonly Blackout[] => {
    const scopesNow = scopes.size === 0 ? [] : scopesIn(job, window);
    const inWindow = (spans: Spans): Spans => overlapping(spans, window);
    const spansBy = (which: keyof PausedSpans): Spans =>
      union(scopesNow.flatMap((scope) => inWindow(pausesIn(scope, which))));
    // Parts that a calendar cuts off from a pause may lie outside the window.
    const paused = (spans: Spans, catchUp: CatchUp): readonly Blackout[] =>
      inWindow(without(spans, outside)).map((span) => ({
        ...span,
        reason: 'PAUSED',
        ...(catchUp === 'skip' ? {} : { held: { catchUp, untilMs: calledAgainMs(job, span.untilMs) } }),
      }));
    if (holding === 0) return paused(spansBy('any'), 'skip');
    const [skip, last, all] = [spansBy('skip'), spansBy('last'), spansBy('all')];
    return [
      ...paused(skip, 'skip'),
      ...paused(without(last, skip), 'last'),
      ...paused(without(all, union([...skip, ...last])), 'all'),
    ];
  };

  return {
    setCalendar: (version) => {
      const key = calendarKey(version.tenant, version.name);
      const { revision = -1, periods = [] } = calendars.get(key) ?? {};
      if (revision >= version.revision) return false;
      const last = periods.pop();
      const begun = beginPeriod(version);
      const ended = last && endPeriod(last, begun.fromMs);
      if (ended !== undefined && ended.days.length > 0) periods.push(ended);
      periods.push(begun);
      calendars.set(key, { revision: version.revision, periods, spans: new Map(), newestSpans: new Map() });
      if (version.deleted) keepEnded(version.tenant, { forget: () => forgetCalendar(key, version.revision) });
      return true;
    },
    setPause: (pause) => {
      const name = scopeOfPause(pause);
      const chooses = choiceOfPause(pause);
      const scope = scopes.get(name) ?? { pauses: new Map<number, KnownPause>(), spans: undefined };
      const known = scope.pauses.get(pause.pauseId);
      if ((known?.version.revision ?? -1) >= pause.revision) return false;
      if (known === undefined && holdsBack(pause)) holding += 1;
      const span = { fromMs: startOfPauseMs(pause), untilMs: endOfPauseMs(pause) };
      scope.pauses.set(pause.pauseId, { ...span, version: pause });
      scope.spans = undefined;
      scopes.set(name, scope);
      if (chooses !== undefined) choosing.set(name, chooses);
      newestMs = Math.max(newestMs, toMs(pause.createdAt));
      if (span.untilMs < Number.POSITIVE_INFINITY) keepEnded(pause.tenant, { forget: () => forgetPause(name, pause) });
      return true;
    },
    closuresOf: (job) => {
      const { exclude = [], include = [], shift } = job.calendar ?? {};
      const isNamed = choosing.size > 0 || (scopes.size > 0 && scopesOfJob(job).some((scope) => scopes.has(scope)));
      if (exclude.length + include.length === 0 && !isNamed) return NO_CLOSURES;
      const excluded = exclude.map((name) => spansOf(job, name));
      const included = include.map((name) => spansOf(job, name));
      return (afterMs, untilMs) => {
        const window = { fromMs: afterMs + 1, untilMs: untilMs + 1 };
        const inWindow = (spans: Spans): Spans => overlapping(spans, window);
        const around = (spans: CalendarSpans): Spans => spans(window);
        const byCalendar = union([
          ...excluded.map(around).flatMap(inWindow),
          ...outsideOf(included.map(around), window),
        ]);
        return inOrder(byCalendar, closuresByPauses(job, window, shift === undefined ? byCalendar : []));
      };
    },
    calendarsAt: (job, instantMs) => {
      const { exclude = [], include = [] } = job.calendar ?? {};
      const at = { fromMs: instantMs, untilMs: instantMs + 1 };
      const hasDate = (name: string): boolean => overlapping(spansOf(job, name)(at), at).length > 0;
      return [...exclude.filter(hasDate), ...(include.some(hasDate) ? [] : include)];
    },
    datesSinceMs: ({ tenant, calendar }) => {
      const names = calendar?.shift === undefined ? [] : calendarNames(calendar);
      const periods = names.flatMap((name) => calendars.get(calendarKey(tenant, name))?.periods.at(-1) ?? []);
      return Math.max(...periods.map(({ fromMs }) => fromMs));
    },
    hasPauses: () => scopes.size > 0,
    pausesAt: (job, instantMs) => {
      const at = { fromMs: instantMs, untilMs: instantMs + 1 };
      const known = scopesIn(job, at).flatMap((scope) => [...(scopes.get(scope)?.pauses.values() ?? [])]);
      return known
        .filter(({ fromMs, untilMs }) => fromMs <= instantMs && instantMs < untilMs)
        .sort((a, b) => b.fromMs - a.fromMs || b.version.pauseId - a.version.pauseId)
        .map(({ version }) => version);
    },
    pausedUntilMs: (job, nowMs) => {
      const untilMs = calledAgainMs(job, nowMs, 'binding');
      return untilMs === nowMs ? undefined : untilMs;
    },
    isInstallationPaused: (nowMs) =>
      overlapping(pausesIn(INSTALLATION, 'binding'), { fromMs: nowMs, untilMs: nowMs + 1 }).length > 0,
  };
};

/** A pause's catch-up rule never changes. */
const holdsBack = ({ catchUp = 'skip' }: PauseVersion): boolean => catchUp !== 'skip';

const pausedSpans = (pauses: readonly KnownPause[]): PausedSpans => {
  const real = pauses.filter(({ fromMs, untilMs }) => fromMs < untilMs);
  const by = (rule: CatchUp): Spans => union(real.filter(({ version: { catchUp = 'skip' } }) => catchUp === rule));
  const any = union(real);
  const bound = pauses.map(({ untilMs, version }) => ({ fromMs: boundFromMs(version), untilMs }));
  const binding = union(bound.filter(({ fromMs, untilMs }) => fromMs < untilMs));
  if (!real.some(({ version }) => holdsBack(version))) return { any, binding, skip: any, last: [], all: [] };
  return { any, binding, skip: by('skip'), last: by('last'), all: by('all') };
};

const NEVER: CalendarSpans = () => [];

/** The newest dates, as if they had always applied: slots that move go by them until they are called. */
const atAnyTime = (periods: readonly CalendarPeriod[]): CalendarPeriod[] =>
  periods.slice(-1).map((period) => ({ ...period, fromMs: Number.NEGATIVE_INFINITY }));

const calendarKey = (tenant: string, name: string): string => `${name} ${tenant}`;

/** Time outside all calendars that a job includes; empty if it includes none. */
const outsideOf = ([first, ...others]: readonly Spans[], window: TimeSpan): Spans =>
  // Parts that another calendar cuts off from a gap may lie outside the window.
  first === undefined ? [] : overlapping(others.reduce<Spans>(without, gapsBetween(first, window)), window);

/** A calendar takes precedence: an excluded slot would not be called without the pause either. */
const inOrder = (byCalendar: Spans, byPause: readonly Blackout[]): readonly Blackout[] => {
  const closures = [...byCalendar.map((span): Blackout => ({ ...span, reason: 'CALENDAR' })), ...byPause];
  return closures.sort((a, b) => a.fromMs - b.fromMs);
};
