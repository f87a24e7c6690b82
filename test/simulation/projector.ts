import type { EventStore } from '../../src/event-store/port.ts';
import { batched } from '../../src/projections/batches.ts';
import type { Machine } from './machine.ts';
import type { SimulatedPostgres } from './postgres.ts';

const AGAIN_MS = 200;
const PREFIXES = ['job-', 'runs-'] as const;

/** Feeds the read models from the log, for ever; after a failure it goes on from the checkpoint that Postgres has. */
export const runProjector = async (machine: Machine, store: EventStore, postgres: SimulatedPostgres): Promise<void> => {
  for (;;) {
    const leaving = new AbortController();
    try {
      let after = await machine.reach('commit', postgres.checkpoint);
      const subscribe = (signal: AbortSignal) => store.subscribe({ after, streamPrefixes: PREFIXES, signal });
      for await (const { events, position } of batched({ subscribe, maxEvents: 50, signal: leaving.signal })) {
        const of = { after, position, events };
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
