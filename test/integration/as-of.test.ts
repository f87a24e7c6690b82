import { expect } from 'chai';
import fc from 'fast-check';
import { EVERY_TENANT, toInstant } from '../../src/domain/values.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import type { JobView } from '../../src/projections/queries/jobs-row.ts';
import type { ListPage } from '../../src/projections/queries/page.ts';
import type { Scope } from '../../src/projections/queries/scope.ts';
import type { Entry } from '../support/entry.ts';
import { history, recorded, STEPS, type Step } from '../support/histories.ts';
import { openProjecting } from '../support/projecting.ts';

const JOBS = [1, 2, 3, 4];
const OFTEN = ['claim', 'request', 'start', 'succeed', 'fail', 'try again', 'pass', 'pause', 'date', 'edit'] as const;
const START_MS = Date.UTC(2026, 2, 1, 8);
const STEP_MS = 7_000;

/** A job with a slot each second, so that every claim and every range is of slots. */
const eachSecond = ({ stream, event }: Entry): Entry => {
  switch (event.type) {
    case 'JobCreated':
    case 'JobUpdated':
    case 'JobEnabled':
    case 'JobDisabled':
    case 'JobDeleted':
      return { stream, event: { ...event, data: { ...event.data, pattern: '* * * * * *' } } };
    default:
      return { stream, event };
  }
};

/** What each step brings about, and when the log records it: half a second after the step. */
const recordedSteps = (steps: readonly Step[]): { readonly atMs: number; readonly entries: readonly Entry[] }[] =>
  steps.map((_, index) => {
    const before = history(steps.slice(0, index)).length;
    return {
      atMs: START_MS + (index + 1) * STEP_MS + 500,
      entries: history(steps.slice(0, index + 1))
        .slice(before)
        .map(eachSecond),
    };
  });

const everyPage = async <T>(list: (cursor: { cursor?: string }) => Promise<ListPage<T>>): Promise<T[]> => {
  const items: T[] = [];
  let page = await list({});
  items.push(...page.items);
  while (page.next !== undefined) {
    page = await list({ cursor: page.next });
    items.push(...page.items);
  }
  return items;
};

/** The state of a job is told only of now. */
const withoutState = ({ state, ...job }: JobView): Omit<JobView, 'state'> => job;

/** What all the queries answer that can be asked as of an instant. */
const answersOf = async (
  queries: Queries,
  scope: Scope,
  { untilMs, lastExecution }: { readonly untilMs: number; readonly lastExecution: number },
): Promise<Record<string, unknown>> => {
  const jobs = async (filter: Parameters<Queries['listJobs']>[1], isDescending = false) => {
    const found = await everyPage((cursor) =>
      queries.listJobs(scope, filter, { limit: 2, sort: { by: 'createdAt', isDescending }, ...cursor }),
    );
    return found.map(withoutState);
  };
  const executions = (filter: Parameters<Queries['listExecutions']>[1], limit = 3) =>
    everyPage((cursor) => queries.listExecutions(scope, filter, { limit, ...cursor }));
  const span = { from: toInstant(START_MS), to: toInstant(untilMs) };
  const requested: Record<string, Promise<unknown>> = {
    jobs: jobs({}),
    newestJobs: jobs({}, true),
    enabledJobs: jobs({ enabled: true }),
    namedJobs: jobs({ name: '*NAME AT*' }),
    exactlyNamed: jobs({ name: 'job 1' }),
    inOtherCase: jobs({ name: 'JOB 1' }),
    ofForm: jobs({ name: 'J*b*' }),
    atTarget: jobs({ target: 'example.com' }),
    redJobs: jobs({ labels: { team: 'red' } }),
    jobsOfApplication: jobs({ application: 'app-1' }),
    eachJob: Promise.all(
      JOBS.map(async (jobId) => {
        const job = await queries.getJob(scope, jobId);
        return job && withoutState(job);
      }),
    ),
    executions: executions({}),
    open: executions({ status: ['pending', 'running'] }, 1),
    pending: executions({ status: ['pending'] }),
    running: executions({ status: ['running'] }),
    succeeded: executions({ status: ['succeeded'] }),
    endedOrRunning: executions({ status: ['failed', 'cancelled', 'running'] }),
    failedFor: executions({ errorCode: 'HTTP_500' }),
    ofJob: executions({ jobId: 1, trigger: 'schedule' }),
    eachExecution: Promise.all(
      Array.from({ length: lastExecution + 1 }, (_, index) => queries.getExecution(scope, index + 1)),
    ),
    statistics: queries.statistics(scope),
    occurrences: everyPage((cursor) => queries.listOccurrences(scope, span, { limit: 200, ...cursor })),
    skipped: everyPage((cursor) =>
      queries.listOccurrences(scope, { ...span, jobId: 1, outcomes: ['skipped', 'missed'] }, { limit: 50, ...cursor }),
    ),
  };
  const responses = Object.entries(requested).map(async ([name, response]) => [name, await response]);
  return Object.fromEntries(await Promise.all(responses));
};

describe('what was so at an instant', () => {
  it('equals a replay of the log up to the instant', async () => {
    const anyStep = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...OFTEN) },
      { weight: 1, arbitrary: fc.constantFrom(...STEPS) },
    );
    const anySteps = fc.array(fc.record({ jobId: fc.constantFrom(...JOBS), step: anyStep }), {
      minLength: 40,
      maxLength: 50,
    });
    await fc.assert(
      fc.asyncProperty(anySteps, fc.infiniteStream(fc.nat(9)), async (steps, isLookedAt) => {
        let nowMs = START_MS;
        const [whole, replay] = [await openProjecting(() => nowMs), await openProjecting(() => nowMs)];
        try {
          const recorded = recordedSteps(steps);
          whole.run();
          replay.run();
          let end = '';
          for (const { atMs, entries } of recorded) {
            nowMs = atMs;
            if (entries.length > 0) end = await whole.append(entries);
          }
          await whole.reach(end);
          const lastExecution = steps.filter(({ step }) => step === 'claim' || step === 'request').length;
          const span = { untilMs: nowMs, lastExecution };
          nowMs = START_MS;
          for (const { atMs, entries } of recorded) {
            nowMs = atMs;
            if (entries.length > 0) await replay.reach(await replay.append(entries));
            if (atMs !== span.untilMs && isLookedAt.next().value !== 0) continue;
            for (const tenant of ['acme', EVERY_TENANT] as const) {
              const asOf = toInstant(atMs);
              const told = await answersOf(whole.queries, { tenant, asOf }, span);
              const expected = await answersOf(replay.queries, { tenant }, span);
              for (const [requested, response] of Object.entries(expected)) {
                expect(told[requested], `${requested} of ${String(tenant)} at ${asOf}`).to.deep.equal(response);
              }
            }
          }
        } finally {
          await Promise.all([whole.close(), replay.close()]);
        }
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });

  it('counts what has expired, from the retention cutoff on', async () => {
    const names = [
      'claim',
      'succeed',
      'claim',
      'fail',
      'expire',
      'claim',
      'expire',
      'succeed',
      'claim',
      'cancel',
    ] as const;
    const entries = history(names.map((step) => ({ jobId: 1, step })));
    const events = recorded(entries);
    const expiry = events.findLast((event) => event.type === 'ExecutionsExpired');
    let nowMs = START_MS;
    const projecting = await openProjecting(() => nowMs);
    try {
      projecting.run();
      const then: { asOf: string; executions: unknown }[] = [];
      for (const [index, entry] of entries.entries()) {
        nowMs = events[index]?.recordedAt ?? nowMs;
        await projecting.reach(await projecting.append([entry]));
        const { last24h: _, ...executions } = (await projecting.queries.statistics({ tenant: 'acme' })).executions;
        then.push({ asOf: toInstant(nowMs), executions });
      }
      const after = then.filter(({ asOf }) => asOf >= (expiry?.data.before ?? ''));
      expect(after.length).to.be.within(4, entries.length - 4);
      for (const { asOf, executions } of after) {
        const { last24h: _, ...told } = (await projecting.queries.statistics({ tenant: 'acme', asOf })).executions;
        expect(told, asOf).to.deep.equal(executions);
      }
      expect(after.at(-1)?.executions).to.deep.include({ succeeded: 2, failed: 1, cancelled: 1 });
    } finally {
      await projecting.close();
    }
  });
});
