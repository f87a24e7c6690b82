import type { status } from '@grpc/grpc-js';

/** Errors inside the response to one append, while the stream of appends continues. */
export type InBandError =
  | 'AccessDenied'
  | 'BadRequest'
  | 'InvalidTransaction'
  | 'MaximumAppendEventSizeExceeded'
  | 'Timeout'
  | 'Unknown';

/** Faults that a test sets and removes. */
export type Faults = {
  /** Makes this many appends without responding. */
  loseAnswers: number;
  /** Accepts calls without serving them until this resolves. */
  silence: Promise<void> | undefined;
  /** Turns of the event loop to wait before each response and each read event. */
  slowTurns: number;
  /** Network round-trip time: delay of each response after its request, and of each event after its append, in ms. */
  roundTripMs: number;
  /** This node follows: calls that require the leader are redirected to it. */
  leader: { readonly host: string; readonly port: number } | undefined;
  /** This node is starting, or has lost the others: it reports inside responses to appends that it is not serving. */
  notReady: boolean;
  /** This node has no leader, and reports that for calls that require one, for appends inside the responses. */
  noLeader: boolean;
  /** This node leads and reaches no other: appends are held and time out after 2 s. */
  noQuorum: boolean;
  /** The next call of this kind fails with this status. */
  failNext: { readonly call: 'append' | 'read' | 'subscribe'; readonly code: status } | undefined;
  /** The next append gets this response and is not made. */
  answerNext: InBandError | undefined;
  /** Requests that the user lacks rights for: all, or only `$all`. */
  denied: 'all streams' | '$all' | undefined;
  /** User and password are wrong. */
  unknownUser: boolean;
  /** Subscriptions immediately get a checkpoint of 2^64 - 1, as servers up to 24.10.4 send it. */
  sentinelCheckpoints: boolean;
  /** A live subscription whose reader is behind by more events is cut off. */
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
