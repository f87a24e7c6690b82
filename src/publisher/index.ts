export type { KafkaSettings } from './kafka-client.ts';
export { createPublisher, type Publisher, publishedAhead } from './publisher.ts';
export { type RepublishOptions, type RepublishResult, republish } from './republish.ts';
export type { PublisherState } from './status.ts';
