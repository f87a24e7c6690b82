export type { KafkaSettings } from './kafka-client.ts';
export { publishedAhead } from './published-ahead.ts';
export { createPublisher, type Publisher } from './publisher.ts';
export { type RepublishOptions, type RepublishResult, republish } from './republish.ts';
export type { PublisherState } from './status.ts';
