import { writeFile } from 'node:fs/promises';
import { allRoutes } from '../test/support/routes.ts';
import { uiTypes } from './ui/ui-types.ts';

/** npm run ui-types: writes the types of the API for the page anew. */
await writeFile(new URL('../ui/src/api/schema.ts', import.meta.url), uiTypes(allRoutes));
