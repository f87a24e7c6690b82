import { ALERT_BOOKS, changeDocument } from '../commands/loop/documents.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import { isFiring, type JobVerdict, MAX_ALERTS, newAlertBook } from '../domain/alert-rule/alert-book.ts';
import type { JobFacts } from '../domain/alert-rule/job-facts.ts';
import { judge } from '../domain/alert-rule/judge.ts';
import { type AlertBook, type AlertBookEvent, type AlertRule, CARILLON } from '../domain/events/index.ts';
import type { Position, Revision } from '../event-store/port.ts';

/** The actor of alert changes and notifications in events. */
export const watchContext = ({ tenant, name }: Pick<AlertRule, 'tenant' | 'name'>) => ({
  tenant,
  actor: CARILLON,
  correlationId: `alert-rule-${name}`,
});

type BookChange = {
  readonly rule: AlertRule;
  readonly type: AlertBookEvent['type'];
  /** The book after the change; `undefined` or the same book if nothing changes. Pure. */
  readonly change: (book: AlertBook) => AlertBook | undefined;
};

/** Changes the book of a rule in the log and returns the changed book. */
export const changeBook = async (log: EventLog, { rule, type, change }: BookChange): Promise<AlertBook> => {
  const { tenant, name } = rule;
  const { value = newAlertBook(rule) } = await changeDocument(log, ALERT_BOOKS, {
    key: [tenant, name],
    context: watchContext(rule),
    decide: (stored): AlertBookEvent[] => {
      const book = stored ?? newAlertBook(rule);
      const data = change(book);
      return data === undefined || data === book ? [] : [{ type, data }];
    },
  });
  return value;
};

/** Delay until a condition is evaluated again if the rule has reached its maximum of alerts. */
const FULL_MS = 60_000;

export type WatchedRule = {
  rule: AlertRule;
  revision: Revision;
  book: AlertBook;
  /** By job: when its condition begins to hold unless an event comes first, epoch ms. */
  readonly looks: Map<number, number>;
  /** Of a rule of the kind `noSlots`: its jobs whose calendars exclude every slot to come. At first those with an alert. */
  excluded: ReadonlySet<number>;
  /** When that is checked again, on the monotonic clock. */
  nextCheckMs: number;
};

/** The rules, the jobs that they watch, and the facts about these jobs. */
export type WatchList = {
  /** By stream of the rule. */
  readonly rules: ReadonlyMap<string, WatchedRule>;
  readonly facts: ReadonlyMap<number, JobFacts>;
  watch(stream: string, watched: WatchedRule): void;
  forget(stream: string): void;
  know(facts: JobFacts): void;
  forgetJob(jobId: number): void;
  /** The rules to evaluate for a job: those that watch it now or did until now. */
  rulesOf(job: WatchedJob): readonly WatchedRule[];
  /** Evaluates a rule for a job and schedules the next evaluation. */
  judge(watched: WatchedRule, facts: JobFacts, nowMs: number): JobVerdict;
};

type WatchedJob = Pick<JobFacts, 'jobId' | 'tenant' | 'applicationId' | 'labels'>;

export const isOfRule = ({ tenant, jobId, applicationId, labels = {} }: AlertRule, job: WatchedJob): boolean => {
  if (tenant !== job.tenant) return false;
  if (jobId !== undefined) return jobId === job.jobId;
  if (applicationId !== undefined && applicationId !== job.applicationId) return false;
  return Object.entries(labels).every(([key, value]) => job.labels[key] === value);
};

const isJudged = ({ rule, looks, book }: WatchedRule, job: WatchedJob): boolean =>
  isOfRule(rule, job) || looks.has(job.jobId) || isFiring(book, job.jobId);

export const createWatchList = (): WatchList => {
  const rules = new Map<string, WatchedRule>();
  const facts = new Map<number, JobFacts>();
  const ofTenant = new Map<string, WatchedRule[]>();

  const sortByTenant = (): void => {
    ofTenant.clear();
    for (const watched of rules.values()) {
      const { tenant } = watched.rule;
      ofTenant.set(tenant, [...(ofTenant.get(tenant) ?? []), watched]);
    }
  };

  return {
    rules,
    facts,
    watch: (stream, watched) => {
      rules.set(stream, watched);
      sortByTenant();
    },
    forget: (stream) => {
      rules.delete(stream);
      sortByTenant();
    },
    know: (known) => {
      facts.set(known.jobId, known);
    },
    forgetJob: (jobId) => {
      facts.delete(jobId);
    },
    rulesOf: (job) => (ofTenant.get(job.tenant) ?? []).filter((watched) => isJudged(watched, job)),
    judge: ({ rule, looks, book, excluded }, known, nowMs) => {
      const verdict = isOfRule(rule, known)
        ? judge(rule.condition, known, { nowMs, isExcluded: excluded.has(known.jobId) })
        : ({ holds: false, reason: 'the rule no longer applies to the job' } as const);
      const { jobId, applicationId, name } = known;
      looks.delete(jobId);
      if (!verdict.holds) {
        if (verdict.beginsAtMs !== undefined) looks.set(jobId, verdict.beginsAtMs);
      } else if (book.alerts.length >= MAX_ALERTS && !isFiring(book, jobId)) looks.set(jobId, nowMs + FULL_MS);
      return { job: { jobId, applicationId, name }, verdict };
    },
  };
};

/** Returns whether a rule has evaluated this log's events up to this position. */
export const hasJudged = ({ book: { evaluatedTo: judged } }: WatchedRule, logId: string, position: Position): boolean =>
  judged !== undefined && judged.logId === logId && position <= judged.position;
