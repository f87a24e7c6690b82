import { open, readFile } from 'node:fs/promises';
import { type Manifest, readManifest } from '../proofs/manifest.ts';
import { CSV_HEADER } from '../proofs/rows.ts';

/** Where the manifest of an export in CSV is kept. */
export const manifestFile = (file: string): string => `${file}.manifest.json`;

/** Manifests and single proofs are far shorter. */
const END_BYTES = 65_536;

/**
 * The line of a file that is to be its manifest: the last one of NDJSON, the one in the file beside CSV; undefined where
 * the file is no export.
 */
export const manifestLineOf = async (file: string): Promise<string | undefined> => {
  const { begin, end } = await endsOf(file);
  if (begin.startsWith(CSV_HEADER)) return (await readFile(manifestFile(file), 'utf8')).trimEnd();
  return begin.startsWith('{') ? (end.trimEnd().split('\n').at(-1) ?? '') : undefined;
};

export const manifestIn = async (file: string): Promise<Manifest | undefined> => {
  const line = await manifestLineOf(file);
  return line === undefined ? undefined : readManifest(line);
};

/** The first and the last bytes of a file, which may be large. */
const endsOf = async (file: string): Promise<{ readonly begin: string; readonly end: string }> => {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, END_BYTES);
    const [begin, end] = [Buffer.alloc(length), Buffer.alloc(length)];
    await handle.read(begin, 0, length, 0);
    await handle.read(end, 0, length, size - length);
    return { begin: begin.toString(), end: end.toString() };
  } finally {
    await handle.close();
  }
};
