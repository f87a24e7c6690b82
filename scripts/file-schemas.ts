import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FILE_NAMES, fileSchema } from '../src/bootstrap/file-schemas.ts';

/** npm run file-schemas: writes the JSON Schemas of bootstrap files into docs/schemas/. */
const FOLDER = path.join(import.meta.dirname, '..', 'docs', 'schemas');

for (const name of FILE_NAMES) {
  await writeFile(path.join(FOLDER, name), `${JSON.stringify(fileSchema(name), undefined, 2)}\n`);
}
