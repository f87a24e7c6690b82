import { spawn } from 'node:child_process';
import type { ServerUser } from './server-user.ts';

export type Ran = { readonly code: number | null; readonly output: string };

/** Runs a program to its end as the given user; a program that can't be started counts as code null. */
export const run = (command: string, args: readonly string[], user?: ServerUser): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(command, [...args], { ...user, env: serverEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });

/** Nothing of the caller's: PGPORT, PGOPTIONS or a foreign locale would change what Postgres does and prints. useradd is in sbin. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
  TZ: 'UTC',
});
