import type { Engine } from '../../engine/engine.ts';
import type { Publisher } from '../../publisher/publisher.ts';
import { eventsBehind } from '../metrics/reader-metrics.ts';
import type { Shared } from '../shared.ts';

/** With more claims waiting for their call, the engine is overloaded, and the publisher yields to it. */
const BUSY_ENGINE_CALLS = 1_000;

/** Starts the publisher of this process, if it has that role and Kafka is set. */
export const startPublisher = async (shared: Shared, engine: Engine | undefined): Promise<Publisher | undefined> => {
  const { config, roles, store, logId, world, readers, onStop } = shared;
  if (!roles.includes('publisher') || config.kafka === undefined) return undefined;
  const { createPublisher } = await import('../../publisher/publisher.ts');
  const publisher = createPublisher({
    store,
    logId,
    world,
    config: config.kafka,
    hasUrgentWork: () => (engine?.status().waiting ?? 0) > BUSY_ENGINE_CALLS,
    onStatus: ({ state }) => readers.changed({ name: 'publisher', state }),
  });
  showPublisher(shared, publisher);
  publisher.start();
  onStop(() => publisher.stop());
  return publisher;
};

const showPublisher = ({ metrics, readers }: Shared, publisher: Publisher): void => {
  const { logEnd, countsEvents } = readers;
  metrics.gauge('carillon_publisher_lag_seconds', () => (publisher.status().lagMs ?? Number.NaN) / 1_000);
  metrics.gauge('carillon_publisher_publishing', () => (publisher.status().state === 'publishing' ? 1 : 0));
  metrics.counted('carillon_published_events_total', async () => [
    { labels: {}, value: publisher.status().publishedEvents },
  ]);
  if (!countsEvents) return;
  metrics.gauge('carillon_publisher_lag_events', async () => {
    const { position } = publisher.status();
    const end = await logEnd();
    return position === undefined ? Number.NaN : eventsBehind(position, end);
  });
};
