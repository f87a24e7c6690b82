import { writeFile } from 'node:fs/promises';
import { allRoutes, described } from '../test/support/routes.ts';
import { operationList, uiTypes } from './ui/ui-types.ts';

/** npm run ui-types: writes the types of the API for its client, and its operations for the command line. */
await writeFile(new URL('../packages/client/src/schema.ts', import.meta.url), uiTypes(described));
await writeFile(new URL('../src/cli/operations.ts', import.meta.url), operationList(allRoutes));
