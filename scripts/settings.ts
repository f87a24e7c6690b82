import { writeFile } from 'node:fs/promises';
import { settingsDocument } from './docs/settings.ts';

/** npm run settings: writes docs/reference/settings.md anew. */
await writeFile(new URL('../docs/reference/settings.md', import.meta.url), settingsDocument());
