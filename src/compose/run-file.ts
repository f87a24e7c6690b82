import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isRecord } from '../domain/defined.ts';

/** `run.json`: how to reach the running server. The token is present in development mode only. */
export type RunFile = { readonly url: string; readonly pid: number; readonly token?: string | undefined };

const runFilePath = (dataDir: string): string => path.join(dataDir, 'run.json');

export const writeRunFile = (dataDir: string, run: RunFile): Promise<void> => writeOwn(runFilePath(dataDir), run);
export const removeRunFile = (dataDir: string): Promise<void> => rm(runFilePath(dataDir), { force: true });

/**
 * Reads `run.json`; `undefined` if there is none. Validated without a schema, which would slow down every command.
 * @throws Error if it has another format
 */
export const readRunFile = async (dataDir: string): Promise<RunFile | undefined> => {
  const run = await readOwn(runFilePath(dataDir));
  if (run === undefined || isRunFile(run)) return run;
  throw new Error(`${runFilePath(dataDir)} is not a file that a server wrote. Delete it.`);
};

const isRunFile = (run: unknown): run is RunFile =>
  isRecord(run) &&
  typeof run.url === 'string' &&
  URL.canParse(run.url) &&
  (run.token === undefined || typeof run.token === 'string');

/** Only the owner may read files with secrets. */
const OWNER_ONLY = 0o600;

/** Reads a JSON file; `undefined` if there is none. */
export const readOwn = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Writes a file that only its owner can read, atomically: to a temporary file, which is then renamed. */
export const writeOwn = async (file: string, content: object): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY });
  await rename(temporary, file);
};
