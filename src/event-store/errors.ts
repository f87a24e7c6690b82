import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Position, Revision } from './stored-event.ts';

/** The parts of an adapter, each with its own connection to the log. */
export type StorePart = 'appends' | 'reads' | 'wakes' | `subscription ${number}`;

/** Tracks whether the log is reachable, from the successes and failures of each part of an adapter. */
export type Availability = {
  failed(part: StorePart, error: unknown): void;
  worked(part: StorePart): void;
};

/** Logs one warning when the first part fails, and one line when no part fails any more. */
export const createAvailability = ({ clock, log }: Runtime): Availability => {
  const away = new Set<StorePart>();
  let sinceMs = 0;
  return {
    failed: (part, error) => {
      const isFirst = away.size === 0;
      away.add(part);
      if (!isFirst) return log.debug({ error, part }, 'the log is still unavailable');
      sinceMs = clock.monotonic();
      log.warn({ error, part }, 'the log is unavailable; retrying until it responds');
    },
    worked: (part) => {
      if (!away.delete(part) || away.size > 0) return;
      log.info({ awayMs: Math.round(clock.monotonic() - sinceMs) }, 'the log is available again');
    },
  };
};

/** Creates the counter of lost connections to the log; without metrics it counts nothing. */
export const reconnectCounter = <Connection extends string>(
  metrics: Metrics | undefined,
  connections: readonly Connection[],
): ((connection: Connection) => void) => {
  const count = metrics?.counter('carillon_log_reconnects_total');
  // An alarm on an increase needs the value before the first one.
  for (const connection of connections) count?.({ connection }, 0);
  return (connection) => count?.({ connection });
};

export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  readonly stream: string;
  readonly expected: Revision;
  /** Revision of the stream's last event, as seen by the leader of the cluster. */
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
    super(`stream ${stream} was deleted permanently`);
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

/** The log is unreachable, rejects requests, or does not respond. The request itself may be valid. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  readonly code = 'LOG_UNAVAILABLE' satisfies DomainErrorCode;
  constructor(options: { cause?: unknown } = {}) {
    super("Can't reach the log. Try again.", options);
  }
}

/** It is unknown whether the append succeeded. Retry the same append, with the same ids, until there is a response. */
export class AppendUnconfirmed extends Error {
  override readonly name = 'AppendUnconfirmed';
  readonly code = 'LOG_UNAVAILABLE' satisfies DomainErrorCode;
  readonly stream: string;
  constructor(stream: string, options: { cause?: unknown } = {}) {
    super(`The log did not respond to an append to ${stream}.`, options);
    this.stream = stream;
  }
}

/**
 * An event of a known type and version does not fit its schema, or is not JSON. While it is the last event of its
 * stream, the state of that stream is unknown. The stream is then parked: nothing acts on it, and everything else
 * continues.
 */
export class StreamParked extends Error {
  override readonly name = 'StreamParked';
  readonly code = 'STREAM_PARKED' satisfies DomainErrorCode;
  readonly stream: string;
  /** The revision of the unreadable event. The following fields describe that event too. */
  readonly revision: Revision;
  readonly position: Position;
  readonly id: string;
  readonly eventType: string;
  /** Epoch milliseconds by the log's clock. */
  readonly recordedAt: number;
  /** What is wrong with the event. Show it to the operator, never to callers. */
  readonly why: string;
  constructor({ stream, revision, position, id, type, recordedAt, why }: ParkedEvent) {
    super(
      `stream ${stream} is parked: this version can't read ${type} at revision ${revision} of it. ` +
        'Nothing is changed or called there until a version that can read it is started',
    );
    this.stream = stream;
    this.revision = revision;
    this.position = position;
    this.id = id;
    this.eventType = type;
    this.recordedAt = recordedAt;
    this.why = why.slice(0, MAX_WHY_LENGTH);
  }
}

/** In characters. An event can have as many errors as fields. */
const MAX_WHY_LENGTH = 500;

type ParkedEvent = {
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  readonly id: string;
  readonly type: string;
  readonly recordedAt: number;
  readonly why: string;
};

/** The event requires a newer reader than this version. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
  constructor(at: { stream: string; revision: Revision; type: string; minReader: number; reader: number }) {
    super(
      `Event ${at.type} at ${at.stream}/${at.revision} needs a reader of level ${at.minReader}, but this version has level ${at.reader}. Run a newer version.`,
    );
  }
}

/** A new event does not fit its schema, so no reader could read it back. */
export class UnwritableEvent extends Error {
  override readonly name = 'UnwritableEvent';
  constructor(at: { type: string; why: string }) {
    super(`event ${at.type} does not match its schema: ${at.why}`);
  }
}

/** No log can store this append. It is a bug in the calling code; a retry does not help. */
export class InvalidAppend extends Error {
  override readonly name = 'InvalidAppend';
  readonly code = 'INVALID_APPEND';
  constructor(at: { stream: string; why: string }) {
    super(`an append to ${JSON.stringify(at.stream)} can't be made: ${at.why}`);
  }
}

/** This process has closed the store. Nothing was appended. */
export class EventStoreClosed extends Error {
  override readonly name = 'EventStoreClosed';
  readonly code = 'EVENT_STORE_CLOSED';
  constructor() {
    super('the event store of this process is closed');
  }
}

type MismatchCode = 'OTHER_LOG' | 'BEYOND_END' | 'OTHER_EVENT' | 'COPY_UNFINISHED' | 'COPY_BROKEN';

/** A checkpoint or position does not belong to this log. The reader must not continue from it. */
export class LogMismatch extends Error {
  override readonly name = 'LogMismatch';
  readonly code: MismatchCode;
  constructor({ cause, ...at }: { code: MismatchCode; message: string; cause?: unknown }) {
    super(at.message, { cause });
    this.code = at.code;
  }
}
