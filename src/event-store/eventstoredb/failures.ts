import {
  AccessDeniedError,
  CancelledError,
  convertToCommandError,
  NotLeaderError,
  UnavailableError,
} from '@eventstore/db-client';

/** User or password of the connection string are wrong; no repetition helps. */
export class LogSignInRefused extends Error {
  override readonly name = 'LogSignInRefused';
  readonly code = 'LOG_SIGN_IN_REFUSED';
  constructor(options: { cause?: unknown } = {}) {
    super('EventStoreDB does not know this user or password: see EVENTSTORE_URL', options);
  }
}

/** The user of the connection string lacks a right; no repetition helps. */
export class LogAccessDenied extends Error {
  override readonly name = 'LogAccessDenied';
  readonly code = 'LOG_ACCESS_DENIED';
  constructor(what: string, options: { cause?: unknown } = {}) {
    super(`EventStoreDB does not let this user ${what}: docs/operating.md names the rights that are needed`, options);
  }
}

/** Failures come as the client's own errors, as raw gRPC errors, or as plain ones (discovery gave up). */
const classified = (failure: unknown): unknown => {
  if (!(failure instanceof Error)) return failure;
  try {
    return convertToCommandError(failure);
  } catch {
    // A not-leader error that doesn't name the leader.
    return failure;
  }
};

/**
 * Whether the client itself goes elsewhere after this failure: to the leader that was named, or to another node. After
 * anything else it may be stuck with what it has, and is replaced.
 */
export const clientMovesOn = (failure: unknown): boolean => {
  const error = classified(failure);
  return error instanceof NotLeaderError || error instanceof UnavailableError || error instanceof CancelledError;
};

const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/**
 * The failure as one that no repetition mends, where it is one; the client has the same error for both of them.
 * @param what was asked for, as in "read the log"
 */
export const refusalIn = (failure: unknown, what: string): LogAccessDenied | LogSignInRefused | undefined => {
  if (failure instanceof LogAccessDenied || failure instanceof LogSignInRefused) return failure;
  const error = classified(failure);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === UNAUTHENTICATED) return new LogSignInRefused({ cause: failure });
  const denied = error instanceof AccessDeniedError || code === PERMISSION_DENIED;
  return denied ? new LogAccessDenied(what, { cause: failure }) : undefined;
};

/**
 * The node said, inside the answer to an append, that it isn't ready or knows no leader. Its stream of appends goes on
 * and so does its connection, so that nothing but this leads to another node.
 */
export class NodeNotServing extends Error {
  override readonly name = 'NodeNotServing';
}
