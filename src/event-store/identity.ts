import { CARILLON, type EventOf } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { appendWithRetry } from './append-with-retry.ts';
import { LogMismatch, WrongExpectedRevision } from './errors.ts';
import { comparePositions, type EventStore, NO_STREAM, type Position, type RecordedEvent } from './port.ts';
import { lastEventOf } from './read-log.ts';

/** A reader's position, and its log. */
export type LogCheckpoint = {
  readonly logId: string;
  /** Position of the last event that the reader received or that its filter excluded. */
  readonly position: Position;
  /** The id of the event at that position; absent if the reader's filter excluded it. */
  readonly eventId?: string | undefined;
};

/** The identity that a log's first event records. */
export type LogIdentity = {
  readonly id: string;
  /** The id of the log that this one was copied from; absent if it is not a copy. */
  readonly copyOf?: string | undefined;
};

/**
 * Returns the log's id, and records a new one in an empty log. Processes that do so simultaneously all get the same id.
 * @throws LogMismatch COPY_UNFINISHED for an interrupted copy: it lacks acknowledged events
 */
export const ensureLogIdentity = async (store: EventStore, world: Runtime): Promise<string> => {
  const found = await readIdentity(store);
  if (found !== undefined) {
    if (found.copyOf !== undefined && (await lastCopied(store)) === undefined) throw copyUnfinished(found);
    return found.id;
  }
  const id = world.random.uuid();
  const metadata = { actor: CARILLON, correlationId: world.random.uuid() } as const;
  const event = { type: 'LogCreated', data: { id }, id: world.random.uuid(), metadata } as const;
  try {
    await appendWithRetry(store, { stream: logStream, expectedRevision: NO_STREAM, events: [event] }, { world });
    return id;
  } catch (error) {
    const winner = error instanceof WrongExpectedRevision ? await readIdentity(store) : undefined;
    if (winner === undefined) throw error;
    return winner.id;
  }
};

export const readIdentity = async (store: EventStore): Promise<LogIdentity | undefined> => {
  for await (const event of store.readStream(logStream, { limit: 1 })) {
    if (event.type === 'LogCreated') return event.data;
  }
  return undefined;
};

/** Reads the event that marks a copy as complete; undefined while there is none. */
export const lastCopied = async (store: EventStore): Promise<RecordedEvent<EventOf<'LogCopied'>> | undefined> => {
  const last = await lastEventOf(store, logStream);
  return last?.type === 'LogCopied' ? last : undefined;
};

export const copyUnfinished = ({ id, copyOf }: LogIdentity): LogMismatch =>
  new LogMismatch({
    code: 'COPY_UNFINISHED',
    message: `Log ${id} is an incomplete copy of log ${copyOf}. Run the same \`log copy\` again to resume the copy before you use it.`,
  });

/**
 * Checks that a reader's checkpoint fits the log, before the reader continues from it.
 * @throws LogMismatch if the checkpoint belongs to another log, or if this log was set back since
 */
export const checkCheckpoint = async (
  store: EventStore,
  { reader, logId, checkpoint }: { reader: string; logId: string; checkpoint: LogCheckpoint },
): Promise<void> => {
  const { position } = checkpoint;
  if (checkpoint.logId !== logId) {
    throw new LogMismatch({
      code: 'OTHER_LOG',
      message: `${reader} has read log ${checkpoint.logId}, but this is log ${logId}. Connect it to its own log, or empty it so that it reads this log from the beginning.`,
    });
  }
  const end = await store.end();
  if (end === undefined || comparePositions(position, end) > 0) {
    throw new LogMismatch({
      code: 'BEYOND_END',
      message: `${reader} has read up to ${position}, but log ${logId} ends at ${end ?? 'its beginning'}: the log was restored to an earlier state. Restore a backup of ${reader} that is no newer than the log's, or empty it so that it reads the log from the beginning.`,
    });
  }
  const there = checkpoint.eventId === undefined ? undefined : await store.readAt(position);
  if (there !== undefined && there.id !== checkpoint.eventId) {
    throw new LogMismatch({
      code: 'OTHER_EVENT',
      message: `${reader} has read event ${checkpoint.eventId} at ${position} of log ${logId}, but the log now has event ${there.id} there: the log was restored to an earlier state and then changed. Restore a backup of ${reader} that is no newer than the log's, or empty it so that it reads the log from the beginning.`,
    });
  }
};
