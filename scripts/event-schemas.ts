import { writeFileSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { schemaNow } from '../test/unit/event-store/schema-now.ts';

/** Writes the event schemas of this version once, at its release: later versions are tested to read them. */
const file = path.join('test/unit/event-store/golden-schemas', `${packageJson.version}.json`);
writeFileSync(file, JSON.stringify(schemaNow()), { flag: 'wx' });
console.log(`${file} is written`);
