import { boundFromMs, startOfPauseMs } from '../../../src/domain/closure/pauses.ts';
import {
  type CatchUp,
  type EventOf,
  isRunEvent,
  type JobDefinition,
  type Pause,
  type RangeReason,
  type RunEvent,
} from '../../../src/domain/events/index.ts';
import { readIdRanges } from '../../../src/domain/id-ranges.ts';
import { slots } from '../../../src/domain/schedule/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import type { Called } from '../targets.ts';
import { attemptOf } from './attempt-of.ts';
import { KNOWN_TO_MS, mostHeardMs, troubleMs } from './heard.ts';
import { type JobHistory, jobHistories } from './job-history.ts';

/** A span in which jobs are closed: by a pause, or by calendars, each of which has all days of a simulation or none. */
export type Closure = {
  readonly what: string;
  readonly reason: 'PAUSED' | 'CALENDAR';
  /** By the common clock, epoch ms. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** When every engine had taken it in for sure, as a caller was told at the latest, and when it was undone: ms since the run began. */
  readonly answeredMs: number;
  readonly undoneMs: number;
  /** When a caller was first told that it is set, whichever engines had not heard of it then. */
  readonly toldMs?: number;
  readonly binds: (job: JobDefinition) => boolean;
  /** From when on a pause forbids calls: before its answer, unless it was to begin later. */
  readonly boundMs?: number;
  /** Of a pause. */
  readonly catchUp?: CatchUp | undefined;
};

/** An engine that beat within this share of its timeout before an answer was alive, so the answer waited for it. */
const ALIVE_SHARE = 0.9;

/**
 * Nothing of a job is called that a pause or a calendar forbids, once that was answered; and slots are skipped for it
 * where it holds, and nowhere else. Where the clock that all go by was put, or the table of engines was lost, nobody can
 * tell which engines lived.
 */
export const checkClosures = (run: Run): string[] => {
  const isBlind = run.plan.faults.some(
    ({ kind, process }) => kind === 'forget' || (kind === 'clock' && process === 'postgres'),
  );
  const closures = isBlind ? [] : closuresOf(run);
  return closures.length === 0 ? [] : [...checkCalls(run, closures), ...checkRanges(run, closures)];
};

const closuresOf = (run: Run): Closure[] => [...pausesOf(run), ...calendarsOf(run)];

export const pausesOf = ({ events, acknowledged, epochMs }: Run): Closure[] =>
  events.flatMap((event): Closure[] => {
    if (event.type !== 'PauseSet') return [];
    const { pauseId, until } = event.data;
    const lifted = events.find(({ type, data }) => type === 'PauseLifted' && data.pauseId === pauseId);
    const responses = acknowledged.filter(
      (done) => done.pauseId === pauseId && ['pause', 'bulk'].includes(done.command.ask.kind),
    );
    const ends = [until, lifted?.type === 'PauseLifted' ? lifted.data.liftedAt : undefined];
    return [
      {
        what: `pause ${pauseId}`,
        reason: 'PAUSED',
        fromMs: startOfPauseMs(event.data),
        boundMs: boundFromMs(event.data) + KNOWN_TO_MS,
        untilMs: Math.min(...ends.map((end) => (end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end)))),
        answeredMs: answeredFirst(responses),
        toldMs: Math.min(...responses.map(({ atMs }) => atMs)),
        undoneMs: lifted === undefined ? Number.POSITIVE_INFINITY : lifted.recordedAt - epochMs,
        binds: (job) => bindsJob(event.data, job),
        catchUp: event.data.catchUp,
      },
    ];
  });

const answeredFirst = (responses: Run['acknowledged']): number =>
  Math.min(...responses.flatMap(({ pendingEngines = [], atMs }) => (pendingEngines.length === 0 ? [atMs] : [])));

const bindsJob = (pause: Pause, { applicationId, jobId, taskConfig }: JobDefinition): boolean => {
  switch (pause.scope) {
    case 'installation':
    case 'tenant':
      return true;
    case 'application':
      return applicationId === pause.applicationId;
    case 'job':
      return jobId === pause.jobId;
    case 'target':
      return 'queue' in taskConfig
        ? pause.target === `queue:${applicationId}/${taskConfig.queue}`
        : URL.parse(taskConfig.url ?? '')?.hostname === pause.target;
    case 'labels':
      return false;
    case 'jobs':
      return readIdRanges(pause.jobs ?? []).has(jobId);
  }
};

/** By each version of a calendar that jobs exclude, and by each two versions at once of those that they include. */
const calendarsOf = (run: Run): Closure[] => {
  const versions = calendarVersions(run);
  const excluded = versions
    .filter(({ hasAllDays }) => hasAllDays)
    .map(
      ({ name, span }): Closure => ({
        ...span,
        // The book of shifts has the slots that move.
        binds: ({ calendar }) => calendar?.shift === undefined && (calendar?.exclude?.includes(name) ?? false),
      }),
    );
  const without = versions.filter(({ hasAllDays }) => !hasAllDays);
  const included = without.flatMap((one) =>
    without
      .filter((other) => one === other || one.name < other.name)
      .map((other): Closure => {
        const names = new Set([one.name, other.name]);
        return { ...bothOf(one.span, other.span), binds: ({ calendar }) => isAll(calendar?.include, names) };
      }),
  );
  return [...excluded, ...included].filter(({ fromMs, untilMs }) => fromMs < untilMs);
};

const isAll = (included: readonly string[] | undefined, names: ReadonlySet<string>): boolean =>
  included?.length === names.size && included.every((name) => names.has(name));

const bothOf = (a: Omit<Closure, 'binds'>, b: Omit<Closure, 'binds'>): Omit<Closure, 'binds'> => ({
  what: a === b ? a.what : `${a.what} and ${b.what}`,
  reason: 'CALENDAR',
  fromMs: Math.max(a.fromMs, b.fromMs),
  untilMs: Math.min(a.untilMs, b.untilMs),
  answeredMs: Math.max(a.answeredMs, b.answeredMs),
  undoneMs: Math.min(a.undoneMs, b.undoneMs),
});

type CalendarVersion = {
  readonly name: string;
  readonly hasAllDays: boolean;
  readonly span: Omit<Closure, 'binds'>;
};

const calendarVersions = ({ plan, events, acknowledged, epochMs }: Run): CalendarVersion[] => {
  const all = events.filter((event) => event.type === 'CalendarSet');
  return all.map(({ stream, revision, recordedAt, data: { name, dates, updatedAt } }) => {
    const next = all.find((event) => event.stream === stream && event.revision === revision + 1);
    const responses = acknowledged.filter(
      ({ command: { ask: request }, ...response }) =>
        request.kind === 'calendar' && (request.name ?? 'days') === name && response.revision === revision,
    );
    const span = {
      what: `version ${revision} of the calendar ${name}`,
      reason: 'CALENDAR' as const,
      fromMs: Date.parse(updatedAt),
      untilMs: next === undefined ? Number.POSITIVE_INFINITY : Date.parse(next.data.updatedAt),
      answeredMs: Math.min(answeredFirst(responses), recordedAt - epochMs + mostHeardMs(plan)),
      undoneMs: next === undefined ? Number.POSITIVE_INFINITY : next.recordedAt - epochMs,
    };
    return { name, hasAllDays: dates.some((date) => date < '2030'), span };
  });
};

const checkCalls = (run: Run, closures: readonly Closure[]): string[] => {
  const wrong: string[] = [];
  const jobs = new Map<number, JobHistory>(jobHistories(run.events).map((job) => [job.jobId, job]));
  const claims = new Map<string, EventOf<'ExecutionStarted'>['data']>();
  for (const event of run.events) if (event.type === 'ExecutionStarted') claims.set(attemptOf(event.data), event.data);
  for (const call of run.calls) {
    const claim = claims.get(attemptOf(call));
    const definition = claim && jobs.get(call.jobId)?.versions.get(claim.jobRevision)?.definition;
    if (claim === undefined || definition === undefined || isForced(claim)) continue;
    for (const closure of closures) {
      if (!closure.binds(definition) || !forbids(closure, call) || !wasAlive(run, claim.engineId, closure)) continue;
      wrong.push(
        `execution ${call.executionId} of job ${call.jobId} was called at ${call.atMs} ms, though ${closure.what} was answered at ${closure.answeredMs} ms`,
      );
    }
  }
  return wrong;
};

const isForced = ({ tail, executionId }: EventOf<'ExecutionStarted'>['data']): boolean =>
  tail.open.some((open) => open.executionId === executionId && open.forced);

const forbids = (
  { reason, fromMs, boundMs = fromMs, untilMs, answeredMs, undoneMs }: Closure,
  call: Called,
): boolean => {
  if (call.atMs <= answeredMs || call.atMs >= undoneMs) return false;
  if (reason === 'PAUSED') return call.commonMs > boundMs && call.commonMs < untilMs - KNOWN_TO_MS;
  const slotMs = Date.parse(call.scheduledAt);
  return call.trigger === 'schedule' && call.attempt === 1 && slotMs >= fromMs && slotMs < untilMs;
};

const wasAlive = ({ beats }: Run, engineId: string, { answeredMs }: Closure): boolean =>
  beats.some(
    (beat) =>
      beat.engineId === engineId && beat.atMs <= answeredMs && beat.atMs > answeredMs - ALIVE_SHARE * beat.timeoutMs,
  );

type Range = RecordedEvent<EventOf<'OccurrencesMissed' | 'OccurrencesSkipped'>>;
const isRange = (event: RecordedEvent<RunEvent>): event is Range =>
  event.type === 'OccurrencesMissed' || event.type === 'OccurrencesSkipped';

const checkRanges = (run: Run, closures: readonly Closure[]): string[] =>
  jobHistories(run.events).flatMap(({ versions, runs }) =>
    runs.filter(isRunEvent).flatMap((event) => {
      const version = isRange(event) ? versions.get(event.data.jobRevision) : undefined;
      if (!isRange(event) || version?.slots === undefined) return [];
      if (version.definition.calendar?.shift !== undefined) return [];
      const bound = closures.filter(({ binds }) => binds(version.definition));
      const { first, last, reason } = event.data;
      const wrong: string[] = [];
      for (const slotMs of slots(version.slots, Date.parse(first) - 1)) {
        if (slotMs > Date.parse(last)) break;
        const at = bound.filter(({ fromMs, untilMs }) => fromMs <= slotMs && slotMs < untilMs);
        const expected = at.find((closure) => closure.reason === 'CALENDAR') ?? at[0];
        const name = `${event.stream}/${event.revision} settles ${new Date(slotMs).toISOString()} as ${reason}`;
        const isOfClosure = reason === 'PAUSED' || reason === 'CALENDAR';
        // An engine may not have heard yet that a closure was ended, and a command goes by the read models.
        const behindMs = event.metadata.actor.type === 'engine' ? 0 : troubleMs(run.plan);
        const wasUnheard = bound.some((closure) => {
          const heardMs = closure.undoneMs + mostHeardMs(run.plan) + behindMs;
          return closure.reason === reason && closure.fromMs <= slotMs && event.recordedAt - run.epochMs <= heardMs;
        });
        if (isOfClosure && !wasUnheard && !at.some((closure) => closure.reason === reason))
          wrong.push(`${name}, and nothing says so`);
        if (expected === undefined || expected.reason === reason || !isKnown(run, event, expected)) continue;
        // What a pause held back may still not be called.
        if (AFTER_A_PAUSE.has(reason) && at.some(({ catchUp = 'skip' }) => catchUp !== 'skip')) continue;
        wrong.push(`${name}, though ${expected.what} was answered at ${expected.answeredMs} ms`);
      }
      return wrong;
    }),
  );

const AFTER_A_PAUSE: ReadonlySet<RangeReason> = new Set(['TOO_LATE', 'MAX_RUNS', 'EDITED', 'DISABLED', 'DELETED']);

/** Whether whoever decided must have known: an engine that was alive when it was answered. */
const isKnown = (run: Run, { recordedAt, metadata }: Range, closure: Closure): boolean =>
  metadata.actor.type === 'engine' &&
  recordedAt - run.epochMs > closure.answeredMs + run.plan.weather.latencyMs * 4 &&
  wasAlive(run, metadata.actor.name, closure);
