import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from '../domain/duration.ts';
import { plain } from '../runtime/text.ts';
import type { Terminal } from './fail.ts';
import { ServerRejected } from './server.ts';

const CLEARED = '\u001b[H\u001b[J';

/**
 * Shows a text repeatedly until it is interrupted: on a terminal in place of the previous one, as far as it fits, otherwise
 * when it has changed. Waits for a temporarily unavailable server.
 * @throws Error if the first text is unavailable, or the server rejects a later request
 */
export const watch = async (
  textOf: () => Promise<string>,
  { every = '2s', terminal: { stdout, stderr } }: { readonly every?: string | undefined; readonly terminal: Terminal },
): Promise<never> => {
  let shown: string | undefined;
  for (;;) {
    try {
      const text = await textOf();
      if (stdout.isTTY) stdout.write(`${CLEARED}${withinRows(text, stdout.rows)}`);
      else if (text !== shown) stdout.write(text);
      shown = text;
    } catch (error) {
      if (shown === undefined || (error instanceof ServerRejected && error.status < 500)) throw error;
      const message = error instanceof Error ? plain(error.message.split('\n')[0] ?? '') : String(error);
      stderr.write(`carillon: Retrying. ${message}\n`);
    }
    await sleep(durationMs(every));
  }
};

/** The last row is for the cursor. */
const withinRows = (text: string, rows: number | undefined): string =>
  rows === undefined
    ? text
    : text
        .split(/(?<=\n)/)
        .slice(0, rows - 1)
        .join('');
