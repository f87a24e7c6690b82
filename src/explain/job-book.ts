import { type ClosableJob, closableBy } from '../domain/closure/closure-book.ts';
import type { JobDefinition, JobEvent, RunEvent } from '../domain/events/index.ts';
import { type RunRules, rulesOf } from '../domain/job/rules.ts';
import { type LedgerState, newLedgerState, resumeLedgerState, takeRunEvent } from '../domain/ledger/ledger-state.ts';
import type { DefinitionPeriod } from '../domain/ledger/periods.ts';
import { jobSlots, type Schedule, scheduleKey } from '../domain/schedule/index.ts';
import { type JobId, toMs } from '../domain/values.ts';
import { NO_STREAM, type RecordedEvent, type Revision } from '../event-store/port.ts';

/** State of a job while the log is read. */
export type JobBook = {
  /** Revision of the last event of its runs; -1 before the first. */
  readonly runsRevision: Revision;
  readonly account: LedgerState;
  /** Definitions that are not active yet, by revision. */
  readonly recorded: ReadonlyMap<Revision, RecordedDefinition>;
  /** Its deletion is active. */
  readonly isDeleted: boolean;
  /** What determines its blackouts; `undefined` while no slot is due. */
  readonly closable: ClosableJob | undefined;
};

/** The parts of a definition that are needed to check slots; small, because several per job may be kept. */
type RecordedDefinition = {
  readonly isDeleted: boolean;
  /** `undefined` if no slot is due. */
  readonly due: DueBy | undefined;
};

type DueBy = {
  readonly jobId: JobId;
  readonly scheduleKey: string;
  readonly rules: RunRules;
  readonly closable: ClosableJob;
};

/** The log's records of a job can't be checked; the message states why. */
export class BookUnreadable extends Error {
  override readonly name = 'BookUnreadable';
}

/** Compiles the schedule of a key. @throws ScheduleRejected */
export type Compile = (key: string) => Schedule;

const NONE_RECORDED: JobBook['recorded'] = new Map();

export const newBook: JobBook = {
  runsRevision: NO_STREAM,
  account: newLedgerState,
  recorded: NONE_RECORDED,
  isDeleted: false,
  closable: undefined,
};

/** Returns whether nothing of the job is left to check. */
export const isFinished = ({ account, recorded, isDeleted }: JobBook): boolean =>
  isDeleted && recorded.size === 0 && account.claimed.size === 0 && account.runs.open.length === 0;

export const takeDefinition = (book: JobBook, event: RecordedEvent<JobEvent>): JobBook => {
  const { data } = event;
  const isDeleted = event.type === 'JobDeleted';
  const recorded = { isDeleted, due: data.enabled && !isDeleted ? dueBy(data) : undefined };
  return { ...book, recorded: new Map(book.recorded).set(event.revision, recorded) };
};

const dueBy = (definition: JobDefinition): DueBy => ({
  jobId: definition.jobId,
  scheduleKey: scheduleKey(definition),
  rules: rulesOf(definition),
  closable: closableBy(definition),
});

/**
 * Applies an event of the job's runs. A skipped event, which only a newer version knows, settles no slot.
 * @throws BookUnreadable if it activates a definition that was not read
 * @throws ScheduleRejected if this process does not know the schedule's time zone
 */
export const takeRun = (book: JobBook, event: RecordedEvent<RunEvent>, compile: Compile) => {
  const { recorded } = book;
  const { account, ...found } = takeRunEvent(book.account, event, ({ jobRevision, from }) => {
    const taken = recorded.get(jobRevision);
    if (taken === undefined) throw new BookUnreadable(`its definition ${jobRevision} was not read`);
    return periodOf(taken, { jobRevision, fromMs: toMs(from) }, compile);
  });
  const kept = { ...book, runsRevision: event.revision, account };
  if (event.type !== 'DefinitionActivated') return { book: kept, ...found };
  const { jobRevision } = event.data;
  const newer = [...recorded].filter(([revision]) => revision > jobRevision);
  const taken = recorded.get(jobRevision);
  const activeDefinition = {
    recorded: newer.length === 0 ? NONE_RECORDED : new Map(newer),
    isDeleted: taken?.isDeleted ?? false,
    closable: taken?.due?.closable,
  };
  return { book: { ...kept, ...activeDefinition }, ...found };
};

/**
 * Resumes from an event of the job's runs after cut ones. Treats the definition that the event names as active.
 * @throws BookUnreadable, ScheduleRejected like `takeRun`
 */
export const resumeRuns = (book: JobBook, event: RecordedEvent<RunEvent>, compile: Compile): JobBook => {
  const { jobRevision, cursor } = event.data.tail;
  const taken = book.recorded.get(jobRevision);
  const isInForce = book.account.runs.jobRevision === jobRevision;
  if (taken === undefined && !isInForce) throw new BookUnreadable(`its definition ${jobRevision} was not read`);
  const period =
    taken === undefined ? book.account.period : periodOf(taken, { jobRevision, fromMs: toMs(cursor) }, compile);
  const newer = [...book.recorded].filter(([revision]) => revision > jobRevision);
  return {
    runsRevision: event.revision,
    account: resumeLedgerState(period, event),
    recorded: newer.length === 0 ? NONE_RECORDED : new Map(newer),
    isDeleted: taken?.isDeleted ?? book.isDeleted,
    closable: taken === undefined ? book.closable : taken.due?.closable,
  };
};

type TakenAt = { readonly jobRevision: Revision; readonly fromMs: number };

const periodOf = (
  { due }: RecordedDefinition,
  { jobRevision, fromMs }: TakenAt,
  compile: Compile,
): DefinitionPeriod | undefined => {
  if (due === undefined) return undefined;
  const { jobId, rules } = due;
  const slots = jobSlots({ schedule: compile(due.scheduleKey), jobId, jitterMs: rules.jitterMs });
  return { jobRevision, afterMs: fromMs, untilMs: Number.POSITIVE_INFINITY, slots, rules };
};
