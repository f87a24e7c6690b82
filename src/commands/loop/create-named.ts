import type { DomainEvent } from '../../domain/events/index.ts';
import { appendInOrderWithRetry } from '../../event-store/append-with-retry.ts';
import { type Append, type AppendResult, NO_STREAM, type Position, type Revision } from '../../event-store/port.ts';
import type { OwnAppend } from '../command.ts';
import { type EventLog, type HandleOptions, handleCommand, toAppend } from './handle-command.ts';
import { firstReservation, type NameClaim, reserveName } from './names.ts';

/** An append to another new stream that must follow a creation. */
export type FollowUp<E> = {
  readonly stream: string;
  /** The first events of that stream. Pure. */
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
  readonly onCreated?: (created: E) => void;
};

type CreateResult<E> = {
  readonly created: E;
  readonly revision: Revision;
  /** Position of the last appended event. */
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
  const { created, revision, position, followedAt } =
    (await tryInOneRequest(log, options)) ?? (await createAfterReading(log, options));
  return { created, revision, position: followedAt ?? (await options.followUp?.catchUp()) ?? position };
};

/** A creation, and the position of the append that follows it, if that was made too. */
type Creation<E> = CreateResult<E> & { readonly followedAt: Position | undefined };

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
  const following =
    followUp === undefined ? [] : [appendOf({ stream: followUp.stream, events: followUp.eventsAfter(created) })];

  const made = (append: Append): void => {
    if (append === creation) onCreated?.(created);
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

  const [first, followed] = own === undefined ? await appendAll() : await appendPlanned(own);
  return first && { created, ...first, followedAt: followed?.position };
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
  onCreated?.(created);
  return { created, revision, position, followedAt: undefined };
};

/** Makes appends in this order, when the queues of all their streams are free. Stops after the first that fails. */
const appendInTurn = (
  { store, lanes, world }: EventLog,
  appends: readonly Append[],
  made?: (append: Append) => void,
): Promise<readonly AppendResult[]> => {
  const awaitTurns = ([next, ...others]: readonly Append[]): Promise<readonly AppendResult[]> =>
    next === undefined
      ? appendInOrderWithRetry(store, appends, { world, ...(made && { made }) })
      : lanes.enqueue(next.stream, () => awaitTurns(others));
  return awaitTurns(appends);
};
