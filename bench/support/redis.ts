import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../test/support/free-port.ts';

export type Redis = { readonly url: string; readonly pid: number; stop(): Promise<void> };

/** When Redis writes to disk: within a second, or before it answers. */
export type RedisFsync = 'everysec' | 'always';

/** A Redis that keeps its data on disk. `undefined` without a `redis-server` on the PATH. */
export const startRedis = async (appendfsync: RedisFsync = 'everysec'): Promise<Redis | undefined> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'carillon-bench-redis-'));
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', appendfsync, save: '' };
  const given = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', given, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'close').catch(() => {});
  const isUp = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(false));
    createInterface(child.stdout).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve(true);
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  if (isUp && child.pid !== undefined) return { url: `redis://127.0.0.1:${port}`, pid: child.pid, stop };
  await stop();
  return undefined;
};
