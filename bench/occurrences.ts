import { type Bench, quantile, timed } from './harness.ts';
import { fillSlots } from './support/fill-slots.ts';
import { createJobs } from './support/jobs.ts';
import { startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 31 * DAY_MS;
const MINUTES = 43_200;
const PAGE = 50;
/** Every request begins this long before the month's end, so that it finds a whole page. */
const LEFT = 2_000;
const CATCH_UP_MS = 60_000;

/**
 * A month of minutely jobs in the read models of `npm start`: of ten slots nine have an execution, and one was missed.
 * The rows are written straight into the tables. It measures the first page of the slots of any job from any minute of
 * the month on, and that of a day of all jobs, against a page of as many executions from an index, in turns.
 */
export const bench: Bench = async ({ size, say }) => {
  const jobs = { full: 258, quick: 6, smallest: 1 }[size];
  const requests = { full: 500, quick: 100, smallest: 5 }[size];
  const warmUp = { full: 50, quick: 50, smallest: 1 }[size];
  const server = await startBenchServer();
  try {
    const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const jobIds = [...(await createJobs(server, { origin: server.url, count: jobs, pattern: '0 0 1 1 *' }))];
    await settled(server, CATCH_UP_MS);
    say(`writing ${jobs * MINUTES} slots`);
    const startMs = endMs - MINUTES * MINUTE_MS;
    const filled = await timed(() => fillSlots(server, { jobIds, startMs, minutes: MINUTES }));
    say(`written in ${Math.round(filled.tookMs / 1_000)} s`);

    const anyJob = (): string => `/jobs/${jobIds[Math.floor(Math.random() * jobIds.length)]}`;
    const anySpan = (lengthMs: number): string => {
      const firstMs = startMs + Math.floor(Math.random() * (MINUTES - LEFT)) * MINUTE_MS;
      const [from, to] = [firstMs, firstMs + lengthMs].map((ms) => new Date(ms).toISOString());
      return `from=${from}&to=${to}&limit=${PAGE}`;
    };
    const took = new Map<string, number[]>();
    const measure = async (name: string, path: string): Promise<void> => {
      const { tookMs, value } = await timed(() => server.call('GET', path));
      if (!Array.isArray(value) || value.length < PAGE) throw new Error(`${path} gave less than a page`);
      took.set(name, [...(took.get(name) ?? []), tookMs]);
    };
    for (let index = -warmUp; index < requests; index++) {
      if (index === 0) took.clear();
      await measure('month', `${anyJob()}/occurrences?${anySpan(MONTH_MS)}`);
      await measure('executions', `${anyJob()}/executions?${anySpan(DAY_MS)}`);
      await measure('missed', `${anyJob()}/occurrences?${anySpan(MONTH_MS)}&outcome=missed`);
      await measure('allJobs', `/occurrences?${anySpan(DAY_MS)}`);
      await measure('missedOfAll', `/occurrences?${anySpan(DAY_MS)}&outcome=missed,skipped`);
    }
    const figure = (name: string, share: number): number => quantile(took.get(name) ?? [], share);
    return {
      figures: {
        executions: filled.value.executions,
        missedRanges: filled.value.ranges,
        fillSeconds: filled.tookMs / 1_000,
        p50Ms: figure('month', 0.5),
        p95Ms: figure('month', 0.95),
        p95MissedMs: figure('missed', 0.95),
        p95AllJobsMs: figure('allJobs', 0.95),
        p95MissedOfAllMs: figure('missedOfAll', 0.95),
        executionsP50Ms: figure('executions', 0.5),
        executionsP95Ms: figure('executions', 0.95),
        timesAPageOfExecutions: figure('month', 0.5) / figure('executions', 0.5),
      },
      targets: { p95Ms: { atMost: 20 } },
    };
  } finally {
    await server.stop();
  }
};
