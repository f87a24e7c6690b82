import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';
import type { CloudEvent } from '../feed/index.ts';
import type { World } from '../world.ts';
import { toBatches } from './batches.ts';
import type { Channel, Reached } from './channel.ts';
import { rest } from './rest.ts';
import { withQuiet } from './with-quiet.ts';

export type Publishing = {
  readonly store: EventStore;
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly channel: Channel;
  readonly topicPrefix: string;
  readonly from: Reached;
  /** Publishing ends once it has come this far; without it, never. */
  readonly until?: Position;
  readonly cloudEventOf: (event: RecordedEvent) => CloudEvent | undefined;
  readonly progress: Progress;
  /** Whether others in this process have much to do that is due. */
  readonly givesWay: () => boolean;
  readonly signal: AbortSignal;
};

export type Progress = {
  /** A transaction was committed; everything recorded until then is published. */
  published(batch: { readonly events: number; readonly messages: number; readonly recordedAt: number }): void;
  /** Nothing is left to publish. */
  caughtUp(): void;
  /** All up to here is published, or is nothing to publish. */
  reached(position: Position): void;
};

const MAX_EVENTS = 500;
/** A publisher with nothing to say shows that it lives, and keeps its place, by committing that alone. */
const QUIET_MS = 20_000;

/** Publishes the log from one place on until the signal aborts or `until` is reached; any error ends it. */
export const publish = async (publishing: Publishing): Promise<void> => {
  const { store, world, channel, topicPrefix, from, until, cloudEventOf, progress, givesWay, signal } = publishing;
  let reached = from;
  const isDone = () => until !== undefined && comparePositions(reached.position, until) >= 0;
  const subscribe = (leaving: AbortSignal) =>
    store.subscribe({ after: from.position, streamPrefixes: ['job-', 'runs-'], signal: leaving });
  for await (const item of withQuiet(subscribe, { quietMs: QUIET_MS, timers: world.timers, signal })) {
    switch (item.kind) {
      case 'quiet':
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
        // The log may give events again.
        const events = item.events.filter(isNew);
        for (const batch of toBatches(events, { maxEvents: MAX_EVENTS, topicPrefix, cloudEventOf })) {
          if (batch.messages.length > 0) await channel.commit(batch.messages, batch.reached);
          reached = batch.reached;
          progress.published({ ...batch, messages: batch.messages.length });
          progress.reached(reached.position);
          if (signal.aborted) return;
          await rest(world, { more: batch.events >= MAX_EVENTS, givesWay, signal });
        }
        break;
      }
    }
    if (isDone()) return;
  }
};
