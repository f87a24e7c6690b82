import { logStream } from '../domain/streams.ts';
import { LogMismatch } from './errors.ts';
import { checkCheckpoint, copyUnfinished, type LogCheckpoint, lastCopied, readIdentity } from './identity.ts';
import { comparePositions, type EventStore, LOG_START, type Position } from './port.ts';
import { readLog } from './read-log.ts';

/** A position in the log, and the id of the event there if it is known. */
type ResumePoint = { readonly position: Position; readonly eventId?: string | undefined };

type Store = Pick<EventStore, 'end' | 'readAt' | 'readLast' | 'readStream' | 'subscribe'>;
type ReaderMemory = { readonly reader: string; readonly logId: string; readonly checkpoint: LogCheckpoint };

/**
 * Finds where a reader continues whose checkpoint is stored outside the log. In the log that the checkpoint names, that
 * is the checkpoint itself. In a copy of that log it is the last event that the reader has read: each event of a copy
 * names its position in the original, in the same order. Events cut since make no difference.
 * @throws LogMismatch if the checkpoint is of an unrelated log, is beyond the end of this log, or names another event
 */
export const resumePosition = async (store: Store, remembered: ReaderMemory): Promise<ResumePoint> => {
  const { logId, checkpoint } = remembered;
  const identity = checkpoint.logId === logId ? undefined : await readIdentity(store);
  if (identity === undefined || identity.copyOf !== checkpoint.logId) {
    await checkCheckpoint(store, remembered);
    return checkpoint;
  }
  const copied = await lastCopied(store);
  if (copied === undefined) throw copyUnfinished(identity);
  const { end } = copied.data;
  if (comparePositions(checkpoint.position, end) > 0) throw beyondCopy(remembered, end);
  return lastReadIn(store, { ...remembered, until: copied.position });
};

/** Finds the last event of the copy that the reader has read in the original; the start of the log if there is none. */
const lastReadIn = async (
  store: Store,
  { until, ...remembered }: ReaderMemory & { until: Position },
): Promise<ResumePoint> => {
  const { position: read, eventId } = remembered.checkpoint;
  let last: ResumePoint = { position: LOG_START };
  let original = LOG_START;
  for await (const { events } of readLog(store, { end: until })) {
    for (const { stream, position, id, metadata } of events) {
      if (stream === logStream) continue;
      const from = metadata.copiedFrom;
      if (from === undefined || comparePositions(from, original) <= 0) throw copyBroken(remembered);
      original = from;
      if (comparePositions(from, read) > 0) continue;
      if (from === read && eventId !== undefined && id !== eventId) throw otherEvent(remembered, id);
      last = { position, eventId: id };
    }
  }
  return last;
};

const beyondCopy = ({ reader, logId, checkpoint }: ReaderMemory, end: Position): LogMismatch =>
  new LogMismatch({
    code: 'BEYOND_END',
    message: `${reader} has read log ${checkpoint.logId} up to ${checkpoint.position}, and log ${logId} is a copy of it up to ${end}: the original went on after it was copied. Stop all that writes to it and copy it again, to an empty log.`,
  });

const copyBroken = ({ reader, logId, checkpoint }: ReaderMemory): LogMismatch =>
  new LogMismatch({
    code: 'COPY_BROKEN',
    message: `${reader} has read log ${checkpoint.logId}, and log ${logId} is no clean copy of it: events stand in another order, or were written before the copy was finished. Copy it again, to an empty log.`,
  });

const otherEvent = ({ reader, logId, checkpoint }: ReaderMemory, id: string): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `${reader} has seen event ${checkpoint.eventId} at ${checkpoint.position} of log ${checkpoint.logId}, and log ${logId} is a copy of it with event ${id} from there: the original was set back and went on differently before it was copied. Empty ${reader} and let it read this log from the beginning.`,
  });
