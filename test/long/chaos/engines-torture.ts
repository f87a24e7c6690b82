import { setTimeout as sleep } from 'node:timers/promises';
import { eventsOf } from '../../support/service-log.ts';
import { seededRandom } from '../../support/world.ts';
import { createCallbackReports } from './callback-reports.ts';
import { type CountingTarget, startCountingTarget } from './counting-target.ts';
import { plannedStrikes, type Strike, strike } from './strikes.ts';
import { type Installation, type LogKind, startInstallation } from './struck-engines.ts';
import { calledTwice, calledUnheard, missedIn, type StrikeSpan, seenIn, unexplainedIn } from './torture-books.ts';
import { makeJobs, type TortureJobs } from './torture-jobs.ts';
import { startUsers } from './torture-users.ts';
import { startTortureWorkers, type TortureWorkers, type WorkerStrike } from './torture-workers.ts';

export type EnginesTally = {
  readonly seed: number;
  readonly strikes: Readonly<Partial<Record<Strike | WorkerStrike, number>>>;
  /** What users did beside the schedule. */
  readonly done: Readonly<Record<string, number>>;
  /** How often the log tells of retries, cancelling, callbacks and so on. */
  readonly seen: Readonly<Record<string, number>>;
  readonly jobs: number;
  readonly calls: number;
  /** Attempts that workers began. */
  readonly worked: number;
  /** Slots that no engine called in time, whatever the log says of them. */
  readonly missed: number;
  /** Of these, slots of jobs without rules within restarts of an engine in order: there should be none. */
  readonly missedInRestarts: number;
  /** Calls in a pause that was set while their engine was frozen or cut off, before it could hear of it. */
  readonly calledUnheard: number;
  /** Calls that were made a second time, and slots that were called twice. */
  readonly doubled: number;
  /** What the log does not explain: slots, executions, attempts, calls, and what was answered. */
  readonly unexplained: number;
  /** Jobs without a new call within 15 s of the end of a strike, executions without an end, and processes that did not
   * stop in order. */
  readonly stuck: number;
  readonly wrong: readonly string[];
};

export type TortureOptions = {
  readonly log: LogKind;
  readonly minutes: number;
  readonly seed: number;
  /** Told before each strike. */
  readonly say: (what: string) => void;
};

const PROGRESS_MS = 15_000;
const MINUTE_MS = 60_000;
/** A torture has room for so many strikes of the longest kind. */
const MIN_STRIKES = 5;

/** Strikes at engines, Postgres and the log for so long while users are at work, then balances the books. */
export const tortureEngines = async ({ log, minutes, seed, say }: TortureOptions): Promise<EnginesTally> => {
  const random = seededRandom(seed);
  let url = '';
  const reports = createCallbackReports({ random: seededRandom(seed + 2), url: () => url });
  const target = await startCountingTarget({ random: seededRandom(seed + 1), accepted: reports.take });
  const installation = await startInstallation(log);
  url = installation.url;
  const spans: StrikeSpan[] = [];
  /** Each with the time until all jobs were called again. */
  const restarts: { readonly fromMs: number; readonly toMs: number }[] = [];
  let workers: TortureWorkers | undefined;
  try {
    const jobs = await makeJobs(installation, target.origin);
    const stuck = (await withoutProgress(target, jobs.plain)).map((jobId) => `job ${jobId} never began`);
    const users = startUsers({ random: seededRandom(seed + 3), api: installation.api, jobs });
    const longestMs = (minutes * MINUTE_MS) / MIN_STRIKES;
    workers = await startTortureWorkers({ random: seededRandom(seed + 4), installation, longestMs, say });
    const endMs = performance.now() + minutes * MINUTE_MS;
    for (const kind of plannedStrikes(log, random)) {
      if (performance.now() >= endMs) break;
      const fromMs = Date.now();
      const what = await strike(kind, { random, installation, longestMs }, (words) => say(`${kind}: ${words}`));
      spans.push({ kind, fromMs, toMs: Date.now() });
      const late = await withoutProgress(target, jobs.plain);
      for (const jobId of late) stuck.push(`job ${jobId} was not called within 15 s after: ${kind} ${what}`);
      if (kind === 'restart an engine') restarts.push({ fromMs, toMs: Date.now() });
    }
    say('the books are balanced');
    await users.stop();
    await liftPauses(installation);
    stuck.push(...(await workers.calm()));
    stuck.push(...(await stopJobs(installation, jobs)));
    stuck.push(...(await workers.stop()));
    await reports.idle();
    stuck.push(...(await installation.end()));
    const endedAtMs = Date.now();
    const events = await eventsOf(installation.log);
    const doubled = calledTwice(target.calls);
    const { calls } = target;
    spans.push(...workers.strikes);
    const [effects, { pauses }, { beats }] = [await workers.effects(), users, workers];
    const tortured = { events, calls, jobs, pauses, strikes: spans, reports, effects, beats, endedAtMs };
    const unexplained = unexplainedIn(tortured);
    const plain = new Set(jobs.plain);
    return {
      seed,
      strikes: Object.fromEntries(
        [...Map.groupBy(spans, ({ kind }) => kind)].map(([kind, ofKind]) => [kind, ofKind.length]),
      ),
      done: Object.fromEntries(users.done),
      seen: seenIn(events),
      jobs: jobs.plain.length + jobs.ruled.length,
      calls: calls.length,
      worked: effects.filter(({ what }) => what === 'begun').length,
      missed: missedIn(events, [{ fromMs: 0, toMs: endedAtMs }]),
      missedInRestarts: missedIn(
        events.filter(({ data }) => 'jobId' in data && data.jobId !== undefined && plain.has(data.jobId)),
        restarts,
      ),
      calledUnheard: calledUnheard(tortured),
      doubled: doubled.length,
      unexplained: unexplained.length,
      stuck: stuck.length,
      wrong: [...stuck, ...doubled, ...unexplained],
    };
  } finally {
    await workers?.clear();
    await installation.clear();
    await target.close();
  }
};

/** What is under way ends by itself: retries within seconds, and accepted calls at their deadlines. */
const ENDED_WITHIN_MS = 40_000;
const POLL_INTERVAL_MS = 1_000;
const OPEN = ['pending', 'running'];

/** Lifts pauses that were recorded though their users got no answer: what waits for their end would not end. */
const liftPauses = async ({ api }: Installation): Promise<void> => {
  for (const { id } of await allOf(api, '/pauses?')) await untilAnswered(() => api().delete(`/pauses/${id}`));
};

/** Disables all jobs, and waits for the end of what is under way; tells what does not end. */
const stopJobs = async ({ api }: Installation, jobs: TortureJobs): Promise<string[]> => {
  for (const job of await allOf(api, '/jobs?enabled=true')) {
    const { status, body } = await untilAnswered(() => api().post(`/jobs/${job.id}/disable`));
    // Some jobs are deleted by themselves.
    if (status !== 200 && status !== 404)
      throw new Error(`job ${job.id} could not be disabled: ${JSON.stringify(body)}`);
  }
  for (const untilMs = Date.now() + ENDED_WITHIN_MS; ; ) {
    const backfills = await Promise.all(jobs.ruled.map(({ id }) => allOf(api, `/jobs/${id}/backfills?`)));
    const executions = await Promise.all(OPEN.map((status) => allOf(api, `/executions?status=${status}`)));
    const open = [...backfills, ...executions].flat().filter(({ status = '' }) => OPEN.includes(status));
    if (open.length === 0) return [];
    if (Date.now() > untilMs) return open.map((each) => `it did not end: ${JSON.stringify(each)}`);
    await sleep(POLL_INTERVAL_MS);
  }
};

const MAX_TRIES = 5;

/** The answer of a request that the log may take a moment for, after it was struck. */
const untilAnswered = async <T extends { readonly status: number }>(request: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    const response = await request();
    if (response.status !== 503 || tries === MAX_TRIES) return response;
    await sleep(POLL_INTERVAL_MS);
  }
};

/** The first page of a list is all that a torture needs of it. */
const allOf = async (
  api: Installation['api'],
  path: string,
): Promise<{ readonly id: number; readonly status?: string }[]> => {
  const { status, body } = await api().get(`${path}&limit=500`);
  if (status !== 200) throw new Error(`${path} gave ${status}: ${JSON.stringify(body)}`);
  return body;
};

/** The jobs of which no slot that is due from now on was called within 15 s. */
const withoutProgress = async (target: CountingTarget, jobIds: readonly number[]): Promise<number[]> => {
  const sinceMs = Date.now();
  const left = new Set(jobIds);
  const late = sleep(PROGRESS_MS, 'late' as const);
  for (let seen = target.calls.length; left.size > 0; ) {
    const next = await Promise.race([target.next(), late]);
    for (const { jobId, slotMs } of target.calls.slice(seen)) if (slotMs >= sinceMs) left.delete(jobId);
    seen = target.calls.length;
    if (next === 'late') break;
  }
  return [...left];
};
