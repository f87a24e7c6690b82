import {
  AccessDeniedError,
  CancelledError,
  convertToCommandError,
  NotLeaderError,
  UnavailableError,
} from '@eventstore/db-client';

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

export const isDenied = (failure: unknown): boolean => {
  const error = classified(failure);
  return (
    error instanceof AccessDeniedError ||
    (error instanceof Error && 'code' in error && error.code === PERMISSION_DENIED)
  );
};
