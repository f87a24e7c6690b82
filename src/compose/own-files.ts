import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Random } from '../runtime/world.ts';

/** Files that a server keeps in its data folder are for their owner alone. */
const OWNER_ONLY = 0o600;

const StoredSecrets = z.object({
  jwtSecret: z.string().exactOptional(),
  secretKeys: z.string().exactOptional(),
  auditKey: z.string().exactOptional(),
});
/** Secrets that development mode generates where no settings give them. */
export type DevelopmentSecrets = Required<z.infer<typeof StoredSecrets>>;

const SECRET_BYTES = 48;
const KEY_BYTES = 32;

/** Generates secrets at the first start and reads them at later ones, so that tokens and sealed values stay valid. */
export const developmentSecrets = async (dataDir: string, random: Random): Promise<DevelopmentSecrets> => {
  const known = await readDevelopmentSecrets(dataDir);
  const made = {
    jwtSecret: random.bytes(SECRET_BYTES).toString('base64'),
    secretKeys: `development:${random.bytes(KEY_BYTES).toString('base64')}`,
    auditKey: random.bytes(KEY_BYTES).toString('base64'),
    ...known,
  };
  if (Object.keys(known).length < Object.keys(made).length) await writeOwn(developmentFile(dataDir), made);
  return made;
};

/** Reads those that were generated; none where the folder is of no server in development mode. */
export const readDevelopmentSecrets = async (dataDir: string): Promise<z.infer<typeof StoredSecrets>> =>
  StoredSecrets.parse((await readJson(developmentFile(dataDir))) ?? {});

const developmentFile = (dataDir: string): string => path.join(dataDir, 'development-secrets.json');

const RunFile = z.object({ url: z.string(), pid: z.int(), token: z.string().optional() });
/** `run.json`: how to reach the running server. The token is present in development mode only. */
export type RunFile = z.infer<typeof RunFile>;

const runFilePath = (dataDir: string): string => path.join(dataDir, 'run.json');

export const writeRunFile = (dataDir: string, run: RunFile): Promise<void> => writeOwn(runFilePath(dataDir), run);
export const removeRunFile = (dataDir: string): Promise<void> => rm(runFilePath(dataDir), { force: true });
/** Reads `run.json`; undefined where there is none. */
export const readRunFile = async (dataDir: string): Promise<RunFile | undefined> => {
  const run = await readJson(runFilePath(dataDir));
  return run === undefined ? undefined : RunFile.parse(run);
};

const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Writes a file atomically: to a file beside it, which is then renamed. */
const writeOwn = async (file: string, content: object): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY });
  await rename(temporary, file);
};
