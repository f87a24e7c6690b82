import type { Execution, Occurrence } from '../../packages/client/src/schema.ts';
import type { CommandInput, CommandTools } from './command.ts';
import { VIEWS } from './views.ts';
import { watch } from './watch.ts';

const LATE_WITHIN = '-10m';
const MAX_LATE = 10;
const MAX_OPEN = 200;

/** `carillon top`: shows what runs, waits and is late; on a terminal, repeatedly until it is interrupted. */
export const top = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const { ask, show, terminal } = tools;
  const open = async (status: string): Promise<Execution[]> => {
    const query = { status, sort: 'createdAt', limit: MAX_OPEN };
    return (await ask<Execution[]>({ path: '/executions', query })).data;
  };
  const text = async (): Promise<string> => {
    const query = { from: LATE_WITHIN, outcome: 'late,missed,due', limit: 500 };
    const [running, waiting, { data: slots }] = await Promise.all([
      open('running'),
      open('pending'),
      ask<Occurrence[]>({ path: '/occurrences', query }),
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
