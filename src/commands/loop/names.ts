import { createHash } from 'node:crypto';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { DomainEvent, EventOf } from '../../domain/events/index.ts';
import { applicationStream, jobStream, PREFIX_OF } from '../../domain/streams.ts';
import type { Tenant } from '../../domain/values.ts';
import { appendInOrderWithRetry } from '../../event-store/append-with-retry.ts';
import {
  type Append,
  type AppendResult,
  type EventStore,
  NO_STREAM,
  type OnMade,
  type Position,
  type Revision,
} from '../../event-store/port.ts';
import { lastEventOf } from '../../event-store/read-log.ts';
import type { CommandContext, OwnAppend } from '../command.ts';
import { type EventLog, type HandleOptions, handleCommand, type LoadedState, toAppend } from './handle-command.ts';
import { loadApplicationState, loadJob } from './load.ts';

/** An append to another new stream that must follow a creation. */
export type FollowUp<E> = {
  readonly stream: string;
  /** The first events of that stream; none if they depend on more than the creation. Pure. */
  readonly eventsAfter: (created: E) => readonly DomainEvent[];
  /** Makes the append unless it is made. Called after the creation. */
  readonly catchUp: () => Promise<Position | undefined>;
};

type CreateOptions<S, E extends DomainEvent> = Omit<HandleOptions<S, E>, 'decide' | 'prepare'> & {
  readonly name: NameClaim;
  readonly initial: S;
  /** The creating event; none if the id is in use. Pure. */
  readonly decide: (state: S) => readonly E[];
  readonly followUp?: FollowUp<E>;
  /** Called after the creation, in parallel to what follows; again if the log has to be read again. */
  readonly onCreated?: (created: E, position: Position) => void;
};

type CreateResult<E> = {
  readonly created: E;
  readonly revision: Revision;
  /** Position of the last appended event; without what follows if the caller does not wait for the read models. */
  readonly position: Position | undefined;
};

/**
 * Creates a job or an application with its name, in three steps: reserves the name, appends the creation, and appends what
 * must follow. Most names were never used, so all steps are first tried in one request to the log, without reading. If a
 * step fails there, the rest is made one after another, with reading.
 * @throws DomainError NAME_TAKEN, CONTENTION
 */
export const createNamed = async <S, E extends DomainEvent>(
  log: EventLog,
  options: CreateOptions<S, E>,
): Promise<CreateResult<E>> => {
  const creation = (await tryInOneRequest(log, options)) ?? (await createAfterReading(log, options));
  const { created, revision, position, followed } = creation;
  const following = followed.then(async (followedAt) => followedAt ?? (await options.followUp?.catchUp()));
  if (options.context.isEventual === undefined || options.own !== undefined)
    return { created, revision, position: (await following) ?? position };
  // The creation is complete without it: the next decision about a job activates its definition.
  following.catch((error) => log.world.log.debug({ stream: options.stream, error }, 'nothing followed a creation'));
  return { created, revision, position };
};

/** A creation that was made, and the position of the append that follows it, if that is made too. */
type Creation<E> = CreateResult<E> & { readonly followed: Promise<Position | undefined> };

/** `undefined` if the creation was not made: its name or stream was used before, or a repeated request made it. */
const tryInOneRequest = async <S, E extends DomainEvent>(
  log: EventLog,
  { name, stream, initial, decide, followUp, onCreated, own, context }: CreateOptions<S, E>,
): Promise<Creation<E> | undefined> => {
  if (own?.made !== undefined) return undefined;
  const events = decide(initial);
  const [created] = events;
  if (created === undefined) return undefined;
  const appendOf = (first: { readonly stream: string; readonly events: readonly DomainEvent[] }): Append =>
    toAppend({ ...first, revision: NO_STREAM, context, world: log.world });
  const reservation = appendOf(firstReservation(name));
  const creation = appendOf({ stream, events });
  const next = followUp?.eventsAfter(created) ?? [];
  const following = followUp === undefined || next.length === 0 ? [] : [appendOf({ ...followUp, events: next })];

  const creationMade = Promise.withResolvers<AppendResult>();
  const made = (append: Append, result: AppendResult): void => {
    if (append !== creation) return;
    onCreated?.(created, result.position);
    creationMade.resolve(result);
  };

  const appendAll = async () => (await appendInTurn(log, [reservation, creation, ...following], made)).slice(1);
  /**
   * Plans the creation after its name is reserved: a repeat of the request makes the planned append without another
   * reservation.
   */
  const appendPlanned = async ({ plan, lost }: OwnAppend<E>) => {
    const reserved = await appendInTurn(log, [reservation]);
    if (reserved.length === 0) return [];
    await plan(creation);
    const results = await appendInTurn(log, [creation, ...following], made);
    if (results.length === 0) lost();
    return results;
  };

  const all = own === undefined ? appendAll() : appendPlanned(own);
  const first = await Promise.race([creationMade.promise, all.then(([result]) => result)]);
  return first && { created, ...first, followed: all.then(([, next]) => next?.position) };
};

const createAfterReading = async <S, E extends DomainEvent>(
  log: EventLog,
  { name, onCreated, ...options }: CreateOptions<S, E>,
): Promise<Creation<E>> => {
  const { events, revision, position } = await handleCommand(log, {
    ...options,
    prepare: () => reserveName(log, name, options.context),
  });
  const [created] = events;
  if (created === undefined) throw new Error(`the new id ${name.ownerId} is in use already`);
  if (position !== undefined) onCreated?.(created, position);
  return { created, revision, position, followed: Promise.resolve(undefined) };
};

/** Makes appends in this order, when the queues of all their streams are free. Stops after the first that fails. */
const appendInTurn = (
  { store, lanes, world }: EventLog,
  appends: readonly Append[],
  made?: OnMade,
): Promise<readonly AppendResult[]> => {
  const awaitTurns = ([next, ...others]: readonly Append[]): Promise<readonly AppendResult[]> =>
    next === undefined
      ? appendInOrderWithRetry(store, appends, { world, ...(made && { made }) })
      : lanes.enqueue(next.stream, () => awaitTurns(others));
  return awaitTurns(appends);
};

/** A name within its tenant. */
type Name = {
  readonly tenant: string;
  /** The job's application; absent for an application's own name. */
  readonly applicationId?: number | undefined;
  readonly name: string;
};

type NameClaim = Name & { readonly ownerId: number };
type NameOwner = Omit<NameClaim, 'name'>;

/** A reservation younger than this counts as taken, because its owner's append may still follow. */
const UNDER_WAY_MS = 10_000;

/**
 * Reserves a name for its owner. Called before each try of the append that gives the owner its name, and reserves again even
 * if the owner holds the name. So each reservation belongs to one append, and an append that would release or take over an
 * older reservation expects an older revision and fails.
 * @throws DomainError NAME_TAKEN if another job or application has the name, or reserved it less than 10 s ago
 */
export const reserveName = async (log: EventLog, claim: NameClaim, context: CommandContext): Promise<void> => {
  await handleCommand(log, {
    stream: nameStream(claim),
    context,
    load: () => loadName(log, claim, context),
    decide: (standing) => {
      switch (standing) {
        case 'taken':
          throw new DomainError('NAME_TAKEN', `the name "${claim.name}" is taken`, [
            { pointer: '/name', message: 'is taken' },
          ]);
        case 'free':
          return [nameEvent('NameReserved', claim)];
      }
    },
  });
};

/** The first reservation of a name that was never used. */
export const firstReservation = (claim: NameClaim) => ({
  stream: nameStream(claim),
  events: [nameEvent('NameReserved', claim)],
});

/** Finds ids by name; `undefined` if the name is unused. Methods throw StreamParked. */
export const createFindNamed = (store: EventStore) => ({
  application: async (tenant: Tenant, name: string): Promise<number | undefined> => {
    const ownerId = await ownerIn(store, { tenant, name });
    if (ownerId === undefined) return undefined;
    const { state } = await loadApplicationState(store, ownerId);
    return state.status === 'living' && state.application.name === name ? ownerId : undefined;
  },
  job: async (tenant: Tenant, applicationId: number, name: string): Promise<number | undefined> => {
    const ownerId = await ownerIn(store, { tenant, applicationId, name });
    if (ownerId === undefined) return undefined;
    const { state: job } = await loadJob(store, ownerId);
    const isLiving = job.status === 'enabled' || job.status === 'disabled';
    return isLiving && job.definition.name === name ? ownerId : undefined;
  },
});

export type FindNamed = ReturnType<typeof createFindNamed>;

/** The owner of a name's newest reservation. It may have another name since, or may never have been created. */
const ownerIn = async (store: EventStore, named: Name): Promise<number | undefined> => {
  const { state: last } = await lastOf(store, named);
  return last?.type === 'NameReserved' ? last.data.ownerId : undefined;
};

/** Changes the name of an owner: reserves the new name, and releases the one before. */
export const createRename = (log: EventLog, owner: NameOwner, context: CommandContext) => {
  /** The name before, and the owner's reservation of it; `undefined` if the owner does not hold it. */
  let left: { readonly name: string; readonly reservation: Revision | undefined } | undefined;
  return {
    /**
     * Called before each append of the change. Reads the reservation of the name before, because a newer one belongs to a
     * later append, which may give the name back to the owner.
     * @throws DomainError NAME_TAKEN
     */
    reserve: async (before: string, after: string): Promise<void> => {
      left = undefined;
      if (after === before) return;
      const claim = { ...owner, name: before };
      const { state: last, revision } = await lastOf(log.store, claim);
      left = { name: before, reservation: isHeldBy(last, claim) ? revision : undefined };
      await reserveName(log, { ...owner, name: after }, context);
    },
    /** Called after the change, with the name that the owner has now. */
    release: async (now: string): Promise<void> => {
      if (left?.reservation === undefined || left.name === now) return;
      await releaseName(log, { ...owner, ...left }, context);
    },
  };
};

/** Releases the name of an owner that was deleted or, after a rename, if `reservation` is still the newest. */
export const releaseName = async (
  log: EventLog,
  { reservation, ...claim }: NameClaim & { readonly reservation?: Revision | undefined },
  context: CommandContext,
): Promise<void> => {
  await handleCommand(log, {
    stream: nameStream(claim),
    context,
    load: () => lastOf(log.store, claim),
    decide: (last, revision) =>
      isHeldBy(last, claim) && (reservation ?? revision) === revision ? [nameEvent('NameReleased', claim)] : [],
  });
};

type NameAvailability = 'free' | 'taken';

const loadName = async (
  log: EventLog,
  claim: NameClaim,
  context: CommandContext,
): Promise<LoadedState<NameAvailability>> => {
  const { state: last, revision } = await lastOf(log.store, claim);
  if (last === undefined || last.type === 'NameReleased' || last.data.ownerId === claim.ownerId) {
    return { state: 'free', revision };
  }
  const holder = { ...claim, ownerId: last.data.ownerId };
  const owner = await ownerOf(log, holder);
  if (owner.status === 'gone') return { state: 'free', revision };
  const isYoung = log.world.clock.now() - last.recordedAt < UNDER_WAY_MS;
  if (owner.name === claim.name || isYoung) return { state: 'taken', revision };
  await forfeit(log, holder, context);
  // The owner's append may have come before the forfeit, so the owner is read again.
  const after = await ownerOf(log, holder);
  return { state: after.status === 'living' && after.name === claim.name ? 'taken' : 'free', revision };
};

type OwnerState = { readonly status: 'absent' | 'living' | 'gone'; readonly name?: string };

const ownerOf = async ({ store }: EventLog, { applicationId, ownerId }: NameClaim): Promise<OwnerState> => {
  if (applicationId === undefined) {
    const { state } = await loadApplicationState(store, ownerId);
    switch (state.status) {
      case 'absent':
        return { status: 'absent' };
      case 'deleted':
        return { status: 'gone' };
      case 'living':
      case 'leaving':
        return { status: 'living', name: state.application.name };
    }
  }
  const { state: job } = await loadJob(store, ownerId);
  switch (job.status) {
    case 'absent':
      return { status: 'absent' };
    case 'deleted':
      return { status: 'gone' };
    case 'enabled':
    case 'disabled':
      return { status: 'living', name: job.definition.name };
  }
};

/**
 * Appends to the owner's stream, so that a late append that would give the owner this name fails. Does not wait in the
 * stream's queue: the owner may block that while it waits for this name.
 */
const forfeit = async (log: EventLog, claim: NameClaim, context: CommandContext): Promise<void> => {
  const { tenant, applicationId, name, ownerId } = claim;
  const stream = applicationId === undefined ? applicationStream(ownerId) : jobStream(ownerId);
  const outOfTurn: EventLog = { ...log, lanes: { enqueue: (_stream, run) => run() } };
  await handleCommand(outOfTurn, {
    stream,
    context,
    load: async () => {
      // The revision is read before the owner, so that an append in between makes the forfeit fail.
      const last = await lastEventOf(log.store, stream);
      return { state: await ownerOf(log, claim), revision: last?.revision ?? NO_STREAM };
    },
    decide: (owner) =>
      owner.name === name || owner.status === 'gone'
        ? []
        : [{ type: 'NameRevoked' as const, data: { tenant, ownerId, name } }],
  });
};

/** An event of a name's own stream. */
type ReservationEvent = EventOf<'NameReserved' | 'NameReleased'>;

const lastOf = async (store: EventStore, claim: Name) => {
  const last = await lastEventOf(store, nameStream(claim));
  const state = last?.type === 'NameReserved' || last?.type === 'NameReleased' ? last : undefined;
  return { state, revision: last?.revision ?? NO_STREAM };
};

const isHeldBy = (last: ReservationEvent | undefined, { ownerId }: NameClaim): boolean =>
  last?.type === 'NameReserved' && last.data.ownerId === ownerId;

const nameEvent = (
  type: ReservationEvent['type'],
  { tenant, applicationId, name, ownerId }: NameClaim,
): ReservationEvent => ({
  type,
  data: { tenant, ...defined({ applicationId }), name, ownerId },
});

const nameStream = ({ tenant, applicationId, name }: Name): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant, applicationId ?? null, name]))
    .digest('hex');
  return `${applicationId === undefined ? PREFIX_OF.applicationName : PREFIX_OF.jobName}${hash}`;
};
