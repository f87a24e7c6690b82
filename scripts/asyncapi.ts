import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asyncApi, publishedSchemas } from './asyncapi/document.ts';

/** npm run asyncapi: writes docs/asyncapi.yaml and docs/schemas/ from the schemas in src/feed. */
const DOCS = path.join(import.meta.dirname, '..', 'docs');

await mkdir(path.join(DOCS, 'schemas'), { recursive: true });
for (const [type, schema] of Object.entries(publishedSchemas())) {
  await writeFile(path.join(DOCS, 'schemas', `${type}.json`), `${JSON.stringify(schema, undefined, 2)}\n`);
}
await writeFile(path.join(DOCS, 'asyncapi.yaml'), asyncApi());
