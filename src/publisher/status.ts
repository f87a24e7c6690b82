import type { Position } from '../event-store/port.ts';
import type { World } from '../world.ts';

export type PublisherState =
  /** Connecting, and finding out where to go on. */
  | 'starting'
  | 'publishing'
  /** Something failed; tried again by itself. */
  | 'retrying'
  /** Another publisher of this log is at it. */
  | 'standby'
  /** What is in Kafka doesn't fit this log: nothing is published until somebody has decided. */
  | 'refused'
  | 'stopped';

export type PublisherStatus = {
  readonly state: PublisherState;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** In words, what to do included; where it isn't publishing. */
  readonly why?: string;
  /** Since this process started. */
  readonly publishedEvents: number;
  readonly publishedMessages: number;
  /** All that was recorded longer ago is published; undefined before anything is known. */
  readonly lagMs: number | undefined;
  /** All up to here is published, or is nothing to publish; undefined before anything is known. */
  readonly position: Position | undefined;
};

/** How the publisher fares; `onStatus` is told of each change of state. */
export const createStatusBoard = (clock: World['clock'], onStatus: (status: PublisherStatus) => void) => {
  let state: PublisherState = 'starting';
  let sinceMs = clock.now();
  let why: string | undefined;
  let publishedEvents = 0;
  let publishedMessages = 0;
  /** Epoch milliseconds: everything recorded before is published. */
  let publishedUntilMs: number | undefined;
  let isCaughtUp = false;
  let position: Position | undefined;

  const status = (): PublisherStatus => ({
    state,
    sinceMs,
    ...(why === undefined ? {} : { why }),
    publishedEvents,
    publishedMessages,
    position,
    lagMs: isCaughtUp ? 0 : publishedUntilMs === undefined ? undefined : Math.max(0, clock.now() - publishedUntilMs),
  });
  return {
    status,
    become: (next: PublisherState, because?: string): void => {
      if (isCaughtUp && next !== 'publishing') {
        isCaughtUp = false;
        publishedUntilMs = clock.now();
      }
      if (next === state && because === why) return;
      if (next !== state) sinceMs = clock.now();
      state = next;
      why = because;
      onStatus(status());
    },
    published: ({ events, messages, recordedAt }: { events: number; messages: number; recordedAt: number }): void => {
      publishedEvents += events;
      publishedMessages += messages;
      publishedUntilMs = recordedAt;
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
