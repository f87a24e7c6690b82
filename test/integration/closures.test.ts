import { expect } from 'chai';
import { toInstant } from '../../src/domain/values.ts';
import { type LoadedSchedule, loadSchedule, type ScheduleRow } from '../../src/projections/load-schedule.ts';
import { calendarEntry, pauseEntry } from '../support/closure-entries.ts';
import { jobCreated } from '../support/jobs.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { startProxy } from '../support/proxy.ts';

/** No test runs later. */
const LATER = '2120-03-01T09:00:00.000Z';
const [SINCE, CHANGED] = ['2026-03-01T08:00:00.000Z', '2120-02-01T08:00:00.000Z'];
const at = (instant: string): number => Date.parse(instant);

describe('read models of calendars and pauses', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    await projecting.reach(
      await projecting.append([
        { stream: 'job-7', event: jobCreated({ jobId: 7, taskConfig: { url: 'https://a.example/x', method: 'GET' } }) },
        {
          stream: 'job-8',
          event: jobCreated({ jobId: 8, taskConfig: { url: 'https://${A}.example', method: 'GET' } }),
        },
        // The last date was not reached while this version was there.
        calendarEntry({ dates: ['2026-03-02', '2121-01-01'] }),
        calendarEntry({ dates: [], updatedAt: CHANGED }),
        calendarEntry({ name: 'old', updatedAt: '2020-01-01T00:00:00.000Z' }),
        calendarEntry({ name: 'old', updatedAt: '2020-02-01T00:00:00.000Z' }, 'CalendarDeleted'),
        calendarEntry({ tenant: 'globex', dates: ['2026-03-02'] }),
        pauseEntry({ until: LATER }),
        pauseEntry({ pauseId: 2, scope: 'target', target: 'a.example', tenant: 'globex' }),
        pauseEntry({ pauseId: 3, scope: 'application', applicationId: 3, liftedAt: CHANGED }),
        pauseEntry({ pauseId: 4, scope: 'installation', tenant: 'globex' }),
        pauseEntry({ pauseId: 5, liftedAt: '2020-02-01T00:00:00.000Z' }),
        pauseEntry({ pauseId: 6, scope: 'jobs', jobs: [7, 1], operationId: 5 }),
      ]),
    );
  });
  after(() => projecting.close());

  const load = async (): Promise<LoadedSchedule & { jobs: ScheduleRow[] }> => {
    const jobs: ScheduleRow[] = [];
    return { ...(await loadSchedule(projecting.scheduleSource, (job) => jobs.push(job))), jobs };
  };

  it('let an engine load what can still exclude unsettled slots, and the origins that jobs call', async () => {
    const { closures, position, jobs } = await load();
    expect(position).to.equal(await projecting.store.end());
    expect(jobs.map(({ jobId, target }) => [jobId, target])).to.deep.equal([
      [7, 'https://a.example'],
      [8, undefined],
    ]);
    expect(closures.calendars).to.deep.equal([
      { tenant: 'acme', name: 'holidays', revision: 0, deleted: false, dates: ['2026-03-02'], updatedAt: SINCE },
      { tenant: 'acme', name: 'holidays', revision: 1, deleted: false, dates: [], updatedAt: CHANGED },
      {
        tenant: 'acme',
        name: 'old',
        revision: 1,
        deleted: true,
        dates: ['2026-03-02'],
        updatedAt: '2020-02-01T00:00:00.000Z',
      },
      { tenant: 'globex', name: 'holidays', revision: 0, deleted: false, dates: ['2026-03-02'], updatedAt: SINCE },
    ]);
    const set = { createdAt: SINCE, createdBy: 'ann', revision: 0 };
    expect(closures.pauses).to.have.deep.members([
      { ...set, pauseId: 1, tenant: 'acme', scope: 'tenant', until: LATER },
      { ...set, pauseId: 2, tenant: 'globex', scope: 'target', target: 'a.example' },
      { ...set, pauseId: 3, tenant: 'acme', scope: 'application', applicationId: 3, liftedAt: CHANGED },
      { ...set, pauseId: 4, tenant: 'globex', scope: 'installation' },
      { ...set, pauseId: 6, tenant: 'acme', scope: 'jobs', jobs: [7, 1], operationId: 5 },
    ]);
  });

  it('let a command load the calendars and pauses of a tenant', async () => {
    const job = {
      tenant: 'acme',
      applicationId: 3,
      jobId: 7,
      timezone: 'UTC',
      calendar: { exclude: ['holidays'] },
      target: 'https://a.example',
      labelsText: undefined,
    };
    const search = { calendars: ['holidays'], afterMs: at(SINCE) };
    const acme = await projecting.queries.loadClosures({ tenant: 'acme' }, search);
    const march = acme.closuresOf(job)(at('2026-03-01T07:00:00.000Z'), at('2026-03-04T00:00:00.000Z'));
    expect(march.map(({ reason, fromMs }) => `${reason} from ${new Date(fromMs).toISOString()}`)).to.deep.equal([
      'PAUSED from 2026-03-01T08:00:00.000Z',
      'CALENDAR from 2026-03-02T00:00:00.000Z',
      'PAUSED from 2026-03-03T00:00:00.000Z',
    ]);
    const none = await projecting.queries.loadClosures({ tenant: 'none' }, { calendars: [], afterMs: at(SINCE) });
    expect(none.pausedUntilMs({ ...job, tenant: 'none' }, at(LATER)), 'the installation is paused').to.equal(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('a calendar that was set often', () => {
  it('is read at a start without the dates that no version of it reached', async () => {
    const projecting = await openProjecting();
    let bytes = 0;
    const { databaseUrl, timers } = projecting.scheduleSource;
    const proxy = await startProxy(databaseUrl, () => ({
      fromClient: (_chunk, pass) => pass(),
      fromServer: (chunk, pass) => {
        bytes += chunk.length;
        pass();
      },
    }));
    try {
      projecting.run();
      const dates = Array.from({ length: 3_000 }, (_, day) => toInstant(Date.UTC(2130, 0, day)).slice(0, 10));
      const updatedAt = (version: number) => toInstant(Date.UTC(2120, 0, 1, 0, 0, version));
      const versions = Array.from({ length: 20 }, (_, each) => calendarEntry({ dates, updatedAt: updatedAt(each) }));
      await projecting.reach(await projecting.append(versions));
      const { closures } = await loadSchedule({ databaseUrl: proxy.url, timers }, () => {});
      expect(closures.calendars.map((version) => version.dates.length)).to.deep.equal([...Array(19).fill(0), 3_000]);
      expect(bytes).to.be.below(4 * JSON.stringify(dates).length);
    } finally {
      await proxy.close();
      await projecting.close();
    }
  });
});
