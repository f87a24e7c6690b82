import { expect } from 'chai';
import { ago, failedExecution, runAgainst, TWO_HOURS } from '../../support/canned-carillon.ts';

const job = {
  id: 2,
  name: 'sync',
  application: { name: 'crm' },
  timezone: 'UTC',
  pattern: '* * * * *',
  taskConfig: { url: 'http://a', method: 'GET' },
  updatedAt: ago(60),
  updatedBy: 'ann',
};

describe('carillon explain with a slot', () => {
  const at = ago(TWO_HOURS);
  const explained = async (slot: object): Promise<string> => {
    const responses = { '/jobs/crm%2Fsync/occurrences': [{ body: [{ jobId: 2, at, definitionVersion: 1, ...slot }] }] };
    return (await runAgainst(responses, 'explain', 'crm/sync', '--slot', at)).out;
  };

  it('names the calendars that skip or move the slot', async () => {
    const skipped = { outcome: 'skipped', reason: 'CALENDAR' };
    expect(await explained({ ...skipped, calendars: ['holidays'] })).to.match(
      /: skipped \(CALENDAR\)\. Excluded by the calendar holidays\.\n$/,
    );
    expect(await explained({ ...skipped, calendars: ['holidays', 'audit'] })).to.match(
      /Excluded by the calendars holidays, audit\.\n$/,
    );
    const moved = { outcome: 'due', dueAt: ago(-TWO_HOURS), calendars: ['holidays'] };
    expect(await explained(moved)).to.match(/ \(moved to \S+ by the calendar holidays\): due in 2 h; will run\.\n$/);
    const expected = { outcome: 'due', expected: 'skipped', expectedReason: 'CALENDAR', calendars: ['holidays'] };
    expect(await explained(expected)).to.match(/; will be skipped \(the calendar holidays\)\.\n$/);
  });

  it('states that a change of a calendar made a slot late', async () => {
    expect(await explained({ outcome: 'late', reason: 'CALENDAR' })).to.match(
      /: late \(CALENDAR\)\. A change of the job's calendar moved the slot into the past\.\n$/,
    );
  });
});

describe('carillon explain with the time that a calendar moved a slot to', () => {
  it('finds the slot, and states where it moved', async () => {
    const at = ago(-TWO_HOURS);
    const dueAt = ago(-30 * TWO_HOURS);
    const slot = { jobId: 2, at, dueAt, outcome: 'due', calendars: ['holidays'], definitionVersion: 1 };
    const responses = {
      '/jobs/crm%2Fsync/occurrences': [{ body: [] }, { body: [slot] }],
      '/jobs/crm%2Fsync': [{ body: { ...job, calendar: { exclude: ['holidays'], shift: 'next' } } }],
    };
    const { out } = await runAgainst(responses, 'explain', 'crm/sync', '--slot', dueAt);
    expect(out).to.include(` at ${at.replace('.000Z', 'Z')} (moved to ${dueAt.replace('.000Z', 'Z')} by the calendar`);
    expect(out).to.match(/: due in 3 d; will run\.\n$|: due in 60 h; will run\.\n$/);
  });
});

describe('carillon explain without a slot', () => {
  const slot = (seconds: number, fields: object) => ({ jobId: 2, at: ago(seconds), ...fields });
  const missed = slot(TWO_HOURS, { outcome: 'missed', reason: 'ENGINE_DOWN' });

  it('shows the job, its last and next slots, their reasons and its last failure', async () => {
    const lists = [
      { body: [] },
      { body: [] },
      { body: [] },
      { body: [missed] },
      { body: [slot(-TWO_HOURS, { outcome: 'due' })] },
    ];
    const responses = {
      '/jobs/crm%2Fsync': [{ body: job }],
      '/jobs/crm%2Fsync/occurrences': lists,
      '/executions': [{ body: [failedExecution] }],
    };
    const { code, out } = await runAgainst(responses, 'explain', 'crm/sync');
    expect(code).to.equal(0);
    expect(out).to.match(/^Job +crm\/sync\n/);
    expect(out).to.match(/\nSLOT .*\n20\S+Z +missed +2 h ago +ENGINE_DOWN\n20\S+Z +due +in 2 h\n\n/);
    expect(out).to.match(
      /\nENGINE_DOWN: No engine was claiming slots.*\nLast failure: execution 8 failed after 2.0 s: HTTP_500: .*\n$/,
    );
  });
});
