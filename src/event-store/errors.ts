import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import type { Position, Revision } from './port.ts';

export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  readonly stream: string;
  readonly expected: Revision;
  /** Where the stream is, as the leader saw it. */
  readonly actual: Revision;
  constructor(at: { stream: string; expected: Revision; actual: Revision }) {
    super(`stream ${at.stream} is at revision ${at.actual}, not ${at.expected}`);
    this.stream = at.stream;
    this.expected = at.expected;
    this.actual = at.actual;
  }
}

export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted';
  readonly stream: string;
  constructor(stream: string) {
    super(`stream ${stream} was deleted for good`);
    this.stream = stream;
  }
}

export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';
  readonly stream: string;
  readonly sizeBytes: number;
  constructor(at: { stream: string; sizeBytes: number; limitBytes: number }) {
    super(`an append of ${at.sizeBytes} bytes to ${at.stream} is over the limit of ${at.limitBytes}`);
    this.stream = at.stream;
    this.sizeBytes = at.sizeBytes;
  }
}

/** The log could not be asked: it is away, refuses, or is silent. Nothing is known to be wrong with what was asked. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  readonly code = 'LOG_UNAVAILABLE' satisfies RefusalCode;
  constructor(options: { cause?: unknown } = {}) {
    super('the log can not be reached for now: try again', options);
  }
}

/** Neither won nor lost: the very same append has to be repeated until it is answered. */
export class AppendUnanswered extends Error {
  override readonly name = 'AppendUnanswered';
  readonly code = 'LOG_UNAVAILABLE' satisfies RefusalCode;
  readonly stream: string;
  constructor(stream: string, options: { cause?: unknown } = {}) {
    super(`the log did not answer an append to ${stream}`, options);
    this.stream = stream;
  }
}

/**
 * An event that can't be read: it is of a known type and version, yet not what that version says, or no JSON. While it
 * is the last one of its stream, nobody knows what the stream says, and so nobody acts on it: the stream is parked, and
 * everything else goes on.
 */
export class StreamParked extends Error {
  override readonly name = 'StreamParked';
  readonly code = 'STREAM_PARKED' satisfies RefusalCode;
  readonly stream: string;
  /** Of the event that can't be read, as are all of these. */
  readonly revision: Revision;
  readonly position: Position;
  readonly id: string;
  readonly eventType: string;
  /** Epoch milliseconds by the log's clock. */
  readonly recordedAt: number;
  /** What is wrong with it; for the operator, and not for callers. */
  readonly why: string;
  constructor({ stream, revision, position, id, type, recordedAt, why }: ParkedEvent) {
    super(
      `stream ${stream} is parked: this release can't read ${type} at revision ${revision} of it. ` +
        'Nothing is changed or called there until a release that reads it is started',
    );
    this.stream = stream;
    this.revision = revision;
    this.position = position;
    this.id = id;
    this.eventType = type;
    this.recordedAt = recordedAt;
    this.why = why.slice(0, MOST_SAID);
  }
}

/** Characters of what is wrong; one event may have as many faults as it has fields. */
const MOST_SAID = 500;

type ParkedEvent = {
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  readonly id: string;
  readonly type: string;
  readonly recordedAt: number;
  readonly why: string;
};

/** The event asks for a newer reader than this one. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
  constructor(at: { stream: string; revision: Revision; type: string; minReader: number; reader: number }) {
    super(
      `event ${at.type} at ${at.stream}/${at.revision} needs a reader of level ${at.minReader}, this one is at ${at.reader}: run a newer release`,
    );
  }
}

/** The event is not what its own schema says, so no reader would understand it. */
export class UnwritableEvent extends Error {
  override readonly name = 'UnwritableEvent';
  constructor(at: { type: string; why: string }) {
    super(`event ${at.type} is not what its schema says: ${at.why}`);
  }
}

/** No log could hold this append: a fault of the caller's code, never of its timing. */
export class InvalidAppend extends Error {
  override readonly name = 'InvalidAppend';
  readonly code = 'INVALID_APPEND';
  constructor(at: { stream: string; why: string }) {
    super(`an append to ${JSON.stringify(at.stream)} can't be made: ${at.why}`);
  }
}

/** The store was closed by its own process; nothing was appended. */
export class EventStoreClosed extends Error {
  override readonly name = 'EventStoreClosed';
  readonly code = 'EVENT_STORE_CLOSED';
  constructor() {
    super('the event store of this process is closed');
  }
}

type MismatchCode = 'OTHER_LOG' | 'BEYOND_END' | 'OTHER_EVENT' | 'COPY_UNFINISHED' | 'COPY_BROKEN';

/** What was remembered of the log doesn't fit this log. Nothing may be read or written on the strength of it. */
export class LogMismatch extends Error {
  override readonly name = 'LogMismatch';
  readonly code: MismatchCode;
  constructor({ cause, ...at }: { code: MismatchCode; message: string; cause?: unknown }) {
    super(at.message, { cause });
    this.code = at.code;
  }
}
