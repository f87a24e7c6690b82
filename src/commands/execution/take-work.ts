import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { labelsTextOf } from '../../domain/closure/pauses.ts';
import { isSecretError } from '../../domain/codes/execution-error-codes.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { type Actor, isRunEvent, OfferedWork } from '../../domain/events/index.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { isTakeable, takeWork } from '../../domain/execution/offer.ts';
import { evolveRuns, runsOfTail } from '../../domain/execution/tail.ts';
import { runsStream } from '../../domain/streams.ts';
import { WorkerTaskName } from '../../domain/tasks/worker/given.ts';
import { type QueueRef, queueTarget } from '../../domain/tasks/worker/stored.ts';
import { isSealed, type JsonValue, type Tenant, toInstant, toMs } from '../../domain/values.ts';
import { appendEachWithRetry, appendWithRetry } from '../../event-store/append-with-retry.ts';
import { StreamParked, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Append, AppendResult, NewEvent } from '../../event-store/port.ts';
import { toNewEvent } from '../loop/handle-command.ts';
import { lastRunEvent } from '../loop/load.ts';
import { failOffer } from './callback.ts';
import {
  type Candidate,
  type FedContext,
  isWanted,
  type NamedOffer,
  openOf,
  type RequestedQueue,
  type WorkContext,
  WorkerIdentity,
} from './work-feed.ts';

const MAX_TAKEN = 100;
const MAX_TASKS = 100;
/** 32 bytes as base64url. */
const TAKE_ID = /^[A-Za-z0-9_-]{43}$/;

/** A request of a worker for work. */
export const TakeInput = z
  .strictObject({
    takeId: z.string().regex(TAKE_ID, 'must be 32 random bytes as base64url, 43 characters'),
    worker: WorkerIdentity,
    /** If absent, all tasks. */
    tasks: z.array(WorkerTaskName).min(1, 'must have at least one, or be omitted').max(MAX_TASKS).optional(),
    /** 0 for what a take with the same id was given, and nothing new. */
    most: z.int().min(0).max(MAX_TAKEN).default(1),
    wait: durationInput({ least: 0, most: '8m' }).default(0),
  })
  .meta({ id: 'TakeWork' });
export type TakeInput = z.infer<typeof TakeInput>;

/** Work that a worker has taken. */
export type TakenWork = {
  readonly executionId: number;
  readonly applicationId: number;
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

export type TakeRequest = TakeInput &
  QueueRef & {
    readonly actor: Actor;
    /** Checks again what the caller can do, because its token may have been revoked while it waited. @throws DomainError */
    readonly authorizeAgain: () => Promise<unknown>;
  };

/**
 * The token of an attempt: derived from the take, so that a repeat gives the same. It begins with the attempt's number and
 * its job, because a report may come before the read models show the execution.
 */
const tokenOf = (takeId: string, { executionId, jobId, attempt }: NamedOffer): string =>
  `${attempt}.${jobId}.${createHmac('sha256', takeId).update(`${executionId}/${attempt}`).digest('base64url')}`;

const TOKEN = /^(?<attempt>[1-9]\d{0,8})\.(?<jobId>[1-9]\d{0,14})\./;

/** The attempt and the job that a token of work states; `undefined` for other tokens. */
export const ofToken = (token: string): { readonly attempt: number; readonly jobId: number } | undefined => {
  const { attempt, jobId } = TOKEN.exec(token)?.groups ?? {};
  return attempt === undefined || jobId === undefined ? undefined : { attempt: Number(attempt), jobId: Number(jobId) };
};

/** A take with the hash of its id. */
export type HashedTake = { readonly takeHash: string; readonly request: TakeRequest };

/** Where takes look: at what was heard from the log, or also at the read model. */
export type LookAt = 'heard' | 'all';

/** What a take found: work, or that others were faster, so that it should look again; or why it gets none any more. */
export type TakeResult = {
  readonly work: readonly TakenWork[];
  readonly isContended: boolean;
  readonly rejection?: unknown;
};

/** Most offers among which takes that look together choose at once. */
const MAX_CANDIDATES = 1_000;
/** How often they choose again, if all of these are paused or taken. */
const MAX_PAGES = 20;

type Taking = { readonly queue: RequestedQueue; readonly takes: readonly HashedTake[]; readonly lookAt: LookAt };

/**
 * Takes work for takes of one queue. All work of a job is taken by one append at the revision of its runs: if several
 * processes want the same, one wins. A repeated take gets what it took before, as long as that is open, and nothing else.
 * @returns the results by the hash of the take
 */
export const takeTogether = async (deps: FedContext, taking: Taking): Promise<ReadonlyMap<string, TakeResult>> => {
  const results = new Map<string, TakeResult>();
  const { candidates, takeable, isPaused } = await (taking.lookAt === 'all' ? lookAtAll : lookAtHeard)(deps, taking);
  const byHash = new Map(taking.takes.map((take) => [take.takeHash, take]));
  for (const { takeHash, request } of byHash.values()) {
    const own = candidates.filter((each) => isTakenBy(each, [takeHash]));
    if (own.length === 0) continue;
    const work = await Promise.all(own.map((each) => shown(deps, request.takeId, each)));
    results.set(takeHash, { work, isContended: false });
  }
  const others = [...byHash.values()].filter(({ takeHash }) => !results.has(takeHash));
  const shared = share(fewOfEachJob(takeable), others);
  const rejections = await rejectionsOf(new Set(shared.map(({ take }) => take)));
  const chosen = shared.filter(({ take }) => !rejections.has(take.takeHash));
  const opened = await Promise.all(chosen.map(({ take, candidate }) => openable(deps, take.request.takeId, candidate)));
  const wanted = chosen.flatMap((each, index) => {
    const work = opened[index];
    return work === undefined ? [] : [{ ...each, work, isPaused: isPaused(each.candidate.offer) }];
  });
  const byJob = Map.groupBy(wanted, ({ candidate }) => candidate.offer.jobId);
  const decided = [...byJob.values()].flatMap((ofJob) => decide(deps, ofJob));
  const appended = await appendAll(
    deps,
    decided.map(({ append }) => append),
  );
  const taken = decided.flatMap((each, index) => (appended[index] instanceof Error ? [] : each.taken));
  for (const { takeHash } of others) {
    const work = taken.flatMap((each) => (each.takeHash === takeHash ? [each.work] : []));
    const isContended = decided.length > 0 && work.length === 0;
    results.set(takeHash, { work, isContended, ...rejections.get(takeHash) });
  }
  return results;
};

type Looked = {
  readonly candidates: readonly Candidate[];
  /** Those that can be taken now, in the order in which they should be. */
  readonly takeable: readonly Candidate[];
  readonly isPaused: (offer: NamedOffer) => boolean;
};
const NO_CANDIDATES: Looked = { candidates: [], takeable: [], isPaused: () => false };

const lookAtHeard = async (deps: FedContext, { queue, takes }: Taking): Promise<Looked> => {
  const takeHashes = takes.map(({ takeHash }) => takeHash);
  const candidates = heardIn(deps, queue).filter(
    (each) =>
      (openOf(each.last, each.offer)?.state === 'offered' && isWanted(queue, each.offer.task)) ||
      isTakenBy(each, takeHashes),
  );
  if (candidates.length === 0) return NO_CANDIDATES;
  return lookedAt(candidates, queue, await pausedOf(deps, queue.tenant));
};

/**
 * Looks at what is heard and at the read model. Finds twice as much there as the takes want, because it may not show yet
 * that some is taken. If all of it is, or is paused, finds what comes after that.
 */
const lookAtAll = async (deps: FedContext, { queue, takes }: Taking): Promise<Looked> => {
  const { feed, queries } = deps;
  if (!(await feed.reach())) return NO_CANDIDATES;
  const takeHashes = takes.map(({ takeHash }) => takeHash);
  const executionIds = feed.takenBy(takeHashes);
  // Before the read model, which shows what is forgotten here in the meantime.
  const heard = heardIn(deps, queue);
  const isHeard = new Set(heard.map(({ offer }) => offer.executionId));
  let limit = Math.min(2 * takes.reduce((sum, take) => sum + take.request.most, 0), MAX_CANDIDATES);
  let after: NamedOffer | undefined;
  for (let page = 1; ; page++) {
    const found = await queries.offersToTake({ ...queue, ...{ takeHashes, executionIds, limit, after } });
    if (found.length + heard.length === 0) return NO_CANDIDATES;
    const others = found.filter(({ executionId }) => !isHeard.has(executionId));
    const [read, isPaused] = await Promise.all([withLastEvents(deps, others), pausedOf(deps, queue.tenant)]);
    const looked = lookedAt([...heard, ...read], queue, isPaused);
    if (looked.takeable.length > 0 || found.length < limit || limit === 0 || page === MAX_PAGES) return looked;
    after = found.at(-1);
    limit = MAX_CANDIDATES;
  }
};

const heardIn = ({ feed, world }: FedContext, queue: RequestedQueue): readonly Candidate[] =>
  feed
    .heard(queue)
    .filter(({ offer: { expiresAt } }) => expiresAt === undefined || toMs(expiresAt) >= world.clock.now());

const lookedAt = (candidates: readonly Candidate[], queue: RequestedQueue, isPaused: Looked['isPaused']): Looked => ({
  candidates,
  takeable: candidates
    .filter(({ offer }) => isWanted(queue, offer.task))
    .filter(({ offer, last }) => isTakeable(openOf(last, offer), isPaused(offer)))
    .sort((a, b) => compareOffers(a.offer, b.offer)),
  isPaused,
});

/** The longest due first, and backfills last. */
const compareOffers = (a: NamedOffer, b: NamedOffer): number =>
  Number(a.isBackfill) - Number(b.isBackfill) ||
  Number(a.scheduledAt > b.scheduledAt) - Number(a.scheduledAt < b.scheduledAt) ||
  a.executionId - b.executionId;

const isTakenBy = ({ offer, last }: Candidate, takeHashes: readonly string[]): boolean => {
  const takeHash = openOf(last, offer)?.takeHash;
  return takeHash !== undefined && takeHashes.includes(takeHash);
};

/** Most pieces of one job that are taken by one append: each event carries all executions of the job that are open. */
const MAX_OF_JOB = 10;

const fewOfEachJob = (candidates: readonly Candidate[]): readonly Candidate[] => {
  const counts = new Map<number, number>();
  return candidates.filter(({ offer: { jobId } }) => {
    const count = (counts.get(jobId) ?? 0) + 1;
    counts.set(jobId, count);
    return count <= MAX_OF_JOB;
  });
};

type Chosen = { readonly candidate: Candidate; readonly take: HashedTake };

/** Gives each take as much as it asks for, while there is any. */
const share = (candidates: readonly Candidate[], takes: readonly HashedTake[]): readonly Chosen[] => {
  const rest = [...candidates];
  return takes.flatMap((take) => rest.splice(0, take.request.most).map((candidate) => ({ candidate, take })));
};

/** Why takes can be given nothing, by their hashes: their callers have lost their access since they began. */
const rejectionsOf = async (
  takes: ReadonlySet<HashedTake>,
): Promise<ReadonlyMap<string, Pick<TakeResult, 'rejection'>>> => {
  const rejections = new Map<string, Pick<TakeResult, 'rejection'>>();
  const check = ({ takeHash, request }: HashedTake): Promise<unknown> =>
    request.authorizeAgain().catch((rejection: unknown) => rejections.set(takeHash, { rejection }));
  await Promise.all([...takes].map(check));
  return rejections;
};

const withLastEvents = async ({ store }: WorkContext, offers: readonly NamedOffer[]): Promise<readonly Candidate[]> => {
  const jobIds = [...new Set(offers.map(({ jobId }) => jobId))];
  const read = await store.readLast(jobIds.map(runsStream));
  const last = await Promise.all(
    jobIds.map(async (jobId, index) => {
      const event = read[index];
      if (event === undefined) return lastBehindNewer(store, jobId);
      return event instanceof StreamParked || !isRunEvent(event) ? undefined : event;
    }),
  );
  const byJob = new Map(jobIds.map((jobId, index) => [jobId, last[index]]));
  return offers.flatMap((offer) => {
    const event = byJob.get(offer.jobId);
    return event === undefined ? [] : [{ offer, last: event }];
  });
};

/** The last run event before events that only a newer version knows, at the revision of these. */
const lastBehindNewer = async (store: WorkContext['store'], jobId: number): Promise<Candidate['last'] | undefined> => {
  const found = await lastRunEvent(store, jobId).catch((error: unknown) => {
    if (error instanceof StreamParked) return undefined;
    throw error;
  });
  return found && { ...found.event, revision: found.revision };
};

/** Whether offers are paused now, according to the read models and to newer pauses that were heard. */
const pausedOf = async (
  { queries, feed, world: { clock } }: FedContext,
  tenant: Tenant,
): Promise<(offer: NamedOffer) => boolean> => {
  const nowMs = clock.now();
  // Also before the read: what it shows is forgotten here in the meantime.
  const heard = feed.heardPauses();
  const book = await queries.loadClosures({ tenant }, { calendars: [], afterMs: nowMs });
  for (const pause of [...heard, ...feed.heardPauses()])
    if (pause.tenant === tenant || pause.scope === 'installation') book.setPause(pause);
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

/** The opened work; `undefined` if its secrets can't be opened. If that is final, the work has failed, like a call. */
const openable = async (deps: WorkContext, takeId: string, candidate: Candidate): Promise<TakenWork | undefined> => {
  try {
    return await shown(deps, takeId, candidate);
  } catch (error) {
    const { executionId, jobId } = candidate.offer;
    deps.world.log.warn({ executionId, jobId, error }, 'offered work could not be opened, so no worker gets it');
    if (isSecretError(error)) await failOffer(deps, candidate.offer, { code: error.code, message: error.message });
    return undefined;
  }
};

/** Work as its worker gets it. @throws an error that states why its secrets can't be opened */
const shown = async (
  { secrets, world }: WorkContext,
  takeId: string,
  { offer, last }: Candidate,
): Promise<TakenWork> => {
  const { executionId, jobId, jobName, attempt, scheduledAt, leaseMs, deadlineMs, work } = offer;
  const { tenant, applicationId, queue } = offer;
  const use = { kind: 'work', name: queueTarget(applicationId, queue) } as const;
  const clear = isSealed(work) ? JSON.parse(await secrets.open({ tenant, applicationId }, work, use)) : work;
  const { task, input } = OfferedWork.parse(clear);
  const deadlineAt = openOf(last, offer)?.deadlineAt ?? toInstant(world.clock.now() + deadlineMs);
  const token = tokenOf(takeId, offer);
  return {
    ...{ executionId, applicationId, jobId, jobName, attempt, task },
    ...(input === undefined ? {} : { input }),
    ...{ scheduledAt, deadlineAt, leaseMs, token },
  };
};

type Wanted = Chosen & { readonly isPaused: boolean; readonly work: TakenWork };
type Decision = {
  readonly append: Append;
  readonly taken: readonly { readonly takeHash: string; readonly work: TakenWork }[];
};

/** Takes work of one job. The newest of its events that candidates were found with decides. */
const decide = ({ world }: WorkContext, ofJob: readonly Wanted[]): Decision[] => {
  const [last] = ofJob.map(({ candidate }) => candidate.last).sort((a, b) => b.revision - a.revision);
  if (last === undefined) return [];
  const taken: Decision['taken'][number][] = [];
  const events: NewEvent[] = [];
  let runs = runsOfTail(last.data.tail);
  for (const { candidate, take, isPaused, work } of ofJob) {
    const { executionId, attempt, deadlineMs } = candidate.offer;
    const { request, takeHash } = take;
    const [event] = takeWork(runs, {
      job: candidate.offer,
      take: { executionId, attempt, worker: request.worker.id, takeHash, tokenHash: hashOfToken(work.token) },
      deadlineMs,
      isPaused,
      nowMs: world.clock.now(),
    });
    if (event === undefined) continue;
    runs = evolveRuns(runs, event);
    events.push(toNewEvent(event, { actor: request.actor, correlationId: `execution-${executionId}` }, world));
    taken.push({ takeHash, work: { ...work, deadlineAt: event.data.deadlineAt } });
  }
  if (taken.length === 0) return [];
  return [{ append: { stream: last.stream, expectedRevision: last.revision, events }, taken }];
};

/** Appends each by itself; a log that can do so takes all in one request. Other appends may come first. */
const appendAll = async (
  { store, world }: WorkContext,
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
