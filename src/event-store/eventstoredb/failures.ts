import {
  AccessDeniedError,
  CancelledError,
  convertToCommandError,
  NotLeaderError,
  UnavailableError,
} from '@eventstore/db-client';

/** The user or password in the connection string is wrong. Retrying does not help. */
export class LogSignInRefused extends Error {
  override readonly name = 'LogSignInRefused';
  readonly code = 'LOG_SIGN_IN_REFUSED';
  constructor(options: { cause?: unknown } = {}) {
    super('EventStoreDB does not know this user or password: see EVENTSTORE_URL', options);
  }
}

/** The user in the connection string lacks a right. Retrying does not help. */
export class LogAccessDenied extends Error {
  override readonly name = 'LogAccessDenied';
  readonly code = 'LOG_ACCESS_DENIED';
  constructor(what: string, options: { cause?: unknown } = {}) {
    super(`EventStoreDB does not let this user ${what}: docs/operating.md names the rights that are needed`, options);
  }
}

/**
 * Converts a gRPC error to the client's own kind of error. Other errors stay as they are, such as a failed discovery.
 */
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
 * Tells whether the client itself moves to another node after this failure. After any other failure it may stay with a
 * broken connection, and must be replaced.
 */
export const clientMovesOn = (failure: unknown): boolean => {
  const error = classified(failure);
  return error instanceof NotLeaderError || error instanceof UnavailableError || error instanceof CancelledError;
};

const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/**
 * Returns the refusal behind a failure; undefined if the log did not refuse. Retrying does not help against a refusal.
 * The client itself has the same error for both kinds.
 * @param what the request, as in "read the log"
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
 * A node answered an append with an error: it is not ready or knows no leader. The stream and the connection stay open,
 * so only this error tells that another node must be asked.
 */
export class NodeNotServing extends Error {
  override readonly name = 'NodeNotServing';
}
