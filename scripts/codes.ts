import { writeFile } from 'node:fs/promises';
import { codesDocument } from './docs/codes.ts';

/** npm run codes: writes docs/reference/codes.md anew. */
await writeFile(new URL('../docs/reference/codes.md', import.meta.url), codesDocument());
