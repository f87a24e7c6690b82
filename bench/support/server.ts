import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { z } from 'zod';

const Run = z.object({ url: z.string(), token: z.string() });

export type BenchServer = {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly database: pg.Client;
  ask(method: string, path: string, body?: unknown): Promise<Asked>;
  /** What a request that went well was answered. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
};

export type Asked = { readonly status: number; readonly headers: Headers; readonly body: unknown };

/** The configuration of `npm start` in a process of its own, embedded Postgres with fsync on, its data thrown away after. */
export const startBenchServer = async (
  settings: Readonly<Record<string, string>> = {},
  dataDir?: string,
): Promise<BenchServer> => {
  const dir = dataDir ?? (await mkdtemp(path.join(tmpdir(), 'carillon-bench-')));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../src/main.ts'), 'start'], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', CARILLON_DATA: dir, LOG_LEVEL: 'warn', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    new Promise<void>((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        if (line.startsWith('Carillon is running')) resolve();
        else if (line.startsWith('{')) console.error(line.slice(0, 500));
      });
    }),
    exited,
  ]);
  if (child.exitCode !== null || child.pid === undefined) throw new Error('the server did not start');
  const { url, token } = Run.parse(JSON.parse(await readFile(path.join(dir, 'run.json'), 'utf8')));
  const databaseUrl = await databaseUrlOf(dir);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const ask = async (method: string, route: string, body?: unknown): Promise<Asked> => {
    const answer = await fetch(`${url}/_/scheduler${route}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    url,
    pid: child.pid,
    dataDir: dir,
    databaseUrl,
    database,
    ask,
    call: async (method, route, body) => {
      const answer = await ask(method, route, body);
      if (answer.status >= 300) throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    stop: async () => {
      await database.end();
      child.kill('SIGTERM');
      await exited;
      if (dataDir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
};

/** Of the embedded Postgres, from what it leaves in its folder. */
const databaseUrlOf = async (dataDir: string): Promise<string> => {
  const data = path.join(dataDir, 'postgres', 'data');
  const [, , , port] = (await readFile(path.join(data, 'postmaster.pid'), 'utf8')).split('\n');
  const password = (await readFile(path.join(data, 'carillon.password'), 'utf8')).trim();
  return `postgres://carillon:${password}@127.0.0.1:${port}/postgres`;
};
