export { type CloudEvent, type Message, sourceOf, toCloudEvent, toMessages, toStructured } from './cloud-event.ts';
export {
  isPublishedType,
  type JsonSchema,
  PUBLISHED,
  PUBLISHED_TYPES,
  type PublishedType,
  publishedSchema,
} from './published.ts';
export { ALL_TOPICS, commonName, isPerTenant, isPublishedTopic, TOPICS, type Topic, topicName } from './topics.ts';
