import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Random } from '../world.ts';

/** The files that a running server keeps in its data folder, readable by its owner alone. */

const OWNER_ONLY = 0o600;

const MadeUp = z.object({ jwtSecret: z.string(), secretKeys: z.string() });
/** Secrets of development mode, where the operator gave none. */
export type MadeUp = z.infer<typeof MadeUp>;

const SECRET_BYTES = 48;
const RING_KEY_BYTES = 32;

/** The secrets made up at the first start here, so that tokens and sealed values outlive a restart. */
export const madeUpSecrets = async (dataDir: string, random: Random): Promise<MadeUp> => {
  const file = path.join(dataDir, 'development-secrets.json');
  const known = await readJson(file);
  if (known !== undefined) return MadeUp.parse(known);
  const made = {
    jwtSecret: random.bytes(SECRET_BYTES).toString('base64'),
    secretKeys: `development:${random.bytes(RING_KEY_BYTES).toString('base64')}`,
  };
  await writeOwn(file, made);
  return made;
};

const Run = z.object({ url: z.string(), pid: z.int(), token: z.string().optional() });
/** How to reach the running server; the token is there in development mode. */
export type Run = z.infer<typeof Run>;

const runFile = (dataDir: string): string => path.join(dataDir, 'run.json');

export const writeRun = (dataDir: string, run: Run): Promise<void> => writeOwn(runFile(dataDir), run);
export const removeRun = (dataDir: string): Promise<void> => rm(runFile(dataDir), { force: true });
/** Undefined where no server has written one. */
export const readRun = async (dataDir: string): Promise<Run | undefined> => {
  const run = await readJson(runFile(dataDir));
  return run === undefined ? undefined : Run.parse(run);
};

const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Written whole or not at all. */
const writeOwn = async (file: string, content: object): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY });
  await rename(beside, file);
};
