import { z } from 'zod';
import { PUBLISHED, PUBLISHED_TYPES, publishedSchema } from '../../src/feed/published.ts';
import { ALL_TOPICS, TOPICS } from '../../src/feed/topics.ts';
import { ATTRIBUTES } from '../asyncapi/attributes.ts';
import { TOPIC_DESCRIPTIONS } from '../asyncapi/document.ts';
import { table } from './table.ts';

const Fields = z.object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()).default([]) });
const Header = z.object({ description: z.string() });

/** The fields that each event of the type has, and after them those that only some have. */
const fieldsOf = (schema: unknown): string => {
  const { properties, required } = Fields.parse(schema);
  const others = Object.keys(properties).filter((name) => !required.includes(name));
  const named = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  return [named(required), ...(others.length === 0 ? [] : [`maybe ${named(others)}`])].join('; ');
};

const section = (type: (typeof PUBLISHED_TYPES)[number]): string => {
  const { summary, topics } = PUBLISHED[type];
  const further = topics.filter((topic) => topic !== TOPICS.events).map((topic) => `\`${topic}\``);
  return `### ${type}

${summary}${further.length === 0 ? '' : ` Also in ${further.join(' and ')}.`} [Its schema](../schemas/${type}.json): ${fieldsOf(publishedSchema(type))}.`;
};

/** docs/reference/event-types.md, made of what the publisher publishes. */
export const eventTypesDocument = (): string => `# Topics and types of events

What is published, and where. [Events](events.md) says how to read it. This page is made by \`npm run docs\`.

## Topics

${table(
  ['topic', 'holds'],
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

Each is in \`${TOPICS.events}\`. A field that only some events of a type have stands after "maybe".

${PUBLISHED_TYPES.map(section).join('\n\n')}
`;
