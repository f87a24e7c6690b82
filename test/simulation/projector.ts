import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../../src/event-store/port.ts';
import { eventBatches } from '../../src/projections/batches.ts';
import { readAgain } from '../../src/projections/parked.ts';
import type { Machine } from './machine.ts';
import type { SimulatedPostgres } from './postgres.ts';

const AGAIN_MS = 200;
const PREFIXES = ['job-', 'runs-', 'app-', 'operation-', 'pause-', 'calendar-'] as const;

/** Feeds the read models from the log, for ever; after a failure it goes on from the checkpoint that Postgres has. */
export const runProjector = async (machine: Machine, store: EventStore, postgres: SimulatedPostgres): Promise<void> => {
  for (;;) {
    const leaving = new AbortController();
    const follow = (after: Position | undefined) => {
      const subscribe = (signal: AbortSignal) => store.subscribe({ after, streamPrefixes: PREFIXES, signal });
      return eventBatches(subscribe, { maxEvents: 50, signal: leaving.signal });
    };
    /** As `readAgain` and a rebuild do: here nothing is fed meanwhile. */
    const buildAnew = async (readable: readonly string[]): Promise<void> => {
      const events: RecordedEvent[] = [];
      for await (const batch of follow(undefined)) {
        events.push(...batch.events);
        if (!batch.caughtUp) continue;
        await machine.reach('commit', () => postgres.swap({ events, position: batch.position, readable }));
        return;
      }
    };
    try {
      const readable = await readAgain(store, await machine.reach('commit', postgres.parked), new Set());
      if (readable.length > 0) await buildAnew(readable);
      let after = await machine.reach('commit', postgres.checkpoint);
      for await (const { events, parked, position } of follow(after)) {
        const of = { after, position, events: unseen(events, after), parked };
        await machine.reach('commit', () => postgres.commit(of));
        after = position;
      }
    } catch (error) {
      machine.world.log.warn({ error }, 'the projector begins again at its checkpoint');
    }
    leaving.abort();
    await machine.world.timers.sleep(AGAIN_MS);
  }
};

/** As the service does, events that are delivered again are dropped: a fold counts what it is given. */
const unseen = (events: readonly RecordedEvent[], after: Position | undefined): readonly RecordedEvent[] =>
  after === undefined ? events : events.filter(({ position }) => comparePositions(position, after) > 0);
