import { expect } from 'chai';
import { JOB_SORTS, type JobSort } from '../../src/projections/queries/job-filter.ts';
import type { JobView } from '../../src/projections/queries/jobs-row.ts';
import { pauseEntry } from '../support/closure-entries.ts';
import type { Entry } from '../support/entry.ts';
import { history, STEPS, type Step } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { at, slotHistory } from '../support/slot-histories.ts';

const acme = { tenant: 'acme' };
const steps: Step[] = Array.from({ length: 240 }, (_, index) => ({
  jobId: (index % 8) + 1,
  step: STEPS[3 + ((index * 5) % 6)] ?? 'claim',
}));
const FAILED_ATTEMPT = (['claim', 'try again'] as const).map((step) => ({ jobId: 4, step }));
/** An attempt that failed did so before its request was sent. */
const notSent = ({ event, ...entry }: Entry): Entry => {
  if (event.type !== 'ExecutionAttemptFailed') return { event, ...entry };
  const { startedAt: _, ...data } = event.data;
  return { ...entry, event: { ...event, data } };
};
const MINUTE_MS = 60_000;

/** What a list is sorted by, as text. */
const keyOf = ({ job, application, lastExecution, nextRunAt }: JobView, by: JobSort['by']): string => {
  switch (by) {
    case 'createdAt':
      return job.createdAt;
    case 'name':
      return job.name.toLowerCase();
    case 'application':
      return application.name;
    case 'enabled':
      return String(job.enabled);
    case 'createdBy':
      return job.createdBy;
    case 'lastStatus':
      return lastExecution?.status ?? '';
    case 'lastRunAt':
      return lastExecution?.scheduledAt ?? '';
    case 'nextRunAt':
      return nextRunAt ?? '~';
  }
};

describe('queries of many jobs at the same time', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    await projecting.reach(
      await projecting.append([
        ...history([...steps, ...FAILED_ATTEMPT, { jobId: 3, step: 'switch' }, { jobId: 7, step: 'delete' }]).map(
          notSent,
        ),
        ...slotHistory({ jobId: 30, tenant: 'globex' })
          .created('09:00')
          .claimed('09:01', 901)
          .succeeded('09:01', 901)
          .passed('OccurrencesMissed', ['09:02', '09:04'], 'ENGINE_DOWN')
          .claimed('09:05', 902, 'ENGINE_DOWN')
          .succeeded('09:05', 902).entries,
      ]),
    );
  });
  after(() => projecting.close());

  const pages = async (sort: JobSort, limit: number): Promise<JobView[]> => {
    const found: JobView[] = [];
    let cursor: string | undefined;
    do {
      const page = await projecting.queries.listJobs(
        acme,
        {},
        { limit, sort, ...(cursor === undefined ? {} : { cursor }) },
      );
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  };

  for (const by of JOB_SORTS.filter((each) => each !== 'lastRunAt')) {
    it(`sorts by ${by}, both ways, the same page by page`, async () => {
      const all = await pages({ by: 'createdAt', isDescending: false }, 50);
      const inOrder = all.toSorted((a, b) => {
        const [one, other] = [keyOf(a, by), keyOf(b, by)];
        return one === other ? a.job.jobId - b.job.jobId : one < other ? -1 : 1;
      });
      const ids = (views: readonly JobView[]) => views.map(({ job }) => job.jobId);
      expect(ids(await pages({ by, isDescending: false }, 2))).to.deep.equal(ids(inOrder));
      expect(ids(await pages({ by, isDescending: true }, 3))).to.deep.equal(ids(inOrder.toReversed()));
    });
  }

  it('finds jobs by the status of their newest execution', async () => {
    const all = await pages({ by: 'createdAt', isDescending: false }, 50);
    for (const lastStatus of ['succeeded', 'failed', 'running', 'pending'] as const) {
      const { items } = await projecting.queries.listJobs(acme, { lastStatus }, { limit: 50 });
      expect(items.map(({ job }) => job.jobId)).to.deep.equal(
        all.filter(({ lastExecution }) => lastExecution?.status === lastStatus).map(({ job }) => job.jobId),
      );
    }
  });

  it('shows of the newest execution of a job what the list of executions does', async () => {
    const all = await pages({ by: 'createdAt', isDescending: false }, 50);
    for (const { job, lastExecution } of all) {
      const { items } = await projecting.queries.listExecutions(acme, { jobId: job.jobId }, { limit: 1 });
      expect(items[0], job.name).to.deep.include(lastExecution);
    }
    expect(all.find(({ job }) => job.jobId === 4)?.lastExecution).to.include({ status: 'pending', startedAt: null });
  });

  it('finds jobs by the correlation id of their last change', async () => {
    const list = async (correlationId: string) =>
      (await projecting.queries.listJobs(acme, { correlationId }, { limit: 50 })).items.length;
    expect(await list('c-1')).to.be.above(0);
    expect(await list('c-2')).to.equal(0);
  });

  it('shows the last slots of a few jobs, of one tenant alone', async () => {
    expect(await projecting.queries.jobSummaries({ tenant: 'globex' }, [30, 1])).to.deep.equal([
      {
        jobId: 30,
        scheduleText: 'Every minute (UTC)',
        slots: [
          { at: at('09:01'), outcome: 'succeeded', executionId: 901 },
          { at: at('09:02'), last: at('09:04'), outcome: 'missed', reason: 'ENGINE_DOWN' },
          { at: at('09:05'), outcome: 'succeeded', reason: 'ENGINE_DOWN', executionId: 902 },
        ],
      },
    ]);
  });

  it('counts what is due, and names who is next', async () => {
    const ahead = await projecting.queries.upcomingSlots({ tenant: 'globex' }, { lengthMs: 60 * MINUTE_MS, parts: 60 });
    expect(ahead.counts).to.have.length(60);
    const ofJob = ahead.first.find(({ jobId }) => jobId === 30);
    expect(ofJob?.timezone).to.equal('UTC');
    expect(Date.parse(ofJob?.at ?? '') - Date.parse(ahead.from)).to.be.within(1, MINUTE_MS);
    // A job of each minute has a slot in each of the parts.
    expect(Math.min(...ahead.counts)).to.be.at.least(1);
    expect(ahead.first.map((each) => each.at)).to.deep.equal(ahead.first.map((each) => each.at).toSorted());
    const bound = { tenant: 'globex', applications: [99] };
    const none = await projecting.queries.upcomingSlots(bound, { lengthMs: 60 * MINUTE_MS, parts: 1 });
    expect([none.counts, none.first], 'of a caller who is bound to other applications').to.deep.equal([[0], []]);
  });

  it('knows a new definition of a job, and a new pause, immediately', async () => {
    const first = async () =>
      (await projecting.queries.upcomingSlots({ tenant: 'hooli' }, { lengthMs: 60 * MINUTE_MS, parts: 60 })).first;
    const job31 = slotHistory({ jobId: 31, tenant: 'hooli', applicationId: 8 }).created('09:00');
    await projecting.reach(await projecting.append(job31.entries.splice(0)));
    expect((await first()).map(({ jobId }) => jobId)).to.deep.equal([31]);
    await projecting.reach(
      await projecting.append([pauseEntry({ pauseId: 70, tenant: 'hooli', createdAt: at('09:00') })]),
    );
    expect(await first()).to.deep.equal([]);
  });
});
