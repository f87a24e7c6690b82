import { writeFile } from 'node:fs/promises';
import { GENERATED_PAGES } from './docs/generated.ts';
import { writeSite } from './docs/site.ts';

/** npm run docs: writes the pages anew that follow from the code, and makes of all pages a site in site/. */
for (const [file, document] of Object.entries(GENERATED_PAGES)) await writeFile(file, document());
console.log(`site/index.html: ${await writeSite('site')} pages`);
