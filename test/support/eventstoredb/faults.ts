import type { status } from '@grpc/grpc-js';

/** Errors that stand in the answer to one append, while the stream of appends goes on. */
export type InBandError =
  | 'AccessDenied'
  | 'BadRequest'
  | 'InvalidTransaction'
  | 'MaximumAppendEventSizeExceeded'
  | 'Timeout'
  | 'Unknown';

/** What goes wrong; a test sets it and takes it back. */
export type Faults = {
  /** Appends are made, and their answers swallowed, so many times. */
  loseAnswers: number;
  /** Calls are taken and neither served nor answered until this resolves. */
  silence: Promise<void> | undefined;
  /** Held up before each answer and each event read, by so many turns of the event loop. */
  slowTurns: number;
  /** Each answer comes so many milliseconds after its request, and an event so long after its append: a network's round trip. */
  roundTripMs: number;
  /** This node follows: calls that require the leader are sent to that one. */
  leader: { readonly host: string; readonly port: number } | undefined;
  /** This node starts, or has lost the others: it serves nobody, and says so inside the answers to appends. */
  notReady: boolean;
  /** This node follows nobody: so it answers calls that require the leader, appends inside their answers. */
  noLeader: boolean;
  /** This node leads and reaches no other: appends are held, and answered as timed out after 2 s. */
  noQuorum: boolean;
  /** The next call of this kind fails with this status. */
  failNext: { readonly call: 'append' | 'read' | 'subscribe'; readonly code: status } | undefined;
  /** The next append is answered with this, and not made. */
  answerNext: InBandError | undefined;
  /** What is asked of the user's rights is rejected: everything, or `$all` alone. */
  denied: 'all streams' | '$all' | undefined;
  /** User and password are wrong. */
  unknownUser: boolean;
  /** Subscriptions get a checkpoint of 2^64 - 1 at once, as servers up to 24.10.4 send it. */
  sentinelCheckpoints: boolean;
  /** A live subscription whose reader is behind by more events than this is cut off. */
  mostBehind: number;
};

export const noFaults = (): Faults => ({
  loseAnswers: 0,
  silence: undefined,
  slowTurns: 0,
  roundTripMs: 0,
  leader: undefined,
  notReady: false,
  noLeader: false,
  noQuorum: false,
  failNext: undefined,
  answerNext: undefined,
  denied: undefined,
  unknownUser: false,
  sentinelCheckpoints: false,
  mostBehind: Number.POSITIVE_INFINITY,
});
