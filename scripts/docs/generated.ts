import { codesDocument } from './codes.ts';
import { commandsDocument } from './commands.ts';
import { eventTypesDocument } from './event-types.ts';
import { metricsDocument } from './metrics.ts';
import { permissionsDocument } from './permissions.ts';
import { settingsDocument } from './settings.ts';

/** The pages that follow from the code, by their file. `npm run docs` writes them anew. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/codes.md': codesDocument,
  'docs/reference/commands.md': commandsDocument,
  'docs/reference/event-types.md': eventTypesDocument,
  'docs/reference/metrics.md': metricsDocument,
  'docs/reference/permissions.md': permissionsDocument,
  'docs/reference/settings.md': settingsDocument,
};
