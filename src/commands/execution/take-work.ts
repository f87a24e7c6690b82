import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { labelsTextOf } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { durationMs } from '../../domain/duration.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { type Actor, isRunEvent, OfferedWork, type RunEvent } from '../../domain/events/index.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { takeWork } from '../../domain/execution/offer.ts';
import { runsOfTail } from '../../domain/execution/tail.ts';
import { runsStream } from '../../domain/streams.ts';
import { WorkerTaskName } from '../../domain/tasks/worker/given.ts';
import { queueTarget } from '../../domain/tasks/worker/stored.ts';
import {
  type ApplicationId,
  isPlainText,
  isSealed,
  type JsonValue,
  type Sealed,
  type Tenant,
  toInstant,
} from '../../domain/values.ts';
import { appendEachWithRetry, appendWithRetry } from '../../event-store/append-with-retry.ts';
import { StreamParked, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Append, AppendResult, RecordedEvent } from '../../event-store/port.ts';
import type { CommandDeps } from '../command-deps.ts';
import { toNewEvent } from '../loop/handle-command.ts';
import type { CommandReads } from '../read-models.ts';

const MAX_TAKEN = 100;
const MAX_TASKS = 100;
/** 32 bytes as base64url. */
const TAKE_ID = /^[A-Za-z0-9_-]{43}$/;

const Text = (most: number) =>
  z.string().min(1).max(most).refine(isPlainText, 'must not contain control characters or unpaired surrogates');

/** A worker, as it names itself. */
export const WorkerIdentity = z
  .strictObject({ id: Text(128), host: Text(255).optional(), version: Text(64).optional() })
  .meta({ id: 'Worker' });
export type WorkerIdentity = z.infer<typeof WorkerIdentity>;

/** A request of a worker for work. */
export const TakeInput = z
  .strictObject({
    takeId: z.string().regex(TAKE_ID, 'must be 32 random bytes as base64url, 43 characters'),
    worker: WorkerIdentity,
    /** If absent, all tasks. */
    tasks: z.array(WorkerTaskName).min(1, 'must have at least one, or be omitted').max(MAX_TASKS).optional(),
    most: z.int().min(1).max(MAX_TAKEN).default(1),
    wait: durationInput({ least: 0, most: '60s' }).default(0),
  })
  .meta({ id: 'TakeWork' });
export type TakeInput = z.infer<typeof TakeInput>;
export const waitMsOf = ({ wait }: TakeInput): number => durationMs(wait);

/** Work that a worker has taken. */
export type TakenWork = {
  readonly executionId: number;
  readonly applicationId: number;
  readonly applicationName?: string;
  readonly jobId: number;
  readonly jobName: string;
  readonly attempt: number;
  readonly task: string;
  readonly input?: JsonValue | undefined;
  readonly scheduledAt: string;
  readonly deadlineAt: string;
  readonly leaseMs: number;
  readonly token: string;
};

type Asked = TakeInput & QueueRef & { readonly actor: Actor };

/** What a take found: work, or that others were faster, so that it should look again. */
export type TakeResult = { readonly work: readonly TakenWork[]; readonly isContended: boolean };

export type TakeWork = (asked: Asked) => Promise<TakeResult>;

/** A queue of an application. */
export type QueueRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly queue: string };

type OffersAsked = QueueRef & {
  readonly tasks: readonly string[] | undefined;
  readonly takeHash: string;
  readonly limit: number;
  readonly among: number;
};

/** Offered work according to the read models. */
type NamedOffer = QueueRef & {
  readonly executionId: number;
  readonly jobId: number;
  readonly jobName: string;
  readonly applicationName: string | undefined;
  readonly attempt: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scheduledAt: string;
  readonly work: Sealed | OfferedWork;
  readonly leaseMs: number;
  readonly deadlineMs: number;
};

export type TakeDeps = Pick<CommandDeps, 'store' | 'world' | 'secrets'> & {
  readonly queries: Pick<CommandReads['queries'], 'loadClosures'> & {
    offersToTake(asked: OffersAsked): Promise<readonly NamedOffer[]>;
  };
};

/** The token of an attempt: derived from the take, so that a repeat gives the same. It begins with the attempt's number. */
const tokenOf = (takeId: string, { executionId, attempt }: Pick<NamedOffer, 'executionId' | 'attempt'>): string =>
  `${attempt}.${createHmac('sha256', takeId).update(`${executionId}/${attempt}`).digest('base64url')}`;

/** The attempt that a token states; 0 if it states none. */
export const attemptOf = (token: string): number => Number(/^[1-9]\d{0,8}(?=\.)/.exec(token)?.[0] ?? 0);

/** An offer with the newest event of its job's runs. */
type Candidate = { readonly offer: NamedOffer; readonly last: RecordedEvent<RunEvent> };

/**
 * Takes offered work for a worker, each piece by an append at the revision of its job's runs: if several workers want the
 * same, one wins. A repeated take gets what it took before, as long as that is open, and takes nothing else.
 */
export const createTakeWork = (deps: TakeDeps): TakeWork => {
  /** How many takes of each queue are in progress. */
  const inProgress = new Map<string, number>();
  return async (asked) => {
    const key = queueTarget(asked.applicationId, asked.queue);
    const count = (inProgress.get(key) ?? 0) + 1;
    inProgress.set(key, count);
    try {
      return await takeOnce(deps, asked, count);
    } finally {
      const left = (inProgress.get(key) ?? 1) - 1;
      if (left === 0) inProgress.delete(key);
      else inProgress.set(key, left);
    }
  };
};

/** @param takes takes of this queue that are in progress: each chooses among so many more, so that they rarely want the same */
const takeOnce = async (deps: TakeDeps, asked: Asked, takes: number): Promise<TakeResult> => {
  const { takeId, tenant, applicationId, queue, tasks, most } = asked;
  const takeHash = hashOfToken(takeId);
  const limits = { limit: 2 * most, among: 2 * most * takes };
  const found = await deps.queries.offersToTake({ tenant, applicationId, queue, tasks, takeHash, ...limits });
  if (found.length === 0) return { work: [], isContended: false };
  const candidates = await withLastEvents(deps, found);
  const own = candidates.filter(({ offer, last }) => openOf(last, offer)?.takeHash === takeHash);
  if (own.length > 0)
    return { work: await Promise.all(own.map((each) => shown(deps, takeId, each))), isContended: false };
  const chosen = choose(candidates, most);
  const [opened, isPaused] = await Promise.all([
    Promise.all(chosen.map((each) => openable(deps, takeId, each))),
    pausedOf(deps, tenant),
  ]);
  const decided = chosen.flatMap((each, index) => {
    const work = opened[index];
    const append = work && decide(deps, each, { asked, takeHash, isPaused: isPaused(each.offer), work });
    return append === undefined ? [] : [append];
  });
  const results = await appendAll(
    deps,
    decided.map(({ append }) => append),
  );
  const work = decided.flatMap(({ work }, index) => (results[index] instanceof Error ? [] : [work]));
  return { work, isContended: decided.length > 0 && work.length === 0 };
};

/** The first ones, one of each job because its appends would compete. */
const choose = (candidates: readonly Candidate[], most: number): readonly Candidate[] =>
  [...new Map(candidates.toReversed().map((each) => [each.offer.jobId, each])).values()].reverse().slice(0, most);

const openOf = ({ data }: RunEvent, { executionId, attempt }: NamedOffer) =>
  data.tail.open.find((each) => each.executionId === executionId && each.attempt === attempt);

const withLastEvents = async ({ store }: TakeDeps, offers: readonly NamedOffer[]): Promise<readonly Candidate[]> => {
  const streams = [...new Set(offers.map(({ jobId }) => runsStream(jobId)))];
  const last = await store.readLast(streams);
  const byStream = new Map(streams.map((stream, index) => [stream, last[index]]));
  return offers.flatMap((offer) => {
    const event = byStream.get(runsStream(offer.jobId));
    return event === undefined || event instanceof StreamParked || !isRunEvent(event) ? [] : [{ offer, last: event }];
  });
};

/** Whether offers are paused now. The read models contain every acknowledged pause. */
const pausedOf = async (
  { queries, world: { clock } }: TakeDeps,
  tenant: Tenant,
): Promise<(offer: NamedOffer) => boolean> => {
  const nowMs = clock.now();
  const book = await queries.loadClosures({ tenant }, { calendars: [], afterMs: nowMs });
  return ({ applicationId, jobId, queue, labels }) => {
    const job = {
      tenant,
      applicationId,
      jobId,
      target: queueTarget(applicationId, queue),
      labelsText: labelsTextOf(labels),
    };
    return book.isInstallationPaused(nowMs) || book.pausedUntilMs(job, nowMs) !== undefined;
  };
};

/** The opened work; `undefined` if its secrets can't be opened. */
const openable = async (deps: TakeDeps, takeId: string, candidate: Candidate): Promise<TakenWork | undefined> => {
  try {
    return await shown(deps, takeId, candidate);
  } catch (error) {
    const { executionId, jobId } = candidate.offer;
    deps.world.log.warn({ executionId, jobId, error }, 'offered work could not be opened, so no worker gets it');
    return undefined;
  }
};

/** Work as its worker gets it. @throws an error that states why its secrets can't be opened */
const shown = async ({ secrets, world }: TakeDeps, takeId: string, { offer, last }: Candidate): Promise<TakenWork> => {
  const { executionId, jobId, jobName, attempt, scheduledAt, leaseMs, deadlineMs, work } = offer;
  const { tenant, applicationId, applicationName, queue } = offer;
  const use = { kind: 'work', name: queueTarget(applicationId, queue) } as const;
  const clear = isSealed(work) ? JSON.parse(await secrets.open({ tenant, applicationId }, work, use)) : work;
  const { task, input } = OfferedWork.parse(clear);
  const deadlineAt = openOf(last, offer)?.deadlineAt ?? toInstant(world.clock.now() + deadlineMs);
  const token = tokenOf(takeId, offer);
  return {
    ...{ executionId, applicationId, ...defined({ applicationName }), jobId, jobName, attempt, task },
    ...(input === undefined ? {} : { input }),
    ...{ scheduledAt, deadlineAt, leaseMs, token },
  };
};

type DecideInput = {
  readonly asked: Asked;
  readonly takeHash: string;
  readonly isPaused: boolean;
  readonly work: TakenWork;
};

const decide = (
  { world }: TakeDeps,
  { offer, last }: Candidate,
  { asked, takeHash, isPaused, work }: DecideInput,
): { readonly append: Append; readonly work: TakenWork } | undefined => {
  const { executionId, attempt, jobId, tenant, applicationId, labels, deadlineMs } = offer;
  const tokenHash = hashOfToken(work.token);
  const [taken] = takeWork(runsOfTail(last.data.tail), {
    job: { tenant, applicationId, jobId },
    labels,
    take: { executionId, attempt, worker: asked.worker.id, takeHash, tokenHash },
    deadlineMs,
    isPaused,
    nowMs: world.clock.now(),
  });
  if (taken === undefined) return undefined;
  const metadata = { actor: asked.actor, correlationId: `execution-${executionId}` };
  return {
    append: {
      stream: runsStream(jobId),
      expectedRevision: last.revision,
      events: [toNewEvent(taken, metadata, world)],
    },
    work: { ...work, deadlineAt: taken.data.deadlineAt },
  };
};

/** Appends each by itself; a log that can do so takes all in one request. Other appends may come first. */
const appendAll = async (
  { store, world }: TakeDeps,
  appends: readonly Append[],
): Promise<readonly (AppendResult | Error)[]> => {
  if (appends.length === 0) return [];
  const { appendEach } = store;
  const results =
    appendEach === undefined
      ? await Promise.all(appends.map((append) => appendWithRetry(store, append, { world }).catch(orLost)))
      : await appendEachWithRetry(appendEach, appends, { world });
  for (const result of results) if (result instanceof Error) orLost(result);
  return results;
};

const orLost = (error: unknown): WrongExpectedRevision => {
  if (error instanceof WrongExpectedRevision) return error;
  throw error;
};
