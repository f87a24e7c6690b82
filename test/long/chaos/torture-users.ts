import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/runtime/runtime.ts';
import type { Installation } from './struck-engines.ts';
import { CALENDAR, type RuledJob, type TortureJobs } from './torture-jobs.ts';

/** People who use run control all the time: they trigger, cancel, run again, pause, close dates, edit, enable and backfill. */
export type TortureUsers = {
  /** Pauses that were answered, from their answer until their end was asked for, epoch ms. */
  readonly pauses: readonly Paused[];
  /** How often each thing was done, and answered so. */
  readonly done: ReadonlyMap<Act, number>;
  stop(): Promise<void>;
};

export type Paused = { readonly fromMs: number; untilMs: number };

const ACTS = ['trigger', 'cancel', 'rerun', 'pause', 'close dates', 'edit', 'enable', 'backfill'] as const;
type Act = (typeof ACTS)[number];

const EVERY_MS = 400;
const PAUSED_MS = 5_000;
/** Between two pauses, so that what is paused goes on now and then. */
const APART_MS = 10_000;
/** Acts that wait for their answers; beyond these nobody asks for more. */
const MAX_UNDER_WAY = 10;

type Options = {
  readonly random: Random;
  readonly api: Installation['api'];
  readonly jobs: TortureJobs;
};

export const startUsers = ({ random, api, jobs }: Options): TortureUsers => {
  const pauses: Paused[] = [];
  const done = new Map<Act, number>();
  const requestInProgress = new Set<Promise<void>>();
  const stopped = new AbortController();
  const one = <T>(of: readonly T[]): T | undefined => of[Math.floor(random.fraction() * of.length)];

  const newestOf = async ({ id }: RuledJob): Promise<number | undefined> => {
    const { body } = await api().get(`/jobs/${id}/executions?limit=1`);
    return Array.isArray(body) ? body[0]?.id : undefined;
  };

  /** Of the application whose jobs have rules, for a moment. */
  const pause = async (): Promise<boolean> => {
    const { status, body } = await api().post('/pauses', {
      scope: 'application',
      of: jobs.applicationId,
      reason: 'torture',
    });
    if (status !== 201) return false;
    const paused: Paused = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
    pauses.push(paused);
    await sleep(PAUSED_MS);
    paused.untilMs = Date.now();
    for (let lifted = false; !lifted; ) {
      lifted = await api()
        .delete(`/pauses/${body.id}`)
        .then(
          (response) => response.status < 500,
          () => false,
        );
      if (!lifted) await sleep(EVERY_MS);
    }
    return true;
  };

  const onExecution = async (job: RuledJob, what: 'cancel' | 'rerun'): Promise<boolean> => {
    const id = await newestOf(job);
    return id !== undefined && isGood(await api().post(`/executions/${id}/${what}`));
  };

  const act = async (kind: Act, job: RuledJob): Promise<boolean> => {
    switch (kind) {
      case 'trigger':
        return isGood(await api().post(`/jobs/${job.id}/trigger`));
      case 'cancel':
      case 'rerun':
        return onExecution(job, kind);
      case 'pause':
        return pauses.every(({ untilMs }) => untilMs + APART_MS < Date.now()) && pause();
      case 'close dates':
        return isGood(await api().put(`/calendars/${CALENDAR}`, { dates: random.fraction() < 0.5 ? [] : aroundNow() }));
      case 'edit':
        return isGood(await api().put(`/jobs/${job.id}`, { description: `edited at ${Date.now()}` }));
      case 'backfill':
        return isGood(await api().post(`/jobs/${job.id}/backfills`, { ...lastSeconds(), reprocess: 'none' }));
      case 'enable':
        return isGood(await api().post(`/jobs/${job.id}/enable`));
    }
  };

  const actOnce = async (): Promise<void> => {
    const kind = one(ACTS);
    const job = one(jobs.ruled.filter((each) => kind === undefined || isFor(kind, each)));
    if (kind === undefined || job === undefined) return;
    // While Postgres or the log is struck, many are rejected; users try something else then.
    if (await act(kind, job).catch(() => false)) done.set(kind, (done.get(kind) ?? 0) + 1);
  };

  const going = (async () => {
    while (!stopped.signal.aborted) {
      await sleep(EVERY_MS);
      if (requestInProgress.size >= MAX_UNDER_WAY) continue;
      const acting: Promise<void> = actOnce().finally(() => requestInProgress.delete(acting));
      requestInProgress.add(acting);
    }
  })();

  return {
    pauses,
    done,
    stop: async () => {
      stopped.abort();
      await going;
      await Promise.all(requestInProgress);
    },
  };
};

const isGood = ({ status }: { readonly status: number }): boolean => status < 400;

/** Backfills are for jobs whose targets are quick, so that they end with the torture. */
const isFor = (kind: Act, { name, manner }: RuledJob): boolean => {
  if (kind === 'enable') return name === 'disable-after';
  return kind !== 'backfill' || manner === 'well';
};

const BACKFILLED_MS = 20_000;

const lastSeconds = () => {
  const [from, to] = [Date.now() - BACKFILLED_MS, Date.now()].map((ms) => new Date(ms).toISOString());
  return { from, to };
};

const DAY_MS = 24 * 3_600_000;

const aroundNow = (): string[] =>
  [-1, 0, 1].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
