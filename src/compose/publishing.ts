import { createPublisher, type Publisher, type PublisherOptions } from '../publisher/index.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { eventsBehind } from './metrics/reader-metrics.ts';
import type { ReaderMetrics } from './metrics/service-metrics.ts';

type PublisherMetrics = Pick<ReaderMetrics, 'logEnd' | 'countsEvents' | 'changed'> & {
  readonly metrics: Pick<Metrics, 'gauge' | 'counted'>;
};

/** Creates a publisher, registers its metrics and starts it. */
export const startPublisher = (
  options: PublisherOptions,
  { metrics, logEnd, countsEvents, changed }: PublisherMetrics,
): Publisher => {
  const publisher = createPublisher({
    ...options,
    onStatus: ({ state }) => changed({ name: 'publisher', state }),
  });
  metrics.gauge(
    { name: 'carillon_publisher_lag_seconds', help: 'How far Kafka is behind the log; NaN while that is not known.' },
    () => (publisher.status().lagMs ?? Number.NaN) / 1_000,
  );
  metrics.gauge(
    { name: 'carillon_publisher_publishing', help: '1 while events are published, 0 while anything keeps them.' },
    () => (publisher.status().state === 'publishing' ? 1 : 0),
  );
  metrics.counted(
    { name: 'carillon_published_events_total', help: 'Events that this process has published.', labels: [] },
    async () => [{ labels: {}, value: publisher.status().publishedEvents }],
  );
  if (countsEvents) {
    metrics.gauge(
      {
        name: 'carillon_publisher_lag_events',
        help: 'Events of the log that the publisher has not passed (the log in Postgres); NaN while not known.',
      },
      async () => {
        const { position } = publisher.status();
        const end = await logEnd();
        return position === undefined ? Number.NaN : eventsBehind(position, end);
      },
    );
  }
  publisher.start();
  return publisher;
};
