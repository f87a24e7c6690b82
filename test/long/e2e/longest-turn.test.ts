import { expect } from 'chai';
import type { Api } from '../../support/api.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** Four times what any turn takes on a common machine. */
const MAX_CPU_MS = 100;
const DAY_MS = 86_400_000;
const JOBS = 250;

/** The longest time of the processor that this thread was used without a turn for others, while an action is under way. */
const longestTurnMs = async (action: () => Promise<unknown>): Promise<number> => {
  let isOver = false;
  let longestMs = 0;
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  const watch = async () => {
    for (let beforeMs = used(); !isOver; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const nowMs = used();
      longestMs = Math.max(longestMs, nowMs - beforeMs);
      beforeMs = nowMs;
    }
  };
  const watching = watch();
  await action();
  isOver = true;
  await watching;
  return longestMs;
};

describe('the service: a tenant with many slots, most of them closed', () => {
  let service: TestService;
  let api: Api;
  let jobIds: number[];
  before(async () => {
    service = await startTestService();
    api = service.as();
    const nowMs = Date.now();
    const isoOf = (ms: number): string => new Date(ms).toISOString();
    await api.post('/pauses', { scope: 'tenant', reason: 'for a day', until: isoOf(nowMs + 0.98 * DAY_MS) });
    // Each second day of 27 years: nothing joins two of them.
    const dates = Array.from({ length: 5_000 }, (_, index) => isoOf(nowMs + 2 * index * DAY_MS).slice(0, 10));
    await api.put('/calendars/every-second-day', { dates });
    const zones = Intl.supportedValuesOf('timeZone');
    const jobs = Array.from({ length: JOBS }, (_, index) => ({
      name: `job-${index}`,
      pattern: index % 2 === 0 ? '* * * * * *' : `${index % 60} * * * * *`,
      timezone: zones[index % zones.length] ?? 'UTC',
      ...(index % 5 === 0 ? { calendar: { exclude: ['every-second-day'] } } : {}),
      ...(index % 7 === 0 ? { jitter: '30s' } : {}),
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `http://127.0.0.1:${1_000 + index}/`, method: 'GET' },
    }));
    const { status } = await api.post('/bootstrap', { applications: [{ application: { name: 'crm' }, jobs }] });
    expect(status).to.equal(200);
    const listed: { readonly id: number }[] = (await api.get('/jobs?limit=500')).body;
    jobIds = listed.map(({ id }) => id);
  });
  after(() => service.stop());

  const from = new Date(Date.now() - DAY_MS / 2).toISOString();
  const to = new Date(Date.now() + DAY_MS / 4).toISOString();
  const lookups: Readonly<Record<string, (first: number) => string>> = {
    'the slots of a day': () => '/upcoming?minutes=1440',
    'jobs by their next run': () => '/jobs?sort=nextRunAt&limit=500',
    'a list of jobs': () => '/jobs?limit=500',
    'a list of jobs as it was': () => `/jobs?limit=500&asOf=${encodeURIComponent(new Date().toISOString())}`,
    'occurrences of all jobs': () => `/occurrences?from=${from}&to=${to}&limit=500`,
    'occurrences that were skipped': () => `/occurrences?from=${from}&to=${to}&outcome=skipped&limit=500`,
    'occurrences of a job': (first) => `/jobs/${first}/occurrences?from=${from}&to=${to}&limit=500`,
    'a check of the log': () => `/audit/explain?from=${from}`,
    'what needs attention': () => '/attention',
    statistics: () => '/stats',
    alerts: () => '/alerts',
  };
  for (const [what, path] of Object.entries(lookups)) {
    it(`holds up no one by ${what}`, async () => {
      const requested = path(jobIds[0] ?? 0);
      let status = 0;
      const longestMs = await longestTurnMs(async () => {
        ({ status } = await api.get(requested));
      });
      expect(status, requested).to.equal(200);
      expect(longestMs, requested).to.be.below(MAX_CPU_MS);
    });
  }

  it('holds up no one by a preview of a thousand slots, and by a backfill of ten thousand', async () => {
    const preview = { pattern: '* * * * * *', calendar: { exclude: ['every-second-day'] }, count: 1_000 };
    const backfill = { from, to: new Date(Date.parse(from) + 9_000_000).toISOString(), dryRun: true };
    for (const [requested, body] of [
      ['/preview', preview],
      [`/jobs/${jobIds[0]}/backfills`, backfill],
    ] as const) {
      let status = 0;
      const longestMs = await longestTurnMs(async () => {
        ({ status } = await api.post(requested, body));
      });
      expect(status, requested).to.be.oneOf([200, 202]);
      expect(longestMs, requested).to.be.below(MAX_CPU_MS);
    }
  });
});
