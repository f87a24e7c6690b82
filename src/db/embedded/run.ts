import { spawn } from 'node:child_process';

/** The user that Postgres runs as if this process is root: Postgres refuses to run as root. */
export type ServerUser = { readonly uid: number; readonly gid: number };

export type ProgramResult = { readonly code: number | null; readonly output: string };

/** Runs a program to its end as the given user. The code is null if the program could not be started. */
export const runProgram = (command: string, args: readonly string[], user?: ServerUser): Promise<ProgramResult> =>
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

/**
 * Builds an environment without the variables of the caller, because PGPORT, PGOPTIONS or the locale would change what
 * Postgres does and prints. The path includes sbin for `useradd`.
 */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
  TZ: 'UTC',
});
