import { z } from 'zod';
import { Instant, Sealed } from '../domain/values.ts';
import { PUBLISHED, type PublishedType } from './published.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Returns the JSON Schema (draft 7) for the data of this type as readers get it. A value that is sealed in the log is
 * `{"sealed": true}`. Objects allow unknown properties, and readers must ignore them.
 */
export const publishedSchema = (type: PublishedType): JsonSchema => ({
  title: type,
  description: PUBLISHED[type].summary,
  ...z.toJSONSchema(PUBLISHED[type].data, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === Sealed) replace(jsonSchema, SEALED_SCHEMA);
      // The format is enough; the pattern that checks leap years would be unreadable.
      if (zodSchema === Instant) delete jsonSchema.pattern;
    },
  }),
});

const SEALED_SCHEMA: JsonSchema = {
  description: 'A secret, which is not published.',
  type: 'object',
  properties: { sealed: { type: 'boolean', const: true } },
  required: ['sealed'],
};

const replace = (schema: JsonSchema, other: JsonSchema): void => {
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, other);
};
