import { z } from 'zod';
import { JobFields } from '../commands/job/job-input.ts';
import { ApplicationFile, jobsFileOf } from './definitions.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Names of the definition files; each has a JSON Schema. */
export const FILE_NAMES = ['application.json', 'jobs.json'] as const;
type FileName = (typeof FILE_NAMES)[number];

const FILES = {
  'application.json': ApplicationFile.meta({
    title: 'An application of Carillon',
    description: 'application.json of a bootstrap folder',
  }),
  'jobs.json': jobsFileOf(JobFields).meta({
    title: 'Jobs of Carillon',
    description: 'jobs.json of a bootstrap folder: all jobs of its application',
  }),
} satisfies Record<FileName, z.ZodType>;

/** The JSON Schema of a definition file; draft 7, because editors support it best. */
export const fileSchema = (name: FileName): JsonSchema => {
  const schema = z.toJSONSchema(FILES[name], {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The pattern repeats the format.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    Array.isArray(value) ? value.filter((each) => !isKeptSecret(each)) : withoutServerSet(value),
  );
};

const SERVER_SET = new Set(['name', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'pendingEngines']);

/** Removes server-set fields, which callers can send back but which have no meaning in a file. */
const withoutServerSet = (schema: unknown): unknown => {
  const { properties } = Object(schema);
  if (typeof properties !== 'object') return schema;
  const said = Object.entries(properties).filter(
    ([name, field]) => !SERVER_SET.has(name) || Object.keys(Object(field)).length > 0,
  );
  return { ...Object(schema), properties: Object.fromEntries(said) };
};

/** Returns whether a schema is the mark that keeps a stored secret: files contain each secret themselves. */
const isKeptSecret = (schema: unknown): boolean => Object(schema).properties?.sealed !== undefined;
