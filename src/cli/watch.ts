import { setTimeout as sleep } from 'node:timers/promises';
import type { Execution } from '../../packages/client/src/schema.ts';
import { durationMs } from '../domain/duration.ts';
import { plain } from '../runtime/text.ts';
import type { CommandCall } from './command.ts';
import type { Terminal } from './fail.ts';
import { ServerRejected } from './server.ts';
import { VIEWS } from './views.ts';

const LATE_WITHIN = '-10m';
const MAX_LATE = 10;
const MAX_OPEN = 200;

/** `carillon top`: shows what runs, waits and is late; on a terminal, repeatedly until it is interrupted. */
export const top = async ({ options, send, show, terminal }: CommandCall): Promise<void> => {
  const open = async (status: string): Promise<Execution[]> => {
    const query = { status, sort: 'createdAt', limit: MAX_OPEN };
    return (await send('listExecutions', { query })).data;
  };
  const text = async (): Promise<string> => {
    const query = { from: LATE_WITHIN, outcome: 'late,missed,due', limit: 500 };
    const [running, waiting, { data: slots }] = await Promise.all([
      open('running'),
      open('pending'),
      send('listOccurrences', { query }),
    ]);
    const late = slots.slice(-MAX_LATE);
    if (options.json) return show({ running, waiting, late }, VIEWS.openExecutions, 'rows');
    const counts = `${running.length} running, ${waiting.length} waiting, ${slots.length} late in the last 10 minutes\n`;
    const openTable =
      running.length + waiting.length === 0 ? '' : `\n${show([...running, ...waiting], VIEWS.openExecutions, 'rows')}`;
    const lateTable = late.length === 0 ? '' : `\n${show(late, VIEWS.lateSlots, 'rows')}`;
    return counts + openTable + lateTable;
  };
  if (terminal.stdout.isTTY) await watch(text, { every: options.every, terminal });
  terminal.stdout.write(await text());
};

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
