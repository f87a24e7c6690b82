import type { EventOf } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import type { World } from '../world.ts';
import { appendSurely } from './append-surely.ts';
import { LogMismatch, WrongExpectedRevision } from './errors.ts';
import { lastEventOf } from './last-event.ts';
import { comparePositions, type EventStore, NO_STREAM, type Position, type RecordedEvent } from './port.ts';

/** How far a reader has come, and in which log. */
export type LogCheckpoint = {
  readonly logId: string;
  /** Position of the last event considered. */
  readonly position: Position;
  /** Id of the event at that position, where the reader was given it. */
  readonly eventId?: string | undefined;
};

/** What a log says of itself. */
export type LogIdentity = {
  readonly id: string;
  /** Where it was copied from another log. */
  readonly copyOf?: string | undefined;
};

/**
 * The log's id. The first process to ask gives a new log its own; of several at once, one wins and all agree.
 * @throws LogMismatch COPY_UNFINISHED for a copy that was broken off: it lacks events that were acknowledged
 */
export const ensureLogIdentity = async (
  store: EventStore,
  world: Pick<World, 'timers' | 'random' | 'log'>,
): Promise<string> => {
  const found = await readIdentity(store);
  if (found !== undefined) {
    if (found.copyOf !== undefined && (await lastCopied(store)) === undefined) throw copyUnfinished(found);
    return found.id;
  }
  const id = world.random.uuid();
  const metadata = { actor: { type: 'system', name: 'carillon' }, correlationId: world.random.uuid() } as const;
  const event = { type: 'LogCreated', data: { id }, id: world.random.uuid(), metadata } as const;
  try {
    await appendSurely(store, { stream: logStream, expectedRevision: NO_STREAM, events: [event] }, { world });
    return id;
  } catch (error) {
    const winner = error instanceof WrongExpectedRevision ? await readIdentity(store) : undefined;
    if (winner === undefined) throw error;
    return winner.id;
  }
};

export const readIdentity = async (store: Pick<EventStore, 'readStream'>): Promise<LogIdentity | undefined> => {
  for await (const event of store.readStream(logStream, { limit: 1 })) {
    if (event.type === 'LogCreated') return event.data;
  }
  return undefined;
};

/** Where a copy says that all is there; undefined while it isn't. */
export const lastCopied = async (
  store: Pick<EventStore, 'readLast'>,
): Promise<RecordedEvent<EventOf<'LogCopied'>> | undefined> => {
  const last = await lastEventOf(store, logStream);
  return last?.type === 'LogCopied' ? last : undefined;
};

export const copyUnfinished = ({ id, copyOf }: LogIdentity): LogMismatch =>
  new LogMismatch({
    code: 'COPY_UNFINISHED',
    message: `log ${id} is a copy of log ${copyOf} that was broken off: start the same \`log copy\` again, which goes on with it, before anything uses it.`,
  });

/**
 * Holds what a reader remembers against the log, before it goes on from there.
 * @throws LogMismatch when it was another log, or this one with a part of its past replaced or lost
 */
export const checkCheckpoint = async (
  store: Pick<EventStore, 'end' | 'readAt'>,
  { reader, logId, checkpoint }: { reader: string; logId: string; checkpoint: LogCheckpoint },
): Promise<void> => {
  const { position } = checkpoint;
  if (checkpoint.logId !== logId) {
    throw new LogMismatch({
      code: 'OTHER_LOG',
      message: `${reader} has read log ${checkpoint.logId}, and this is log ${logId}. Point it at the log it belongs to, or empty it and let it read this one from the beginning.`,
    });
  }
  const end = await store.end();
  if (end === undefined || comparePositions(position, end) > 0) {
    throw new LogMismatch({
      code: 'BEYOND_END',
      message: `${reader} has read up to ${position}, and log ${logId} ends at ${end ?? 'its beginning'}: the log was set back, perhaps by a restored backup. Restore a backup of ${reader} that is no newer than the log's, or empty it and let it read the log from the beginning.`,
    });
  }
  const there = checkpoint.eventId === undefined ? undefined : await store.readAt(position);
  if (there !== undefined && there.id !== checkpoint.eventId) {
    throw new LogMismatch({
      code: 'OTHER_EVENT',
      message: `${reader} has seen event ${checkpoint.eventId} at ${position} of log ${logId}, where event ${there.id} stands now: the log was set back and went on differently. Restore a backup of ${reader} that is no newer than the log's, or empty it and let it read the log from the beginning.`,
    });
  }
};
