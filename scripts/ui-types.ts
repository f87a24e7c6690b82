import { writeFile } from 'node:fs/promises';
import { described } from '../test/support/routes.ts';
import { uiTypes } from './ui/ui-types.ts';

/** npm run ui-types: writes the types of the API for its client anew. */
await writeFile(new URL('../src/client/schema.ts', import.meta.url), uiTypes(described));
