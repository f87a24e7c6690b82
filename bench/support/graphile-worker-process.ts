import { createRequire } from 'node:module';
import pg from 'pg';
import { followPlans, post, UNDER_WAY } from './peer-program.ts';

type Work = { readonly origin: string; readonly job: number; readonly slotMs: number };
/** What is used of it: it is installed for the bench alone. */
type GraphileWorker = {
  run(options: {
    readonly connectionString: string;
    readonly preset: { readonly worker: Readonly<Record<string, unknown>> };
    readonly noHandleSignals: true;
    readonly logger: unknown;
    readonly taskList: Readonly<Record<string, (work: Work) => Promise<void>>>;
  }): Promise<{ readonly events: { on(event: 'job:complete', listener: () => void): void } }>;
  readonly Logger: new (factory: () => () => void) => unknown;
};

const NAME = 'calls';
const POLL_INTERVAL_MS = 50;

/** Graphile Worker with undici, with jobs fetched and completed in batches. It keeps no ended job. Only for jobs that are due once. */
const [url = '', folder = ''] = process.argv.slice(2);
const { run, Logger }: GraphileWorker = createRequire(`${folder}/`)('graphile-worker');
const database = new pg.Pool({ connectionString: url, max: 1 });
let onOutcome = () => {};
const { events } = await run({
  connectionString: url,
  preset: {
    worker: {
      ...{ concurrentJobs: UNDER_WAY, maxPoolSize: 10, pollInterval: POLL_INTERVAL_MS },
      ...{ localQueue: { size: 2 * UNDER_WAY }, completeJobBatchDelay: 0 },
    },
  },
  noHandleSignals: true,
  logger: new Logger(() => () => {}),
  taskList: {
    [NAME]: async ({ origin, ...slot }) => {
      await post(origin, slot);
    },
  },
});
events.on('job:complete', () => onOutcome());

followPlans(async ({ jobs, fromMs, origin }, whenKept) => {
  onOutcome = whenKept;
  await database.query(
    `SELECT graphile_worker.add_job($1, json_build_object('origin', $2::text, 'job', job, 'slotMs', $3::bigint),
       run_at := to_timestamp($3::bigint / 1000.0))
     FROM generate_series(0, $4::integer - 1) AS job`,
    [NAME, origin, fromMs, jobs],
  );
});
