import path from 'node:path';
import { z } from 'zod';
import type { Random } from '../runtime/runtime.ts';
import { readOwn, writeOwn } from './run-file.ts';

const StoredSecrets = z.object({
  jwtSecret: z.string().exactOptional(),
  secretKeys: z.string().exactOptional(),
  auditKey: z.string().exactOptional(),
});

/** Secrets that development mode generates if they are not set. */
export type DevelopmentSecrets = Required<z.infer<typeof StoredSecrets>>;

const SECRET_BYTES = 48;
const KEY_BYTES = 32;

/** Generates secrets at the first start and reads them later, so that tokens and sealed values stay valid. */
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

/** Reads the generated secrets; none if the folder does not belong to a server in development mode. */
export const readDevelopmentSecrets = async (dataDir: string): Promise<z.infer<typeof StoredSecrets>> =>
  StoredSecrets.parse((await readOwn(developmentFile(dataDir))) ?? {});

const developmentFile = (dataDir: string): string => path.join(dataDir, 'development-secrets.json');
