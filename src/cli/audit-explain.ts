import type { z } from 'zod';
import type { ExplainReportSchema } from '../http/resources/audit.ts';
import type { ServerOptions } from './access.ts';
import { EXIT, runOrExit } from './fail.ts';
import { connect } from './server.ts';

export type Explanation = z.infer<typeof ExplainReportSchema>;

type ExplainOptions = ServerOptions & { readonly from: string; readonly to?: string; readonly tenant?: string };

/**
 * `carillon audit explain`: makes the running server check its log, and prints the outcomes of slots and those without an
 * explanation.
 */
export const explain = ({ from, to, tenant, ...options }: ExplainOptions): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const asked = { path: '/audit/explain', query: { from, to, tenant } };
    const { data: explanation } = await server.ask<Explanation>(asked);
    process.stdout.write(renderExplanation(explanation));
    if (!explanation.explained) process.exitCode = EXIT.no;
  });

/** Formats lines for the terminal. */
export const renderExplanation = ({
  from,
  to,
  explained,
  jobs,
  slots,
  faults,
  faultySlots: faulty,
  unreadable: unread,
  expiredBefore,
}: Explanation): string => {
  const { fired, late, skipped, missed, due } = slots;
  const byReason = [...linesOf('late', late), ...linesOf('skipped', skipped), ...linesOf('missed', missed)];
  const lines = [
    `${counted(jobs, 'job')}, slots after ${from} up to ${to}:`,
    lineOf('fired', fired),
    ...byReason,
    ...(due === 0 ? [] : [lineOf('due', due, 'outcome not recorded yet')]),
    ...faulty.map(({ jobId, kind, first, last, count }) => {
      const span = first === last ? first : `${first} to ${last} (${count ?? 'more than 10000'} slots)`;
      return `job ${jobId}, ${span}: ${FAULTS.get(kind) ?? kind}`;
    }),
    ...unread.map(({ jobId, reason }) => `job ${jobId} can't be checked: ${reason}`),
    ...(expiredBefore === undefined
      ? []
      : [`Slots up to ${expiredBefore} are past retention: only those still in the log are shown`]),
    explained ? 'Every slot is explained exactly once' : summaryOf(faults, unread.length),
  ];
  return `${lines.join('\n')}\n`;
};

const FAULTS: ReadonlyMap<string, string> = new Map([
  ['unexplained', 'no outcome recorded'],
  ['duplicated', 'outcome recorded twice'],
  ['notDue', 'outcome recorded, but not due'],
]);

const linesOf = (outcome: string, counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).map(([reason, count]) => lineOf(outcome, count, reason));

const lineOf = (outcome: string, count: number, reason = ''): string =>
  `  ${outcome.padEnd(8)}${String(count).padStart(12)}  ${reason}`.trimEnd();

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const summaryOf = (faults: Readonly<Record<string, number>>, unread: number): string => {
  const kinds = Object.entries(faults).filter(([, count]) => count > 0);
  return [
    ...kinds.map(([kind, count]) => `${kind}: ${counted(count, 'slot')}`),
    ...(unread > 0 ? [`not checked: ${counted(unread, 'job')}`] : []),
  ].join(', ');
};
