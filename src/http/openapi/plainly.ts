import type { CreateDocumentOptions } from 'zod-openapi';

/** Lets a schema of the description say what it means to a reader, where zod's own words say more, or less. */
export const plainly: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, zodSchema, io }) => {
  const drop = (key: string): boolean => Reflect.deleteProperty(jsonSchema, key);
  // "Any JSON" is a recursive union to zod, or nothing that it could describe.
  if (zodSchema._zod.def.type === 'lazy' || zodSchema._zod.def.type === 'custom') {
    Object.keys(jsonSchema).forEach(drop);
    jsonSchema.description = 'Any JSON value';
  }
  // A number within a path or query is read from text.
  if (jsonSchema.format === 'int32' || jsonSchema.format === 'int64') {
    jsonSchema.type = 'integer';
    drop('pattern');
  }
  // The format says all of it.
  if (jsonSchema.format === 'date-time') drop('pattern');
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) drop('minimum');
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) drop('maximum');
  // Later releases may answer with more.
  if (io === 'output' && jsonSchema.additionalProperties === false) drop('additionalProperties');
};
