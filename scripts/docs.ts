import { writeFile } from 'node:fs/promises';
import { GENERATED_PAGES } from './docs/generated.ts';
import { writeSite } from './docs/site.ts';

/** npm run docs: writes the pages generated from the code, and converts all pages to a site in site/. */
for (const [file, document] of Object.entries(GENERATED_PAGES)) await writeFile(file, document());
console.log(`site/index.html: ${await writeSite('site')} pages`);
