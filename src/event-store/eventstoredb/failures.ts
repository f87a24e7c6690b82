import {
  AccessDeniedError,
  CancelledError,
  convertToCommandError,
  NotLeaderError,
  UnavailableError,
} from '@eventstore/db-client';
import type { Runtime } from '../../runtime/runtime.ts';
import { type Availability, LogMismatch, type StorePart } from '../errors.ts';
import type { Position } from '../port.ts';

/** The user or password in the connection string is wrong. Retrying does not help. */
export class LogSignInRejected extends Error {
  override readonly name = 'LogSignInRejected';
  readonly code = 'LOG_SIGN_IN_REJECTED';
  constructor(options: { cause?: unknown } = {}) {
    super('EventStoreDB rejected the user or password. Check EVENTSTORE_URL.', options);
  }
}

/** The log could not be opened. The message is one line that states what to do, without the password. */
export class LogUnreachable extends Error {
  override readonly name = 'LogUnreachable';
  readonly code = 'LOG_UNREACHABLE';
}

/** The user in the connection string lacks a right. Retrying does not help. */
export class LogAccessDenied extends Error {
  override readonly name = 'LogAccessDenied';
  readonly code = 'LOG_ACCESS_DENIED';
  constructor(what: string, options: { cause?: unknown } = {}) {
    super(
      `EventStoreDB does not allow this user to ${what}. docs/how-to/eventstoredb.md lists the required rights.`,
      options,
    );
  }
}

/** Converts a gRPC error to the client's own kind of error. Other errors, such as a failed discovery, are unchanged. */
const classified = (failure: unknown): unknown => {
  if (!(failure instanceof Error)) return failure;
  try {
    return convertToCommandError(failure);
  } catch {
    // The conversion fails for a not-leader error that does not name the leader.
    return failure;
  }
};

/**
 * Returns whether the client moves to another node after this failure. After any other failure it may keep a broken
 * connection, and must be replaced.
 */
export const shouldRetryElsewhere = (failure: unknown): boolean => {
  const error = classified(failure);
  return error instanceof NotLeaderError || error instanceof UnavailableError || error instanceof CancelledError;
};

const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/**
 * Returns the rejection behind a failure; `undefined` if the log did not reject. Retrying a rejection does not help. The
 * client has the same error for both kinds.
 * @param what the request, as in "read the log"
 */
export const rejectionIn = (failure: unknown, what: string): LogAccessDenied | LogSignInRejected | undefined => {
  if (failure instanceof LogAccessDenied || failure instanceof LogSignInRejected) return failure;
  const error = classified(failure);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === UNAUTHENTICATED) return new LogSignInRejected({ cause: failure });
  const denied = error instanceof AccessDeniedError || code === PERMISSION_DENIED;
  return denied ? new LogAccessDenied(what, { cause: failure }) : undefined;
};

/**
 * A node responded to an append with an error: it is not ready or knows no leader. The stream and the connection stay open,
 * so only this error shows that another node must be used.
 */
export class NodeNotServing extends Error {
  override readonly name = 'NodeNotServing';
}

/** The error of servers from 24.10 on for a position in `$all` without a record. */
const NO_PLACE = /ReadAllResult: InvalidPosition\b|invalid position/i;
/** The error of 23.10 servers for such a position, and for any other failed read. */
const NOT_READ = /ReadAllResult: Error\b/;

/** Returns whether a read failed because no record begins at its position. */
export const isStaleNode = (failure: unknown): boolean => failure instanceof Error && NO_PLACE.test(failure.message);

/** Like `isStaleNode`, for the read of a single event. It includes the general error of 23.10 servers. */
export const isMissingEvent = (failure: unknown): boolean =>
  isStaleNode(failure) || (failure instanceof Error && NOT_READ.test(failure.message));

export const noPlace = (position: Position, cause: unknown): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `No event begins at ${position}, which is within this log: the position belongs to another log, or the log was restored to an earlier state and then changed. Connect the reader to its own log, or empty it so that it reads this log from the beginning.`,
    cause,
  });

/** Reports the failures and successes of one part of the adapter. */
export type Outage = {
  trouble(error: unknown): void;
  over(): void;
};

/** Settings of each connection to the cluster. */
export type LogConnection = {
  readonly connectionString: string;
  /** Prefix of each stream's name. */
  readonly prefix: string;
  readonly world: Runtime;
  readonly onReconnect: () => void;
  readonly outage: Outage;
};

/**
 * Logs a rejection once, as an error, because an operator must act. Any other failure means that the log is unreachable.
 */
export const createOutage = (
  part: StorePart,
  { availability, log }: { readonly availability: Availability; readonly log: Runtime['log'] },
): Outage => {
  let rejected: string | undefined;
  return {
    trouble: (error) => {
      if (!(error instanceof LogAccessDenied || error instanceof LogSignInRejected))
        return availability.failed(part, error);
      if (rejected !== error.message) log.error({ error, part }, error.message);
      rejected = error.message;
    },
    over: () => {
      rejected = undefined;
      availability.worked(part);
    },
  };
};
