import { logStream } from '../domain/streams.ts';
import { LogMismatch } from './errors.ts';
import { checkCheckpoint, copyUnfinished, type LogCheckpoint, lastCopied, readIdentity } from './identity.ts';
import { comparePositions, type EventStore, LOG_START, type Position } from './port.ts';
import { readLog } from './read-log.ts';

/** A position in the log, and the id of the event there if it is known. */
type ResumePoint = { readonly position: Position; readonly eventId?: string | undefined };

type Store = EventStore;
type ReaderMemory = { readonly reader: string; readonly logId: string; readonly checkpoint: LogCheckpoint };

/**
 * Finds where a reader resumes whose checkpoint is stored outside the log. In the checkpoint's log, that is the checkpoint
 * itself. In a copy of that log it is the last event that the reader has read: each event of a copy has its original
 * position, in the same order. Events cut since make no difference.
 * @throws LogMismatch if the checkpoint belongs to an unrelated log, is beyond the end of this log, or names another event
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
    message: `${reader} has read log ${checkpoint.logId} up to ${checkpoint.position}, but its copy, log ${logId}, ends at ${end}: the original was written to after the copy. Stop all servers that use the original and copy it again to an empty log.`,
  });

const copyBroken = ({ reader, logId, checkpoint }: ReaderMemory): LogMismatch =>
  new LogMismatch({
    code: 'COPY_BROKEN',
    message: `${reader} has read log ${checkpoint.logId}, but log ${logId} is not a correct copy of it: its events are in a different order, or events were written before the copy was complete. Copy it again to an empty log.`,
  });

const otherEvent = ({ reader, logId, checkpoint }: ReaderMemory, id: string): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `${reader} has read event ${checkpoint.eventId} at ${checkpoint.position} of log ${checkpoint.logId}, but its copy, log ${logId}, has event ${id} there: the original was restored to an earlier state and then changed before the copy. Empty ${reader} so that it reads this log from the beginning.`,
  });
