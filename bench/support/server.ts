import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { readDevelopmentSecrets } from '../../src/compose/own-files.ts';
import type { Role } from '../../src/compose.ts';
import { signToken } from '../../src/http/tokens/sign-token.ts';
import { passableTempDir } from '../../src/testing/databases.ts';
import { HERE } from './checkout.ts';

export type BenchServer = {
  readonly url: string;
  /** Of an administrator. */
  readonly token: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly database: pg.Client;
  ask(method: Dispatcher.HttpMethod, path: string, body?: unknown): Promise<Asked>;
  /** The response to a successful request. */
  call(method: Dispatcher.HttpMethod, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
};

export type Asked = {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: unknown;
};

type Place = {
  /** The folder of its data, which is kept; else they are thrown away. */
  readonly dataDir?: string;
  /** The folder of its code; default this checkout. */
  readonly checkout?: string;
  /** What it does; default all of it. */
  readonly roles?: readonly Role[];
};

/**
 * The configuration of `npm start` in a process of its own, embedded Postgres with fsync on. What it logs goes to a file;
 * warnings and errors are shown when it has stopped.
 */
export const startBenchServer = async (
  settings: Readonly<Record<string, string>> = {},
  { dataDir: givenDir, ...code }: Place = {},
): Promise<BenchServer> => {
  const dataDir = givenDir ?? (await passableTempDir('carillon-bench-'));
  const started = await startProcess(dataDir, { settings, ...code });
  const { url, token = signedBy(settings), pid } = started;
  const databaseUrl = await databaseUrlOf(dataDir);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send: BenchServer['ask'] = async (method, route, body) => {
    const requested = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await request(`${url}/_/scheduler${route}`, requested);
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    url,
    token,
    pid,
    dataDir,
    databaseUrl,
    database,
    ask: send,
    call: async (method, route, body) => {
      const response = await send(method, route, body);
      if (response.status >= 300)
        throw new Error(`${method} ${route}: ${response.status} ${JSON.stringify(response.body)}`);
      return response.body;
    },
    stop: async () => {
      await database.end();
      await started.stop();
      if (givenDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
};

export type BenchEngine = { readonly pid: number; stop(): Promise<void> };

/** One more process with an engine and nothing else, for a server in the configuration of `npm start`. */
export const startBenchEngine = async (
  { dataDir: ofServer, databaseUrl, url }: BenchServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchEngine> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-bench-engine-'));
  const { jwtSecret = '', secretKeys = '', auditKey = '' } = await readDevelopmentSecrets(ofServer);
  const { pid, stop } = await startProcess(dataDir, {
    settings: {
      ...{ DATABASE_URL: databaseUrl, PUBLIC_URL: url, SECRET_KEYS: secretKeys, AUDIT_KEY: auditKey },
      ...{ JWT_SECRET: jwtSecret, JWT_ISSUER: 'bench', JWT_AUDIENCE: 'bench' },
      ...settings,
    },
    roles: ['engine'],
  });
  return {
    pid,
    stop: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

type Started = z.infer<typeof Run> & { stop(): Promise<void> };

const Manifest = z.object({ scripts: z.object({ start: z.string() }) });

const startProcess = async (
  dataDir: string,
  {
    settings,
    checkout = HERE.folder,
    roles = [],
  }: Omit<Place, 'dataDir'> & { readonly settings: Readonly<Record<string, string>> },
): Promise<Started> => {
  const output = await open(path.join(dataDir, 'server.log'), 'w');
  const told = roles.flatMap((role) => ['--role', role]);
  const { scripts } = Manifest.parse(JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8')));
  const [, ...words] = scripts.start.split(' ');
  const child = spawn(process.execPath, [...words, ...told], {
    cwd: checkout,
    env: { PATH: process.env.PATH ?? '', PORT: '0', ENGINES: '1', CARILLON_DATA: dataDir, ...settings },
    stdio: ['ignore', output.fd, output.fd],
  });
  const exited = once(child, 'exit');
  return {
    ...(await running(child, dataDir)),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await output.close();
      await showTroubles(dataDir);
    },
  };
};

/** The token is there in development mode only. */
const Run = z.object({ url: z.string(), token: z.string().optional(), pid: z.int() });
const LIFETIME_SECONDS = 3_600;

const signedBy = ({ JWT_SECRET: secret = '', JWT_ISSUER: iss, JWT_AUDIENCE: aud }: Readonly<Record<string, string>>) =>
  signToken({
    secret,
    subject: 'bench',
    claims: { iss, aud, permissions: ['scheduler:admin'] },
    nowMs: Date.now(),
    lifetimeSeconds: LIFETIME_SECONDS,
  });

const POLL_INTERVAL_MS = 10;

/** What the server leaves in its folder once it serves and claims. */
const running = async (child: ChildProcess, dataDir: string): Promise<z.infer<typeof Run>> => {
  while (child.exitCode === null) {
    const text = await readFile(path.join(dataDir, 'run.json'), 'utf8').catch(() => '{}');
    const run = Run.safeParse(text === '' ? {} : JSON.parse(text));
    if (run.success && run.data.pid === child.pid) return run.data;
    await sleep(POLL_INTERVAL_MS);
  }
  throw new Error(`the server did not start: ${await readFile(path.join(dataDir, 'server.log'), 'utf8')}`);
};

const TROUBLE = /"level":"(?:warn|error)"/;
/** Postgres reports this to every connection when it stops. */
const STOPPING = 'terminating connection due to administrator command';
const SHOWN = 20;

const showTroubles = async (dataDir: string): Promise<void> => {
  const lines = (await readFile(path.join(dataDir, 'server.log'), 'utf8')).split('\n');
  const troubles = lines.filter((line) => TROUBLE.test(line) && !line.includes(STOPPING));
  for (const line of troubles.slice(0, SHOWN)) console.error(line.slice(0, 500));
  if (troubles.length > SHOWN) console.error(`… and ${troubles.length - SHOWN} more warnings`);
};

/** Of the embedded Postgres, from what it leaves in its folder. */
const databaseUrlOf = async (dataDir: string): Promise<string> => {
  const data = path.join(dataDir, 'postgres', 'data');
  const [, , , port] = (await readFile(path.join(data, 'postmaster.pid'), 'utf8')).split('\n');
  const password = (await readFile(path.join(data, 'carillon.password'), 'utf8')).trim();
  return `postgres://carillon:${password}@127.0.0.1:${port}/postgres`;
};
