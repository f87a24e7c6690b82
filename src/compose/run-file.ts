import { rm } from 'node:fs/promises';
import path from 'node:path';
import { readOwn, writeOwn } from './own-json.ts';

/** `run.json`: how to reach the running server. The token is present in development mode only. */
export type RunFile = { readonly url: string; readonly pid: number; readonly token?: string | undefined };

const runFilePath = (dataDir: string): string => path.join(dataDir, 'run.json');

export const writeRunFile = (dataDir: string, run: RunFile): Promise<void> => writeOwn(runFilePath(dataDir), run);
export const removeRunFile = (dataDir: string): Promise<void> => rm(runFilePath(dataDir), { force: true });

/**
 * Reads `run.json`; undefined where there is none. By hand, as every command reads it: a schema would take a third of the
 * time that a command needs.
 * @throws Error where it is something else
 */
export const readRunFile = async (dataDir: string): Promise<RunFile | undefined> => {
  const run = await readOwn(runFilePath(dataDir));
  if (run === undefined || isRunFile(run)) return run;
  throw new Error(`${runFilePath(dataDir)} is not a file that a server wrote. Delete it.`);
};

const isRunFile = (run: unknown): run is RunFile =>
  typeof run === 'object' &&
  run !== null &&
  'url' in run &&
  typeof run.url === 'string' &&
  URL.canParse(run.url) &&
  !('token' in run && typeof run.token !== 'string');
