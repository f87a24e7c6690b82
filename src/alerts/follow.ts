import { ALERT_BOOKS, loadDocument } from '../commands/loop/documents.ts';
import { afterVerdicts, isNews, type JobVerdict, MAX_ALERTS, newAlertBook } from '../domain/alert-rule/alert-book.ts';
import { afterJobEvent, afterRunEvent, type JobFacts } from '../domain/alert-rule/job-facts.ts';
import { closeAlertBook } from '../domain/alert-rule/notification.ts';
import {
  type AlertRule,
  type AlertRuleEvent,
  type DomainEvent,
  isAlertRuleEvent,
  isJobEvent,
  isRunEvent,
  type JobEvent,
  type RunEvent,
} from '../domain/events/index.ts';
import { alertRuleStream, jobStream, runsStream } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import {
  comparePositions,
  type EventStore,
  type Position,
  type RecordedEvent,
  type Revision,
  type SubscriptionItem,
} from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import type { AlertContext } from './ports.ts';
import { changeBook, createWatchList, hasJudged, isOfRule, type WatchedRule, type WatchList } from './watch-list.ts';

/** Maximum events to read of a job without a recent success. */
const MAX_EVENTS = 500;
const CHUNK = 250;

/**
 * Loads the facts of jobs as of a position. Later events are excluded, so a subscription from there delivers each of them
 * once. Jobs that did not exist then, and those with a parked stream, are absent.
 */
const loadFacts = async (
  store: EventStore,
  jobIds: readonly number[],
  upTo: Position,
): Promise<ReadonlyMap<number, JobFacts>> => {
  const loaded = new Map<number, JobFacts>();
  for (let begin = 0; begin < jobIds.length; begin += CHUNK) {
    const chunk = jobIds.slice(begin, begin + CHUNK);
    const lastOfJobs = await store.readLast(chunk.map(jobStream));
    const lastOfRuns = await store.readLast(chunk.map(runsStream));
    for (const [index, jobId] of chunk.entries()) {
      const last = { ofJob: lastOfJobs[index], ofRuns: lastOfRuns[index] };
      const facts = await factsOf(store, { jobId, upTo, last });
      if (facts !== undefined) loaded.set(jobId, facts);
    }
  }
  return loaded;
};

type LastEvent = RecordedEvent | StreamParked | undefined;
type FactsInput = {
  readonly jobId: number;
  readonly upTo: Position;
  readonly last: { readonly ofJob: LastEvent; readonly ofRuns: LastEvent };
};

const factsOf = async (store: EventStore, { jobId, upTo, last }: FactsInput): Promise<JobFacts | undefined> => {
  const jobs = { stream: jobStream(jobId), upTo, last: last.ofJob, pick: jobEvent, suffice: tellsStatus };
  const runs = { stream: runsStream(jobId), upTo, last: last.ofRuns, pick: runEvent, suffice: tellRuns };
  try {
    const ofJob = (await newestEvents(store, jobs)).reduce<JobFacts | undefined>(afterJobEvent, undefined);
    return ofJob && (await newestEvents(store, runs)).reduce(afterRunEvent, ofJob);
  } catch (error) {
    if (error instanceof StreamParked) return undefined;
    throw error;
  }
};

const jobEvent = (event: RecordedEvent): RecordedEvent<JobEvent> | undefined => (isJobEvent(event) ? event : undefined);
const runEvent = (event: RecordedEvent): RecordedEvent<RunEvent> | undefined => (isRunEvent(event) ? event : undefined);

type NewestInput<E extends DomainEvent> = {
  readonly stream: string;
  readonly upTo: Position;
  readonly last: LastEvent;
  readonly pick: (event: RecordedEvent) => RecordedEvent<E> | undefined;
  /** Returns whether these events, newest first, are enough. */
  readonly suffice: (newestFirst: readonly RecordedEvent<E>[]) => boolean;
};

/** The newest events of a stream up to a position, oldest first, until `suffice` returns true. */
const newestEvents = async <E extends DomainEvent>(
  store: EventStore,
  { stream, upTo, last, pick, suffice }: NewestInput<E>,
): Promise<RecordedEvent<E>[]> => {
  if (last === undefined) return [];
  if (last instanceof StreamParked) throw last;
  const newest = comparePositions(last.position, upTo) <= 0 ? pick(last) : undefined;
  if (newest !== undefined && suffice([newest])) return [newest];
  const newestFirst: RecordedEvent<E>[] = [];
  for await (const event of store.readStream(stream, { direction: 'backwards' })) {
    const picked = comparePositions(event.position, upTo) <= 0 ? pick(event) : undefined;
    if (picked === undefined) continue;
    newestFirst.push(picked);
    if (newestFirst.length === MAX_EVENTS || suffice(newestFirst)) break;
  }
  return newestFirst.reverse();
};

/** Finds the last event that enabled or disabled the job. */
const tellsStatus = (newestFirst: readonly RecordedEvent<JobEvent>[]): boolean =>
  newestFirst.some(({ type }) => type !== 'JobUpdated');

/** Finds the last success, the last called slot, and the start or offer of each open execution. */
const tellRuns = (newestFirst: readonly RecordedEvent<RunEvent>[]): boolean => {
  const started = new Set(
    newestFirst.flatMap((event) => (event.type === 'ExecutionStarted' ? [event.data.executionId] : [])),
  );
  const offered = new Set(
    newestFirst.flatMap((event) => (event.type === 'WorkOffered' ? [event.data.executionId] : [])),
  );
  const calls = newestFirst.some(
    ({ type, data }) =>
      (type === 'ExecutionStarted' || type === 'ExecutionSucceeded') &&
      data.trigger === 'schedule' &&
      data.attempt === 1,
  );
  const open = newestFirst[0]?.data.tail.open ?? [];
  return (
    calls &&
    newestFirst.some(({ type }) => type === 'ExecutionSucceeded') &&
    open.every(
      ({ executionId, state }) => state === 'pending' || (state === 'offered' ? offered : started).has(executionId),
    )
  );
};

/** Follows jobs' events and evaluates the alert rules. */
type RuleFollower = {
  readonly rules: WatchList['rules'];
  /** Position up to which all events are evaluated and recorded. */
  position(): Position;
  /** Loads the rules as of the position. */
  begin(rules: readonly { readonly rule: AlertRule; readonly revision: Revision }[]): Promise<void>;
  take(item: SubscriptionItem): Promise<void>;
  /** Evaluates jobs for which a condition begins to hold as time passes. */
  look(): Promise<void>;
  /** Learns from the read models which jobs have no slots to come, for rules of this kind. `look` evaluates them. */
  checkSlots(signal: AbortSignal): Promise<void>;
};

const CHECK_SLOTS_EVERY_MS = 60_000;

/** Verdicts that are not recorded yet. */
type Verdicts = Map<WatchedRule, JobVerdict[]>;

export const createFollower = (deps: AlertContext, from: Position): RuleFollower => {
  const { store, world, logId, queries } = deps;
  const list = createWatchList();
  let position = from;
  /** Time of the last applied event of the log. */
  let takenMs = 0;
  let isCaughtUp = false;
  let hasJudgedAll = false;

  /** Facts are complete up to this time only, so later times are not evaluated. */
  const knownUntilMs = (): number => (isCaughtUp ? world.clock.now() : takenMs);

  const record = async (verdicts: Verdicts): Promise<void> => {
    for (const [watched, judged] of verdicts) {
      if (!hasNews(watched, judged)) continue;
      const { rule } = watched;
      watched.book = await changeBook(deps, {
        rule,
        type: 'AlertsChanged',
        change: (book) => {
          const after = afterVerdicts(book, { rule, judged, nowMs: world.clock.now() });
          return after === book ? book : { ...after, evaluatedTo: { logId, position } };
        },
      });
    }
  };

  const cover = async (watched: WatchedRule): Promise<void> => {
    const { rule, book } = watched;
    const jobIds = new Set([...(await queries.jobsOfAlertRule(rule)), ...book.alerts.map(({ jobId }) => jobId)]);
    const unknown = [...jobIds].filter((jobId) => !list.facts.has(jobId));
    for (const facts of (await loadFacts(store, unknown, position)).values()) list.know(facts);
  };

  const judgeAll = async (rules: Iterable<WatchedRule>): Promise<void> => {
    const nowMs = knownUntilMs();
    const verdicts: Verdicts = new Map();
    for (const watched of rules) {
      const alerted = new Set(watched.book.alerts.map(({ jobId }) => jobId));
      for (const facts of list.facts.values()) {
        if (isOfRule(watched.rule, facts) || alerted.has(facts.jobId))
          note(verdicts, watched, list.judge(watched, facts, nowMs));
      }
    }
    await record(verdicts);
  };

  /** @returns `undefined` if the rule's book can't be read: the other rules are watched anyway */
  const watchRule = async ({
    rule,
    revision,
  }: Pick<WatchedRule, 'rule' | 'revision'>): Promise<WatchedRule | undefined> => {
    const { tenant, name } = rule;
    try {
      const { state } = await loadDocument(store, ALERT_BOOKS, tenant, name);
      const book = state ?? newAlertBook(rule);
      const excluded = new Set(book.alerts.filter(({ endedAt }) => endedAt === undefined).map(({ jobId }) => jobId));
      const watched = { ...{ rule, revision, book, excluded }, looks: new Map<number, number>(), nextCheckMs: 0 };
      list.watch(alertRuleStream(tenant, name), watched);
      await cover(watched);
      return watched;
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      world.log.error({ tenant, rule: name, error }, "alerts: can't read the notifications of a rule");
      return undefined;
    }
  };

  const takeRule = async (event: RecordedEvent<AlertRuleEvent>): Promise<void> => {
    const { data: rule, revision, stream } = event;
    const known = list.rules.get(stream);
    if (known !== undefined && known.revision >= revision) return;
    switch (event.type) {
      case 'AlertRuleSet': {
        const watched = await watchRule({ rule, revision });
        if (watched !== undefined && hasJudgedAll) await judgeAll([watched]);
        return;
      }
      case 'AlertRuleDeleted':
        list.forget(stream);
        await changeBook(deps, { rule, type: 'AlertsChanged', change: closeAlertBook });
        return;
    }
  };

  const factsAfter = (event: RecordedEvent): JobFacts | undefined => {
    if (isJobEvent(event)) {
      const known = list.facts.get(event.data.jobId);
      return known !== undefined && known.jobRevision >= event.revision ? undefined : afterJobEvent(known, event);
    }
    if (!isRunEvent(event)) return undefined;
    const known = list.facts.get(event.data.jobId);
    return known === undefined || known.runsRevision >= event.revision ? undefined : afterRunEvent(known, event);
  };

  /** Loads the runs of a job that a rule begins to watch because of a new label. */
  const withItsRuns = async (facts: JobFacts, { type }: RecordedEvent): Promise<JobFacts> => {
    if (type === 'JobCreated' || list.facts.has(facts.jobId)) return facts;
    return (await loadFacts(store, [facts.jobId], position)).get(facts.jobId) ?? facts;
  };

  const takeEvents = async (events: readonly RecordedEvent[]): Promise<void> => {
    let verdicts: Verdicts = new Map();
    for (const event of events) {
      takenMs = event.recordedAt;
      if (isAlertRuleEvent(event)) {
        await record(verdicts);
        verdicts = new Map();
        position = event.position;
        await takeRule(event);
        continue;
      }
      const now = factsAfter(event);
      position = event.position;
      if (now === undefined) continue;
      const rules = list.rulesOf(now);
      if (rules.length === 0) {
        // An unwatched job's facts would be out of date when a rule watches it again.
        list.forgetJob(now.jobId);
        continue;
      }
      const facts = await withItsRuns(now, event);
      if (facts.status === 'deleted') list.forgetJob(facts.jobId);
      else list.know(facts);
      for (const watched of rules) {
        const judged = list.judge(watched, facts, event.recordedAt);
        if (!hasJudged(watched, logId, event.position)) note(verdicts, watched, judged);
      }
    }
    await record(verdicts);
  };

  /** Time alone makes an alert begin only if the log has no newer event of the job. */
  const isUpToDate = async ({ jobId, runsRevision }: JobFacts): Promise<boolean> =>
    ((await lastEventOf(store, runsStream(jobId)))?.revision ?? -1) <= runsRevision;

  const checkSlotsOf = async (watched: WatchedRule): Promise<void> => {
    const { rule, excluded: before } = watched;
    watched.nextCheckMs = world.clock.monotonic() + CHECK_SLOTS_EVERY_MS;
    try {
      if (!(await deps.caughtUp())) return;
      const excluded = new Set(await queries.jobsWithoutSlots(rule));
      watched.excluded = excluded;
      for (const jobId of [...excluded, ...before]) {
        if (!excluded.has(jobId) || !before.has(jobId)) watched.looks.set(jobId, 0);
      }
    } catch (error) {
      const { tenant, name } = rule;
      world.log.warn({ tenant, rule: name, error }, "alerts: can't check which jobs of a rule have slots to come");
    }
  };

  return {
    rules: list.rules,
    position: () => position,
    begin: async (rules) => {
      for (const each of rules) await watchRule(each);
    },
    take: async (item) => {
      switch (item.kind) {
        case 'events':
          isCaughtUp = false;
          await takeEvents(item.events);
          return;
        case 'caughtUp':
          isCaughtUp = true;
          position = item.position;
          if (!hasJudgedAll) await judgeAll(list.rules.values());
          hasJudgedAll = true;
          return;
        case 'checkpoint':
        case 'parked':
          position = item.position;
      }
    },
    look: async () => {
      if (!hasJudgedAll) return;
      const nowMs = knownUntilMs();
      const verdicts: Verdicts = new Map();
      for (const watched of list.rules.values()) {
        for (const [jobId, atMs] of watched.looks) {
          const facts = list.facts.get(jobId);
          if (facts === undefined || atMs > nowMs || (verdicts.get(watched)?.length ?? 0) >= MAX_ALERTS) continue;
          if (!(await isUpToDate(facts))) continue;
          note(verdicts, watched, list.judge(watched, facts, nowMs));
        }
      }
      await record(verdicts);
    },
    checkSlots: async (signal) => {
      if (!hasJudgedAll) return;
      for (const watched of list.rules.values()) {
        if (watched.rule.condition.kind !== 'noSlots' || watched.nextCheckMs > world.clock.monotonic()) continue;
        if (signal.aborted) return;
        await checkSlotsOf(watched);
      }
    },
  };
};

const note = (verdicts: Verdicts, watched: WatchedRule, judged: JobVerdict): void => {
  const noted = verdicts.get(watched);
  if (noted === undefined) verdicts.set(watched, [judged]);
  else noted.push(judged);
};

const hasNews = ({ book }: WatchedRule, judged: readonly JobVerdict[]): boolean =>
  judged.some((each) => isNews(book, each));
