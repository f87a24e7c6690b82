import { PREFIX_OF } from '../domain/streams.ts';
import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';
import type { CloudEvent } from '../feed/index.ts';
import type { World } from '../runtime/world.ts';
import { toMessageBatches } from './batches.ts';
import type { Channel } from './channel.ts';
import { pace, withIdleMarks } from './pace.ts';
import type { PublishedPosition } from './position-record.ts';

export type PublishLogOptions = {
  readonly store: EventStore;
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly channel: Channel;
  readonly topicPrefix: string;
  readonly from: PublishedPosition;
  /** Publishing ends at this position; if absent, it goes on until the signal aborts. */
  readonly until?: Position;
  readonly cloudEventOf: (event: RecordedEvent) => CloudEvent | undefined;
  readonly progress: PublishProgress;
  /** Tells whether other parts of this process have much urgent work. */
  readonly hasUrgentWork: () => boolean;
  readonly signal: AbortSignal;
};

export type PublishProgress = {
  /** Called after each commit. Every event recorded until `recordedMs` is published. */
  published(batch: { readonly events: number; readonly messages: number; readonly recordedMs: number }): void;
  /** Called when nothing is left to publish. */
  caughtUp(): void;
  /** Called when every event up to this position is published or needs no publishing. */
  reached(position: Position): void;
};

const MAX_EVENTS = 500;
/** An idle publisher commits its position this often, which shows that it is alive and keeps other publishers away. */
const IDLE_MS = 20_000;

/**
 * Publishes the log from a position on, until the signal aborts or `until` is reached. Rejects with the first error.
 */
export const publishLog = async (options: PublishLogOptions): Promise<void> => {
  const { store, world, channel, topicPrefix, from, until, cloudEventOf, progress, hasUrgentWork, signal } = options;
  let reached = from;
  const isDone = () => until !== undefined && comparePositions(reached.position, until) >= 0;
  const subscribe = (leaving: AbortSignal) =>
    store.subscribe({ after: from.position, streamPrefixes: [PREFIX_OF.job, PREFIX_OF.runs], signal: leaving });
  for await (const item of withIdleMarks(subscribe, { idleMs: IDLE_MS, timers: world.timers, signal })) {
    switch (item.kind) {
      case 'idle':
        await channel.commit([], reached);
        break;
      case 'caughtUp':
        progress.caughtUp();
        progress.reached(item.position);
        break;
      case 'checkpoint':
      case 'parked':
        if (comparePositions(item.position, reached.position) > 0) reached = { position: item.position };
        progress.reached(reached.position);
        break;
      case 'events': {
        const isNew = ({ position }: RecordedEvent) =>
          comparePositions(position, reached.position) > 0 &&
          !(until !== undefined && comparePositions(position, until) > 0);
        // The log may deliver events more than once.
        const events = item.events.filter(isNew);
        for (const batch of toMessageBatches(events, { maxEvents: MAX_EVENTS, topicPrefix, cloudEventOf })) {
          if (batch.messages.length > 0) await channel.commit(batch.messages, batch.reached);
          reached = batch.reached;
          progress.published({ ...batch, messages: batch.messages.length });
          progress.reached(reached.position);
          if (signal.aborted) return;
          await pace(world, { isBacklogged: batch.events >= MAX_EVENTS, hasUrgentWork, signal });
        }
        break;
      }
    }
    if (isDone()) return;
  }
};
