import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { labelsTextOf } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { durationMs } from '../../domain/duration.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { type Actor, isRunEvent, OfferedWork, type RunEvent } from '../../domain/events/index.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { isTakeable, takeWork } from '../../domain/execution/offer.ts';
import { runsOfTail } from '../../domain/execution/tail.ts';
import { runsStream } from '../../domain/streams.ts';
import { WorkerTaskName } from '../../domain/tasks/worker/given.ts';
import { type QueueRef, queueTarget } from '../../domain/tasks/worker/stored.ts';
import { isPlainText, isSealed, type JsonValue, type Sealed, type Tenant, toInstant } from '../../domain/values.ts';
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

type OffersAsked = QueueRef & {
  readonly tasks: readonly string[] | undefined;
  readonly takeHashes: readonly string[];
  readonly limit: number;
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

/** A take with the hash of its id. */
type HashedTake = { readonly takeHash: string; readonly asked: Asked };
type PendingTake = HashedTake & PromiseWithResolvers<TakeResult>;

/** How many takes look together, and among how many offers. */
const MAX_TOGETHER = 50;
const MAX_CANDIDATES = 1_000;

const NOTHING: TakeResult = { work: [], isContended: false };

/**
 * Takes offered work for workers, each piece by an append at the revision of its job's runs: if several processes want the
 * same, one wins. Takes of a queue in one process look together, so that they get different work. A repeated take gets what
 * it took before, as long as that is open, and takes nothing else.
 */
export const createTakeWork = (deps: TakeDeps): TakeWork => {
  /** By queue and tasks, as long as any is in progress. */
  const waiting = new Map<string, PendingTake[]>();

  const run = async (key: string, takes: PendingTake[]): Promise<void> => {
    while (takes.length > 0) {
      // Those that were woken together look together.
      await deps.world.timers.sleep(0);
      const together = takes.splice(0, MAX_TOGETHER);
      try {
        const results = await takeTogether(deps, together);
        for (const { takeHash, resolve } of together) resolve(results.get(takeHash) ?? NOTHING);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    waiting.delete(key);
  };

  return (asked) => {
    const { tenant, applicationId, queue, tasks } = asked;
    const key = JSON.stringify([tenant, applicationId, queue, tasks]);
    const take: PendingTake = { takeHash: hashOfToken(asked.takeId), asked, ...Promise.withResolvers() };
    const others = waiting.get(key);
    if (others === undefined) {
      const takes = [take];
      waiting.set(key, takes);
      void run(key, takes);
    } else others.push(take);
    return take.promise;
  };
};

/** Takes work for takes of the same queue and tasks. Returns the results by the hash of the take. */
const takeTogether = async (deps: TakeDeps, takes: readonly HashedTake[]): Promise<ReadonlyMap<string, TakeResult>> => {
  const results = new Map<string, TakeResult>();
  const { candidates, takeable, isPaused } = await look(deps, takes);
  const byHash = new Map(takes.map((take) => [take.takeHash, take]));
  for (const { takeHash, asked } of byHash.values()) {
    const own = candidates.filter(({ offer, last }) => openOf(last, offer)?.takeHash === takeHash);
    if (own.length === 0) continue;
    const work = await Promise.all(own.map((each) => shown(deps, asked.takeId, each)));
    results.set(takeHash, { work, isContended: false });
  }
  const others = [...byHash.values()].filter(({ takeHash }) => !results.has(takeHash));
  const chosen = share(oneOfEachJob(takeable), others);
  const opened = await Promise.all(chosen.map(({ take, candidate }) => openable(deps, take.asked.takeId, candidate)));
  const decided = chosen.flatMap((each, index) => {
    const work = opened[index];
    const decision = work && decide(deps, each, { isPaused: isPaused(each.candidate.offer), work });
    return decision === undefined ? [] : [{ ...decision, take: each.take }];
  });
  const appended = await appendAll(
    deps,
    decided.map(({ append }) => append),
  );
  const taken = decided.filter((_, index) => !(appended[index] instanceof Error));
  for (const { takeHash } of others) {
    const work = taken.flatMap((each) => (each.take.takeHash === takeHash ? [each.work] : []));
    results.set(takeHash, { work, isContended: decided.length > 0 && work.length === 0 });
  }
  return results;
};

type Looked = {
  readonly candidates: readonly Candidate[];
  readonly takeable: readonly Candidate[];
  readonly isPaused: (offer: NamedOffer) => boolean;
};

/**
 * Finds twice as much as the takes ask for, because the read model may not show yet that some is taken. If all of it is, or
 * is paused, finds more.
 */
const look = async (deps: TakeDeps, takes: readonly HashedTake[], givenLimit?: number): Promise<Looked> => {
  const wanted = takes.reduce((sum, { asked }) => sum + asked.most, 0);
  const limit = Math.min(givenLimit ?? 2 * wanted, MAX_CANDIDATES);
  const [first] = takes;
  const tasks = first?.asked.tasks;
  const takeHashes = takes.map(({ takeHash }) => takeHash);
  const found =
    first === undefined ? [] : await deps.queries.offersToTake({ ...first.asked, tasks, takeHashes, limit });
  if (first === undefined || found.length === 0) return { candidates: [], takeable: [], isPaused: () => false };
  const [candidates, isPaused] = await Promise.all([withLastEvents(deps, found), pausedOf(deps, first.asked.tenant)]);
  const takeable = candidates.filter(({ offer, last }) => isTakeable(openOf(last, offer), isPaused(offer)));
  const isAll = found.length < limit || limit === MAX_CANDIDATES;
  return takeable.length > 0 || isAll ? { candidates, takeable, isPaused } : look(deps, takes, 4 * limit);
};

/** The first of each job, because appends of one job would compete. */
const oneOfEachJob = (candidates: readonly Candidate[]): readonly Candidate[] =>
  [...new Map(candidates.toReversed().map((each) => [each.offer.jobId, each])).values()].reverse();

type Chosen = { readonly candidate: Candidate; readonly take: HashedTake };

/** Gives each take as much as it asks for, while there is any. */
const share = (candidates: readonly Candidate[], takes: readonly HashedTake[]): readonly Chosen[] => {
  const rest = [...candidates];
  return takes.flatMap((take) => rest.splice(0, take.asked.most).map((candidate) => ({ candidate, take })));
};

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

type DecideInput = { readonly isPaused: boolean; readonly work: TakenWork };

const decide = (
  { world }: TakeDeps,
  { candidate: { offer, last }, take: { asked, takeHash } }: Chosen,
  { isPaused, work }: DecideInput,
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
