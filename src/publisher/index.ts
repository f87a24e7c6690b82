export { createPublisher, type Publisher, type PublisherOptions } from './publisher.ts';
export type { PublisherState, PublisherStatus } from './status.ts';
