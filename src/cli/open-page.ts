import { spawn } from 'node:child_process';
import type { CommandInput, CommandTools } from './command.ts';

const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', win32: 'explorer' };

/** `carillon open`: prints the address of the admin UI, or of a job in it, and opens it if there is a terminal. */
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
  // If no browser can be opened, the address is still printed.
  child.on('error', () => {});
  child.unref();
};
