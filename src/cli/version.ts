import { readFile } from 'node:fs/promises';

/** The release of this command. */
export const { version }: { readonly version: string } = JSON.parse(
  await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
);
