import { z } from 'zod';
import type { PauseVersion } from '../../domain/closure/closure-book.ts';
import { defined } from '../../domain/defined.ts';
import {
  type EventOf,
  isPauseEvent,
  isRunEvent,
  type OfferedWork,
  type OpenExecution,
  type RunEvent,
} from '../../domain/events/index.ts';
import { namesOfWork } from '../../domain/execution/offer.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { QueueRef } from '../../domain/tasks/worker/stored.ts';
import { type ApplicationId, isPlainText, type Sealed, type Tenant } from '../../domain/values.ts';
import { StreamParked, UnreadableEvent } from '../../event-store/errors.ts';
import { decodedOf } from '../../event-store/forms.ts';
import {
  comparePositions,
  type Delivered,
  LOG_START,
  type Position,
  type RecordedEvent,
  type SubscriptionItem,
} from '../../event-store/port.ts';
import type { CommandDeps } from '../command-deps.ts';
import type { JobLog } from '../loop/activate-definition.ts';
import type { CommandReads } from '../read-models.ts';

/** Offered work according to the read model, or to its event. */
export type NamedOffer = QueueRef & {
  readonly executionId: number;
  readonly jobId: number;
  readonly jobName: string;
  readonly attempt: number;
  readonly task: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scheduledAt: string;
  readonly expiresAt?: string;
  readonly isBackfill: boolean;
  readonly work: Sealed | OfferedWork;
  readonly leaseMs: number;
  readonly deadlineMs: number;
};

/** Offered work with the newest event of its job's runs, at the revision of their stream. */
export type Candidate = { readonly offer: NamedOffer; readonly last: RecordedEvent<RunEvent> };

export const openOf = (
  { data }: RunEvent,
  { executionId, attempt }: { readonly executionId: number; readonly attempt: number },
): OpenExecution | undefined =>
  data.tail.open.find((each) => each.executionId === executionId && each.attempt === attempt);

/**
 * The offers and takes of work in the log that the read model may not show yet. It follows the log from the position of the
 * read model on, in a process where takes come:
 *
 *     closed ─ a take or heartbeat ─► follows the log ─ none for a minute, and no take waits ─► closed
 *
 * So a take is given new work without waiting for the read model, and a repeated take finds what it took a moment ago. What
 * the read model shows is forgotten.
 */
export type WorkFeed = {
  /**
   * Follows the log, and resolves when all is heard that the log had at the time of the call. False if that is not possible
   * in time: then what a take took before may be unknown.
   */
  reach(): Promise<boolean>;
  /** False if the queue surely has no work, offered or taken, but for what is heard from now on. */
  mayHaveWork(queue: QueueRef): boolean;
  /** Work of a queue that is offered or taken. */
  heard(queue: QueueRef): Candidate[];
  /** Pauses that were set or ended lately: the read model may not show them yet. */
  heardPauses(): readonly PauseVersion[];
  /** Executions whose work these takes took. The work itself may be too old for `heard`. */
  takenBy(takeHashes: readonly string[]): number[];
  stop(): void;
};

const Text = (most: number) =>
  z.string().min(1).max(most).refine(isPlainText, 'must not contain control characters or unpaired surrogates');

/** A worker, as it names itself. */
export const WorkerIdentity = z
  .strictObject({ id: Text(128), host: Text(255).optional(), version: Text(64).optional() })
  .meta({ id: 'Worker' });
export type WorkerIdentity = z.infer<typeof WorkerIdentity>;

/** Which work takes want. */
export type RequestedQueue = QueueRef & { readonly tasks: readonly string[] | undefined };

/** Whether takes that want these tasks want this one. */
export const isWanted = ({ tasks }: Pick<RequestedQueue, 'tasks'>, task: string): boolean =>
  tasks?.includes(task) ?? true;

type OffersQuery = RequestedQueue & {
  readonly takeHashes: readonly string[];
  /** Executions that are returned, whatever became of them. */
  readonly executionIds: readonly number[];
  readonly limit: number;
  /** Offered work after this one. */
  readonly after: NamedOffer | undefined;
};

/** Open work according to the read models. */
export type OpenWork = {
  readonly executionId: number;
  readonly jobId: number;
  readonly applicationId: number;
  readonly queue: string;
  readonly attempt: number;
  readonly tokenHash?: string;
  readonly isCancelled: boolean;
};

type Beat = { readonly tokenHash: string; readonly progress: string | undefined };

/** What the requests of workers use. */
export type WorkContext = JobLog & {
  readonly secrets: CommandDeps['secrets'];
  /** The position up to which the read models show work and pauses; `undefined` if it is unknown. */
  readonly shownTo: () => Position | undefined;
  readonly queries: {
    readonly loadClosures: CommandReads['queries']['loadClosures'];
    /** All queues with work. */
    offeredQueues(): Promise<readonly (QueueRef & { readonly offeredTasks: readonly string[] })[]>;
    offersToTake(request: OffersQuery): Promise<readonly NamedOffer[]>;
    offersOf(scope: { readonly tenant: string }, ids: readonly number[]): Promise<readonly OpenWork[]>;
  };
  readonly beats: {
    see(workers: readonly (QueueRef & { readonly worker: WorkerIdentity })[]): Promise<void>;
    beat(queue: QueueRef, beat: { readonly worker: WorkerIdentity; readonly running: readonly Beat[] }): Promise<void>;
  };
};

/** The same, once the feed is there. */
export type FedContext = WorkContext & { readonly feed: WorkFeed };

/** Tasks with offered work, by the key of their queue. */
export type TasksOfQueues = ReadonlyMap<string, ReadonlySet<string>>;

/** Who hears of work by the feed. */
export type FeedListener = {
  /** Called with the tasks of queues that may have work: by the newest events, or else by the read model. */
  readonly found: (tasks: TasksOfQueues, how: 'heard' | 'all') => void;
  /** Whether a take waits, which hears of its work here alone. */
  readonly isAwaited: () => boolean;
};

/** The runs of a job that has offered or taken work. */
type HeardRuns = {
  readonly last: RecordedEvent<RunEvent>;
  readonly works: readonly HeardWork[];
};
type HeardWork = {
  readonly executionId: number;
  readonly attempt: number;
  /** `undefined` if it was offered before the feed began. */
  readonly offer: NamedOffer | undefined;
};

/** The queues are looked at after this time: a pause may have ended, or there was more than could be kept. */
const LOOK_EVERY_MS = 1_000;
const CLOSED_AFTER_MS = 60_000;
const REACH_MS = 2_000;
/** Jobs that are kept. Of others, takes find the work when the read model shows it. */
const MAX_JOBS = 1_000;

export const queueKey = ({ tenant, applicationId, queue }: QueueRef): string =>
  JSON.stringify([tenant, applicationId, queue] satisfies [Tenant, ApplicationId, string]);

const isOf = (offer: QueueRef, { tenant, applicationId, queue }: QueueRef): boolean =>
  offer.queue === queue && offer.applicationId === applicationId && offer.tenant === tenant;

export const createWorkFeed = (
  { store, world, shownTo, queries }: WorkContext,
  { found, isAwaited }: FeedListener,
): WorkFeed => {
  const { clock, timers, log } = world;
  /** By stream, the longest unchanged first. */
  const runs = new Map<string, HeardRuns>();
  const pauses = new Map<number, { readonly pause: PauseVersion; readonly position: Position }>();
  /** Queues with work when they were last looked at; `undefined` if unknown. */
  let shown: ReadonlySet<string> | undefined;
  let heardTo: Position | undefined;
  let following: AbortController | undefined;
  let usedMs = 0;
  const waiting = new Set<() => void>();

  const forget = (): void => {
    runs.clear();
    pauses.clear();
    shown = undefined;
    heardTo = undefined;
  };

  const hearPause = (event: Delivered['undecoded']): void => {
    const read = readableOf(event);
    if (read === undefined || !isPauseEvent(read)) return;
    const { data, revision, position } = read;
    pauses.set(data.pauseId, { pause: { ...data, revision }, position });
  };

  /** @returns the work that was offered or taken */
  const hear = (event: Delivered['undecoded']): NamedOffer | undefined => {
    const { stream } = event;
    const known = runs.get(stream);
    const type = event.type === 'undecoded' ? event.stored.type : event.type;
    if (stream.startsWith(PREFIX_OF.pause)) {
      hearPause(event);
      return undefined;
    }
    if (known === undefined && !isWorkType(type)) return undefined;
    runs.delete(stream);
    const last = readableOf(event);
    if (last === undefined || !isRunEvent(last)) return undefined;
    const works = worksAfter(last, known?.works ?? []);
    if (works.length > 0) runs.set(stream, { last, works });
    const [oldest] = runs.keys();
    if (runs.size > MAX_JOBS && oldest !== undefined) {
      runs.delete(oldest);
      shown = undefined;
    }
    return last.type === 'WorkOffered' || last.type === 'WorkTaken'
      ? works.find(({ executionId }) => executionId === last.data.executionId)?.offer
      : undefined;
  };

  const take = (item: SubscriptionItem<Delivered['undecoded']>): void => {
    const heard = new Map<string, Set<string>>();
    if (item.kind === 'events') {
      for (const event of item.events) {
        // A subscription may deliver events again.
        const offer = heardTo !== undefined && isUpTo(event.position, heardTo) ? undefined : hear(event);
        if (offer !== undefined) {
          const key = queueKey(offer);
          heard.set(key, (heard.get(key) ?? new Set()).add(offer.task));
        }
        heardTo = later(heardTo, event.position);
      }
    } else {
      if (item.kind === 'parked') runs.delete(item.parked.stream);
      heardTo = later(heardTo, item.position);
    }
    for (const check of [...waiting]) check();
    if (heard.size > 0) found(heard, 'heard');
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const after = shownTo();
      if (after !== undefined) {
        heardTo = after;
        try {
          const subscription = store.subscribe({
            after,
            streamPrefixes: [PREFIX_OF.runs, PREFIX_OF.pause],
            as: 'undecoded',
            signal,
          });
          for await (const item of subscription) take(item);
        } catch (error) {
          log.warn({ error }, 'takes of work could not follow the log; retrying');
        }
        if (!signal.aborted) forget();
      }
      await timers.sleep(LOOK_EVERY_MS, signal, 'look');
    }
  };

  /** Looks at the queues each second, and forgets what they show. */
  const look = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const position = heardTo === undefined ? undefined : shownTo();
      try {
        const queues = await queries.offeredQueues();
        if (signal.aborted) return;
        if (position !== undefined) {
          for (const [stream, { last }] of runs) if (isUpTo(last.position, position)) runs.delete(stream);
          for (const [pauseId, pause] of pauses) if (isUpTo(pause.position, position)) pauses.delete(pauseId);
          shown = new Set(queues.map(queueKey));
        }
        const offering = queues.filter(({ offeredTasks }) => offeredTasks.length > 0);
        found(new Map(offering.map((queue) => [queueKey(queue), new Set(queue.offeredTasks)])), 'all');
      } catch (error) {
        log.debug({ error }, 'could not look for offered work; retrying');
      }
      await timers.sleep(LOOK_EVERY_MS, signal, 'look');
      if (isAwaited()) usedMs = clock.monotonic();
      else if (clock.monotonic() - usedMs > CLOSED_AFTER_MS) stop();
    }
  };

  const open = (): void => {
    usedMs = clock.monotonic();
    if (following !== undefined) return;
    following = new AbortController();
    void follow(following.signal);
    void look(following.signal);
  };

  const stop = (): void => {
    following?.abort();
    following = undefined;
    forget();
  };

  const allWork = (): (HeardWork & { readonly last: RecordedEvent<RunEvent> })[] =>
    [...runs.values()].flatMap(({ last, works }) => works.map((work) => ({ ...work, last })));

  return {
    reach: async () => {
      open();
      const end = (await store.end()) ?? LOG_START;
      const isHeard = (): boolean => heardTo !== undefined && isUpTo(end, heardTo);
      if (isHeard()) return true;
      const reached = Promise.withResolvers<void>();
      const check = (): void => {
        if (isHeard()) reached.resolve();
      };
      waiting.add(check);
      const cancel = timers.after(REACH_MS, reached.resolve);
      await reached.promise;
      cancel();
      waiting.delete(check);
      return isHeard();
    },
    mayHaveWork: (queue) => {
      open();
      if (shown === undefined || shown.has(queueKey(queue))) return true;
      return allWork().some(({ offer }) => offer === undefined || isOf(offer, queue));
    },
    heard: (queue) =>
      allWork().flatMap(({ offer, last }) => (offer !== undefined && isOf(offer, queue) ? [{ offer, last }] : [])),
    heardPauses: () => [...pauses.values()].map(({ pause }) => pause),
    takenBy: (takeHashes) =>
      allWork().flatMap((work) => {
        const takeHash = openOf(work.last, work)?.takeHash;
        return takeHash !== undefined && takeHashes.includes(takeHash) ? [work.executionId] : [];
      }),
    stop,
  };
};

const WORK_TYPES: ReadonlySet<string> = new Set(['WorkOffered', 'WorkTaken'] satisfies RunEvent['type'][]);
const isWorkType = (type: string): boolean => WORK_TYPES.has(type);

const later = (a: Position | undefined, b: Position): Position =>
  a === undefined || comparePositions(a, b) < 0 ? b : a;
const isUpTo = (position: Position, end: Position): boolean => comparePositions(position, end) <= 0;

/** `undefined` for an event that this version can't read: its job is left to the read model and the log. */
const readableOf = (event: Delivered['undecoded']): RecordedEvent | undefined => {
  try {
    const read = decodedOf(event);
    return read === undefined || read instanceof StreamParked ? undefined : read;
  } catch (error) {
    if (error instanceof UnreadableEvent) return undefined;
    throw error;
  }
};

/** The open work of a job after an event. */
const worksAfter = (event: RecordedEvent<RunEvent>, known: readonly HeardWork[]): readonly HeardWork[] => {
  const works = known.filter((work) => openOf(event, work) !== undefined);
  if (event.type === 'WorkOffered') return [...works, { ...attemptOf(event), offer: offerOf(event) }];
  const isNew = event.type === 'WorkTaken' && works.every(({ executionId }) => executionId !== event.data.executionId);
  return isNew ? [...works, { ...attemptOf(event), offer: undefined }] : works;
};

const attemptOf = ({ data: { executionId, attempt } }: EventOf<'WorkOffered' | 'WorkTaken'>) => ({
  executionId,
  attempt,
});

const offerOf = ({ data }: EventOf<'WorkOffered'>): NamedOffer => {
  const { tenant, applicationId, jobId, executionId, attempt, scheduledAt, work, leaseMs, deadlineMs } = data;
  return {
    ...{ tenant, applicationId, jobId, executionId, attempt, scheduledAt, work, leaseMs, deadlineMs },
    ...defined({ labels: data.labels, expiresAt: data.expiresAt }),
    ...namesOfWork(data),
    jobName: data.jobSnapshot.name,
    isBackfill: data.trigger === 'backfill',
  };
};
