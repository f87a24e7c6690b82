import { boundedCache } from '../domain/bounded-cache.ts';
import { NO_CLOSURES } from '../domain/closure/closure.ts';
import { createClosureBook } from '../domain/closure/closure-book.ts';
import { defined } from '../domain/defined.ts';
import {
  type EventOf,
  isCalendarEvent,
  isJobEvent,
  isPauseEvent,
  isRunEvent,
  type JobEvent,
  type LateReason,
  type NotCalledReason,
  type RunEvent,
} from '../domain/events/index.ts';
import { COUNTED_AT_MOST } from '../domain/execution/range.ts';
import type { Span } from '../domain/execution/tail.ts';
import type { SlotCounts } from '../domain/ledger/explain-slot.ts';
import { type ExplainedSlots, explainRest, type Fault, type FaultKind } from '../domain/ledger/ledger-state.ts';
import { compileKey, type JobSlots, ScheduleRejected } from '../domain/schedule/index.ts';
import { runsStream } from '../domain/streams.ts';
import { EVERY_TENANT, type Instant, type JobId, type TenantChoice, toMs } from '../domain/values.ts';
import { NO_STREAM, type RecordedEvent } from '../event-store/port.ts';
import { BookUnreadable, isFinished, type JobBook, newBook, resumeRuns, takeDefinition, takeRun } from './job-book.ts';

type ByReason<Reason extends string> = Partial<Record<Reason, number>>;

/** The slots of a span; `due` counts those not settled yet. */
type SlotTally = SlotCounts & { readonly due: number };

type JobFault = Fault & { readonly jobId: number };

type FaultTally = {
  /** Number of slots. */
  readonly counts: Readonly<Record<FaultKind, number>>;
  readonly first: readonly JobFault[];
};

/** Counts slots within its span. Ranges are cut by the slots of the active definition. */
type Tally = {
  addExplained(explained: ExplainedSlots, slots: JobSlots | undefined): void;
  addFault(fault: JobFault, slots: JobSlots | undefined): void;
  slots(): SlotTally;
  faults(): FaultTally;
};

/** Maximum listed errors; all are counted. */
const LISTED = 1_000;

const createTally = (span: Span): Tally => {
  let fired = 0;
  let due = 0;
  const late: ByReason<LateReason> = {};
  const skipped: ByReason<NotCalledReason> = {};
  const missed: ByReason<NotCalledReason> = {};
  const counts = { unexplained: 0, duplicated: 0, notDue: 0 };
  const first: JobFault[] = [];
  return {
    addExplained: (explained, slots) => {
      const count = countIn(span, explained, slots);
      if (count === 0) return;
      const { outcome } = explained;
      switch (outcome.outcome) {
        case 'fired':
          fired += count;
          break;
        case 'late':
          late[outcome.reason] = (late[outcome.reason] ?? 0) + count;
          break;
        case 'skipped':
          skipped[outcome.reason] = (skipped[outcome.reason] ?? 0) + count;
          break;
        case 'missed':
          missed[outcome.reason] = (missed[outcome.reason] ?? 0) + count;
          break;
        case 'due':
          due += count;
      }
    },
    addFault: (fault, slots) => {
      const count = countIn(span, fault, slots);
      if (count === 0) return;
      counts[fault.kind] += count;
      if (first.length < LISTED) first.push(fault);
    },
    slots: () => ({ fired, late, skipped, missed, due }),
    faults: () => ({ counts, first }),
  };
};

type SlotSpan = Pick<Fault, 'firstMs' | 'lastMs' | 'count'>;

const countIn = ({ afterMs, untilMs }: Span, { firstMs, lastMs, count }: SlotSpan, slots?: JobSlots): number => {
  if (lastMs <= afterMs || firstMs > untilMs) return 0;
  if (firstMs > afterMs && lastMs <= untilMs) return count ?? COUNTED_AT_MOST;
  const due = slots?.count(Math.max(firstMs - 1, afterMs), Math.min(lastMs, untilMs), COUNTED_AT_MOST);
  return due === undefined ? 0 : (due.count ?? COUNTED_AT_MOST);
};

/** The log's record of the slots in a span. */
export type ExplainReport = {
  /** Number of checked jobs. */
  readonly jobs: number;
  readonly slots: SlotTally;
  readonly faults: FaultTally;
  /** Jobs that can't be checked, and why. */
  readonly unreadable: readonly UnreadJob[];
  /** Slots up to it are explained only if they have not expired, epoch ms; absent if none has. */
  readonly expiredMs?: number;
};

type UnreadJob = { readonly jobId: JobId; readonly reason: string };

export type LogReadingOptions = {
  readonly tenant: TenantChoice;
  /** The requested slots. */
  readonly span: Span;
};

/** Reads the log event by event. Per job, keeps only what is needed to check the next event, and no past slots. */
export type LogReading = {
  take(event: RecordedEvent): void;
  /** Notes that an event of this stream can't be read. */
  park(stream: string, why: string): void;
  /** If reading begins in the middle of the log: whether the runs' event before this one must be passed to `resume`. */
  isBehind(event: RecordedEvent): boolean;
  /**
   * Resumes from an event of a job's runs without its predecessors.
   * @returns false if slots of the span may have been settled before
   */
  resume(event: RecordedEvent): boolean;
  /** Streams of runs of known jobs without an applied event. */
  untaken(): string[];
  /** Checks the unsettled slots. Yields regularly, so that other work can run. */
  end(nowMs: number): Generator<void, ExplainReport>;
};

/** The error if the events before a revision should exist. */
type SlotGap = {
  readonly upTo: number;
  readonly faults: readonly JobFault[];
  readonly slots: JobSlots | undefined;
};

/** Maximum jobs and unsettled slots to check without yielding; takes milliseconds. */
const LOOKED_AT_ONCE = 10_000;
/** Weight of a job with a calendar: its dates must be placed in its time zone. */
const CALENDAR_JOBS = 1_000;
/** Maximum compiled schedules; jobs with the same slots share one. */
const SCHEDULES = 32_768;

export const createLogReading = ({ tenant, span }: LogReadingOptions): LogReading => {
  const compile = boundedCache(SCHEDULES, compileKey);
  const tally = createTally(span);
  const closureBook = createClosureBook();
  const books = new Map<JobId, JobBook>();
  /** Deleted jobs without anything left to check. */
  const finished = new Set<JobId>();
  const unread = new Map<JobId, string>();
  /** Errors for missing events, unless a later event states that they expired. */
  const missing = new Map<JobId, readonly SlotGap[]>();
  let expiredMs: number | undefined;

  const takeRunOf = (book: JobBook, event: RecordedEvent<RunEvent>): JobBook => {
    const { jobId } = event.data;
    const slots = book.account.period?.slots;
    const taken = takeRun(book, event, compile);
    const faults = taken.faults.map((fault) => ({ jobId, ...fault }));
    if (event.revision > book.runsRevision + 1) {
      missing.set(jobId, [...(missing.get(jobId) ?? []), { upTo: event.revision, faults, slots }]);
      return resumeRuns(book, event, compile);
    }
    if (taken.explained !== undefined) tally.addExplained(taken.explained, slots);
    for (const fault of faults) tally.addFault(fault, slots);
    return taken.book;
  };
  const noteExpiry = (before: Instant): void => {
    expiredMs = Math.max(expiredMs ?? Number.NEGATIVE_INFINITY, toMs(before));
  };
  const takeExpiry = ({ jobId, before, keptFrom }: EventOf<'ExecutionsExpired'>['data']): void => {
    noteExpiry(before);
    const left = missing.get(jobId)?.filter(({ upTo }) => upTo > keptFrom) ?? [];
    if (left.length === 0) missing.delete(jobId);
    else missing.set(jobId, left);
  };
  const isLookedAt = ({ jobId, tenant: ofJob }: { readonly jobId: JobId; readonly tenant: string }): boolean =>
    (tenant === EVERY_TENANT || tenant === ofJob) && !unread.has(jobId);
  const giveUp = (jobId: JobId, cause: string): void => {
    books.delete(jobId);
    unread.set(jobId, cause);
  };
  const takeOfJob = (event: RecordedEvent<JobEvent | RunEvent>): void => {
    const { jobId } = event.data;
    if (finished.has(jobId)) {
      if (event.type === 'ExecutionsExpired') takeExpiry(event.data);
      return;
    }
    const book = books.get(jobId) ?? newBook;
    const after = isRunEvent(event) ? takeRunOf(book, event) : takeDefinition(book, event);
    if (event.type === 'ExecutionsExpired') takeExpiry(event.data);
    keep(jobId, after);
  };
  const keep = (jobId: JobId, book: JobBook): void => {
    if (!isFinished(book)) {
      books.set(jobId, book);
      return;
    }
    books.delete(jobId);
    finished.add(jobId);
  };
  const unlessUnreadable = (jobId: JobId, take: () => void): void => {
    try {
      take();
    } catch (error) {
      if (!(error instanceof BookUnreadable || error instanceof ScheduleRejected)) throw error;
      giveUp(jobId, error.message);
    }
  };

  return {
    take: (event) => {
      const { revision } = event;
      if (isCalendarEvent(event)) {
        closureBook.setCalendar({ ...event.data, revision, deleted: event.type === 'CalendarDeleted' });
      } else if (isPauseEvent(event)) closureBook.setPause({ ...event.data, revision });
      if (!isJobEvent(event) && !isRunEvent(event)) return;
      if (isLookedAt(event.data)) unlessUnreadable(event.data.jobId, () => takeOfJob(event));
    },
    park: (stream, why) => {
      const jobId = Number(/^(?:job|runs)-(\d+)$/.exec(stream)?.[1]);
      // The job's tenant is known if it was read before.
      if (tenant === EVERY_TENANT || books.has(jobId)) giveUp(jobId, why);
    },
    isBehind: (event) => {
      if (!isRunEvent(event) || event.revision === 0 || !isLookedAt(event.data)) return false;
      return books.get(event.data.jobId)?.runsRevision === NO_STREAM;
    },
    resume: (event) => {
      if (!isRunEvent(event) || !isLookedAt(event.data)) return true;
      const { jobId, tail } = event.data;
      if (toMs(tail.cursor) > span.afterMs) return false;
      if (tail.expired !== undefined) noteExpiry(tail.expired.before);
      unlessUnreadable(jobId, () => keep(jobId, resumeRuns(books.get(jobId) ?? newBook, event, compile)));
      return true;
    },
    untaken: () =>
      [...books].flatMap(([jobId, { runsRevision }]) => (runsRevision === NO_STREAM ? [runsStream(jobId)] : [])),
    *end(nowMs) {
      let looked = 0;
      const isEnough = (more: number): boolean => {
        looked = looked >= LOOKED_AT_ONCE ? more : looked + more;
        return looked >= LOOKED_AT_ONCE;
      };
      for (const { faults, slots } of [...missing.values()].flat()) {
        for (const fault of faults) tally.addFault(fault, slots);
      }
      for (const { account, closable } of books.values()) {
        const closures = closable === undefined ? NO_CLOSURES : closureBook.closuresOf(closable);
        const rest: Iterable<ExplainedSlots> = explainRest(account, { span, closures, nowMs });
        for (const explained of rest) {
          tally.addExplained(explained, account.period?.slots);
          if (isEnough(1)) yield;
        }
        if (isEnough(closable?.calendar === undefined ? 1 : CALENDAR_JOBS)) yield;
      }
      return defined({
        jobs: new Set([...books.keys(), ...finished, ...unread.keys()]).size,
        slots: tally.slots(),
        faults: tally.faults(),
        unreadable: [...unread].map(([jobId, reason]) => ({ jobId, reason })),
        expiredMs,
      });
    },
  };
};
