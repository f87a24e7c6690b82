import { stringify } from 'yaml';
import {
  type JsonSchema,
  PUBLISHED,
  PUBLISHED_TYPES,
  type PublishedType,
  publishedSchema,
} from '../../src/feed/published.ts';
import { ALL_TOPICS, TOPICS, type Topic } from '../../src/feed/topics.ts';
import { ATTRIBUTES } from './attributes.ts';

/** Of the contract: what is added raises the second number; what readers rely on is never taken away. */
const CONTRACT_VERSION = '1.0.0';

/** JSON Schema of each message's data, by type. */
export const publishedSchemas = (): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(PUBLISHED_TYPES.map((type) => [type, publishedSchema(type)]));

/** docs/asyncapi.yaml: every topic, which messages it takes, and what they hold. */
export const asyncApi = (): string =>
  `# Written by: npm run asyncapi\n${stringify(document(), { aliasDuplicateObjects: false, lineWidth: 120 })}`;

const document = () => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Carillon: what happens to jobs',
    version: CONTRACT_VERSION,
    description:
      'CloudEvents 1.0 in binary mode, keyed by job id. Each event comes once to readers of committed messages, in order for each job. Names may be preceded by the operator\u2019s prefix.',
    license: { name: 'Apache License 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  },
  defaultContentType: 'application/json',
  channels: Object.fromEntries(ALL_TOPICS.map((topic) => [topic, channelOf(topic)])),
  operations: Object.fromEntries(
    ALL_TOPICS.map((topic) => [
      `publish-${topic}`,
      { action: 'send', channel: { $ref: `#/channels/${topic}` }, description: TOPIC_DESCRIPTIONS[topic] },
    ]),
  ),
  components: {
    messages: {
      ...Object.fromEntries(PUBLISHED_TYPES.map((type) => [type, messageOf(type)])),
      [TOMBSTONE]: {
        title: 'The job was deleted',
        headers: { $ref: '#/components/schemas/headers' },
        payload: { type: 'null' },
      },
    },
    schemas: { headers: ATTRIBUTES },
  },
});

const TOMBSTONE = 'tombstone';

const messagesOf = (topic: Topic): string[] => {
  const types = PUBLISHED_TYPES.filter((type) => new Set<Topic>(PUBLISHED[type].topics).has(topic));
  return topic === TOPICS.state ? [...types.filter((type) => type !== 'scheduler.job.deleted'), TOMBSTONE] : types;
};

const channelOf = (topic: Topic) => ({
  address: topic,
  description: TOPIC_DESCRIPTIONS[topic],
  messages: Object.fromEntries(messagesOf(topic).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  ...(topic === TOPICS.state
    ? { bindings: { kafka: { topicConfiguration: { 'cleanup.policy': ['compact'] }, bindingVersion: '0.5.0' } } }
    : {}),
});

export const TOPIC_DESCRIPTIONS: Readonly<Record<Topic, string>> = {
  [TOPICS.created]: 'Jobs that were created.',
  [TOPICS.updated]: 'Jobs that were changed, enabled or disabled.',
  [TOPICS.deleted]: 'Jobs that were deleted.',
  [TOPICS.started]: 'Attempts of executions that started.',
  [TOPICS.succeeded]: 'Executions that succeeded.',
  [TOPICS.failed]: 'Executions that failed without another retry, or were cancelled.',
  [TOPICS.events]: 'All events of a job in order, including skipped and missed slots.',
  [TOPICS.state]: 'The latest definition of each job. Compacted; a deleted job leaves a message without a value.',
};

const messageOf = (type: PublishedType) => ({
  name: type,
  title: PUBLISHED[type].summary,
  contentType: 'application/json',
  headers: { $ref: '#/components/schemas/headers' },
  payload: { schemaFormat: 'application/schema+json;version=draft-07', schema: { $ref: `./schemas/${type}.json` } },
  bindings: { kafka: { key: { type: 'string', description: 'Id of the job.' }, bindingVersion: '0.5.0' } },
});
