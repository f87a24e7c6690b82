import { createPublisher, type Publisher, type PublisherOptions } from '../publisher/index.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Creates a publisher, registers its metrics and starts it. */
export const startPublisher = (options: PublisherOptions, metrics: Metrics): Publisher => {
  const publisher = createPublisher(options);
  metrics.gauge(
    { name: 'carillon_publisher_lag_seconds', help: 'How far Kafka is behind the log; NaN while that is not known.' },
    () => (publisher.status().lagMs ?? Number.NaN) / 1_000,
  );
  metrics.gauge(
    { name: 'carillon_publisher_publishing', help: '1 while events are published, 0 while anything keeps them.' },
    () => (publisher.status().state === 'publishing' ? 1 : 0),
  );
  metrics.gauge(
    { name: 'carillon_published_events', help: 'Events published since this process started.' },
    () => publisher.status().publishedEvents,
  );
  publisher.start();
  return publisher;
};
