import type { CreateDocumentOptions } from 'zod-openapi';

/** Corrects the JSON schemas that zod makes, where they would mislead a reader of the description. */
export const plainly: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, zodSchema, io }) => {
  const drop = (key: string): boolean => Reflect.deleteProperty(jsonSchema, key);
  // Zod describes "any JSON" as a recursive union, or not at all.
  if (zodSchema._zod.def.type === 'lazy' || zodSchema._zod.def.type === 'custom') {
    Object.keys(jsonSchema).forEach(drop);
    jsonSchema.description = 'Any JSON value';
  }
  // Zod sees a text, because numbers in paths and queries are parsed from text.
  if (jsonSchema.format === 'int32' || jsonSchema.format === 'int64') {
    jsonSchema.type = 'integer';
    drop('pattern');
  }
  // The format says the same as the pattern.
  if (jsonSchema.format === 'date-time') drop('pattern');
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) drop('minimum');
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) drop('maximum');
  // Later releases may answer with more.
  if (io === 'output' && jsonSchema.additionalProperties === false) drop('additionalProperties');
};
