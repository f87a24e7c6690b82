import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Checkout = {
  readonly folder: string;
  remove(): Promise<void>;
};

/** This checkout. */
export const HERE: Checkout = { folder: path.join(import.meta.dirname, '../..'), remove: async () => {} };

/** Another commit of this repository in a folder of its own, with its packages. */
export const checkOut = async (commit: string): Promise<Checkout> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'carillon-bench-base-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await run('git', ['clone', '--quiet', '--no-checkout', HERE.folder, folder]);
    await run('git', ['checkout', '--quiet', commit], { cwd: folder });
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, remove };
};
