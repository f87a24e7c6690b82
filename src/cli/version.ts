import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';

export const { version }: { readonly version: string } = JSON.parse(
  await readFile(path.join(PACKAGE_ROOT, 'package.json'), 'utf8'),
);
