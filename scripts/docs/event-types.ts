import { z } from 'zod';
import { PUBLISHED, PUBLISHED_TYPES, publishedSchema } from '../../src/feed/published.ts';
import { ALL_TOPICS, TOPICS } from '../../src/feed/topics.ts';
import { ATTRIBUTES } from '../asyncapi/attributes.ts';
import { TOPIC_DESCRIPTIONS } from '../asyncapi/document.ts';
import { table } from './table.ts';

const ObjectSchema = z.object({
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()).default([]),
});
/** With a choice of kinds of tasks, fields that not all kinds have are optional. */
const Fields = z.union([
  ObjectSchema,
  z.object({ oneOf: z.array(ObjectSchema) }).transform(({ oneOf }) => ofAll(oneOf)),
]);

const ofAll = (kinds: readonly z.infer<typeof ObjectSchema>[]): z.infer<typeof ObjectSchema> => ({
  properties: Object.assign({}, ...kinds.map(({ properties }) => properties)),
  required: kinds[0]?.required.filter((name) => kinds.every(({ required }) => required.includes(name))) ?? [],
});
const Header = z.object({ description: z.string() });

const namesOf = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const section = (type: (typeof PUBLISHED_TYPES)[number]): string => {
  const { summary, topics } = PUBLISHED[type];
  const { properties, required } = Fields.parse(publishedSchema(type));
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const further = topics.filter((topic) => topic !== TOPICS.events);
  return `### ${type}

${summary}

${table(
  ['schema', `[${type}.json](../schemas/${type}.json)`],
  [
    ...(further.length === 0 ? [] : [['further topics', namesOf(further)]]),
    ['required fields', namesOf(required)],
    ...(optional.length === 0 ? [] : [['optional fields', namesOf(optional)]]),
  ],
)}`;
};

/** Generates docs/reference/event-types.md from the published types. */
export const eventTypesDocument = (): string => `# Topics and types of events

Find the topics, headers and types of published events. To read them, see [Events](events.md). \`npm run docs\` generates
this page from the code.

## Topics

${table(
  ['topic', 'contains'],
  ALL_TOPICS.map((topic) => [`\`${topic}\``, TOPIC_DESCRIPTIONS[topic]]),
)}

## Headers

${table(
  ['header', 'meaning'],
  Object.entries(ATTRIBUTES.properties).flatMap(([name, schema]) => {
    const { success, data } = Header.safeParse(schema);
    return success ? [[`\`${name}\``, data.description.replaceAll('<', '\\<')]] : [];
  }),
)}

## Types

All types are in \`${TOPICS.events}\`. Some are also in the further topics that their table names.

${PUBLISHED_TYPES.map(section).join('\n\n')}
`;
