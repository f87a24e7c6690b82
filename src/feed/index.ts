export { type CloudEvent, sourceOf, toCloudEvent } from './cloud-event.ts';
export { type Message, toMessages, toStructured } from './messages.ts';
export { isPublishedType, PUBLISHED, PUBLISHED_TYPES, type PublishedType } from './published.ts';
export { type JsonSchema, publishedSchema } from './published-schema.ts';
export { ALL_TOPICS, commonName, isPerTenant, isPublishedTopic, TOPICS, type Topic, topicName } from './topics.ts';
