import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { type Api, apiClient } from './api.ts';
import { audit } from './audit.ts';
import { silentLog } from './world.ts';

export type ChildService = {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly api: Api;
  /** Ends it with this signal; resolves with its exit code when it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Ends it as its user would, and balances the books that it leaves in its folder: rejects where they don't. */
  stop(): Promise<void>;
};

/** `carillon start` as a process of its own, as a newcomer starts it; resolves when it says that it is running. */
export const startChildService = async (
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ChildService> => {
  const child = spawn(process.execPath, [path.resolve('src/main.ts'), 'start'], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', CARILLON_DATA: dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const said: string[] = [];
  const running = new Promise<void>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        said.push(line);
        if (line.startsWith('Carillon is running')) resolve();
      });
    }
  });
  await Promise.race([running, exited]);
  if (child.exitCode !== null || child.pid === undefined) throw new Error(`it did not start:\n${said.join('\n')}`);
  const run = JSON.parse(await readFile(path.join(dataDir, 'run.json'), 'utf8'));
  const end: ChildService['end'] = async (signal) => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    url: run.url,
    token: run.token,
    pid: child.pid,
    api: apiClient(run.url, run.token),
    end,
    stop: async () => {
      const endedAtMs = Date.now();
      await end('SIGTERM');
      const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog });
      try {
        await audit({ databaseUrl: postgres.url, eventStore: undefined, endedAtMs });
      } finally {
        await postgres.stop();
      }
    },
  };
};
