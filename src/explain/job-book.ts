import { type ClosableJob, closableBy } from '../domain/closure/closure-book.ts';
import type { JobDefinition, JobEvent, RunEvent } from '../domain/events/index.ts';
import { type RunRules, rulesOf } from '../domain/job/rules.ts';
import { type LedgerState, newLedgerState, resumeLedgerState, takeRunEvent } from '../domain/ledger/ledger-state.ts';
import type { DefinitionPeriod } from '../domain/ledger/periods.ts';
import { jobSlots, type Schedule, scheduleKey } from '../domain/schedule/index.ts';
import { type JobId, toMs } from '../domain/values.ts';
import { NO_STREAM, type RecordedEvent, type Revision } from '../event-store/port.ts';

/** What is kept of a job while the log is read. */
export type JobBook = {
  /** Revision of the last event of its runs; -1 before the first. */
  readonly runsRevision: Revision;
  readonly account: LedgerState;
  /** Definitions that are not in force yet, by their revisions. */
  readonly recorded: ReadonlyMap<Revision, RecordedDefinition>;
  /** Its deletion is in force. */
  readonly isDeleted: boolean;
  /** What it is closed by; undefined while no slot is due. */
  readonly closable: ClosableJob | undefined;
};

/** No more of a definition than its slots are judged by: of each job some may be kept. */
type RecordedDefinition = {
  readonly isDeleted: boolean;
  /** Undefined where no slot is due. */
  readonly due: DueBy | undefined;
};

type DueBy = {
  readonly jobId: JobId;
  readonly scheduleKey: string;
  readonly rules: RunRules;
  readonly closable: ClosableJob;
};

/** What the log says of a job cannot be judged; the message says why. */
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

/** Whether nothing of the job is left to be judged. */
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
 * Takes an event of the job's runs. One that was passed over, as only a newer release knows it, settles no slot.
 * @throws BookUnreadable where it puts a definition in force that was not read
 * @throws ScheduleRejected where this process does not know the schedule's time zone
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
 * Goes on with an event of the job's runs before which some are missing, as they were cut: it takes the definition that
 * the event names as the one in force.
 * @throws BookUnreadable, ScheduleRejected as `takeRun` does
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
