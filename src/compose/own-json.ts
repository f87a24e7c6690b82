import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Only the owner may read files with secrets. */
const OWNER_ONLY = 0o600;

/** What a JSON file has; undefined where there is none. */
export const readOwn = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Writes a file that only its owner may read, atomically: to a file beside it, which is then renamed. */
export const writeOwn = async (file: string, content: object): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY });
  await rename(temporary, file);
};
