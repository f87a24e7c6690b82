export { RepublishRefused } from './errors.ts';
export type { KafkaSettings } from './kafka-client.ts';
export { createPublisher, type Publisher, type PublisherOptions } from './publisher.ts';
export { type Republished, type RepublishOptions, republish } from './republish.ts';
export type { PublisherState, PublisherStatus } from './status.ts';
