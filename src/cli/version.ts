import { readFile } from 'node:fs/promises';

export const { version }: { readonly version: string } = JSON.parse(
  await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
);
