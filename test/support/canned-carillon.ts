import { type CannedAnswer, startCannedServer } from './canned-server.ts';
import { type CommandResult, runCarillon } from './carillon.ts';

/** Runs a command against a server with these responses by path, and returns the bodies that it sent too. */
export const runAgainst = async (
  responses: Readonly<Record<string, readonly CannedAnswer[]>>,
  ...words: readonly string[]
): Promise<CommandResult & { readonly bodies: readonly unknown[] }> => {
  const paths = Object.entries(responses).map(([path, response]) => [`/_/scheduler${path}`, response]);
  const server = await startCannedServer(Object.fromEntries(paths));
  try {
    const result = await runCarillon({ env: { CARILLON_SERVER: server.url, CARILLON_TOKEN: 't' } }, ...words);
    return { ...result, bodies: server.bodies };
  } finally {
    await server.close();
  }
};

/** So long ago, the words for it are the same for a quarter of an hour, however busy the machine is. */
export const TWO_HOURS = 2.25 * 3_600;

/** An instant some seconds ago. */
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

/** An execution of the job crm/sync as the API shows it. */
export const shownExecution = (id: number, fields: object = {}) => ({
  id,
  jobId: 2,
  jobName: 'sync',
  applicationName: 'crm',
  status: 'succeeded',
  scheduledAt: '2026-01-01T00:00:00.000Z',
  createdAt: ago(TWO_HOURS),
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:02.000Z',
  durationMs: 2_000,
  attempt: 1,
  result: { taskType: 'HttpInvokerTask', status: 200 },
  ...fields,
});

export const failedExecution = shownExecution(8, {
  status: 'failed',
  result: undefined,
  error: { code: 'HTTP_500', message: 'the target responded\nwith a stack' },
});
