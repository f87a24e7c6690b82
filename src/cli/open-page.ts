import { spawn } from 'node:child_process';
import type { CommandInput, CommandTools } from './command.ts';

const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', win32: 'explorer' };

/** `carillon open`: prints the address of the page, or of a job on it, and opens it where there is a terminal. */
export const openPage = async (
  { args: { job }, at }: CommandInput,
  { ask, say, server, terminal }: CommandTools,
): Promise<void> => {
  const below =
    job === undefined ? '' : `jobs/${(await ask<{ readonly id: number }>({ path: at('/jobs/:job') })).data.id}`;
  const url = `${server.url}/_/scheduler/ui/${below}`;
  say(url, { url });
  if (!terminal.stdout.isTTY) return;
  const child = spawn(OPENERS[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true });
  // Where nothing opens pages, the address is printed.
  child.on('error', () => {});
  child.unref();
};
