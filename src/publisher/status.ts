import { defined } from '../domain/defined.ts';
import type { Position } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';

export type PublisherState =
  /** Connecting and finding the position to continue from. */
  | 'starting'
  | 'publishing'
  /** Publishing failed and is retried. */
  | 'retrying'
  /** Another process publishes this log. */
  | 'standby'
  /** The position in Kafka belongs to another log. Nothing is published until an operator decides. */
  | 'rejected'
  | 'stopped';

export type PublisherStatus = {
  readonly state: PublisherState;
  readonly sinceMs: number;
  /** Why it is not publishing, and what to do. */
  readonly why?: string;
  /** Counted since this process started. */
  readonly publishedEvents: number;
  readonly publishedMessages: number;
  /** Every event older than this is published; undefined until that is known. */
  readonly lagMs: number | undefined;
  /** Every event up to here is published or needs no publishing; undefined until that is known. */
  readonly position: Position | undefined;
};

/** Creates the record of the state and the lag of a publisher. `onStatus` is called at each change of state. */
export const createPublisherStatusBoard = (clock: Runtime['clock'], onStatus: (status: PublisherStatus) => void) => {
  let state: PublisherState = 'starting';
  let sinceMs = clock.now();
  let why: string | undefined;
  let publishedEvents = 0;
  let publishedMessages = 0;
  /** Every event recorded before is published, epoch ms. */
  let publishedUntilMs: number | undefined;
  let isCaughtUp = false;
  let position: Position | undefined;

  const status = (): PublisherStatus => ({
    state,
    sinceMs,
    ...defined({ why }),
    publishedEvents,
    publishedMessages,
    position,
    lagMs: isCaughtUp ? 0 : publishedUntilMs === undefined ? undefined : Math.max(0, clock.now() - publishedUntilMs),
  });
  return {
    status,
    become: (next: PublisherState, cause?: string): void => {
      if (isCaughtUp && next !== 'publishing') {
        isCaughtUp = false;
        publishedUntilMs = clock.now();
      }
      if (next === state && cause === why) return;
      if (next !== state) sinceMs = clock.now();
      state = next;
      why = cause;
      onStatus(status());
    },
    published: ({ events, messages, recordedMs }: { events: number; messages: number; recordedMs: number }): void => {
      publishedEvents += events;
      publishedMessages += messages;
      publishedUntilMs = recordedMs;
      isCaughtUp = false;
    },
    caughtUp: (): void => {
      isCaughtUp = true;
    },
    reached: (to: Position): void => {
      position = to;
    },
  };
};
