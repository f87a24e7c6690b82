import type { status } from '@grpc/grpc-js';

/** What goes wrong; a test sets it and takes it back. */
export type Faults = {
  /** Appends are made, and their answers swallowed, so many times. */
  loseAnswers: number;
  /** Calls are taken and neither served nor answered until this resolves. */
  silence: Promise<void> | undefined;
  /** Held up before each answer and each event read, by so many turns of the event loop. */
  slowTurns: number;
  /** Calls that require the leader are sent to that one instead, so many times. */
  notLeader: { times: number; readonly host: string; readonly port: number } | undefined;
  /** The next call of this kind fails with this status. */
  failNext: { readonly call: 'append' | 'read' | 'subscribe'; readonly code: status } | undefined;
  /** What is asked of the user's rights is refused. */
  denied: boolean;
  /** Subscriptions get a checkpoint of 2^64 - 1 at once, as servers up to 24.10.4 send it. */
  sentinelCheckpoints: boolean;
};

export const noFaults = (): Faults => ({
  loseAnswers: 0,
  silence: undefined,
  slowTurns: 0,
  notLeader: undefined,
  failNext: undefined,
  denied: false,
  sentinelCheckpoints: false,
});
