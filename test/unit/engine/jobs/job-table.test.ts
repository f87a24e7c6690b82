import { expect } from 'chai';
import { createClosureTable } from '../../../../src/engine/jobs/closures.ts';
import { createJobTable, type JobTable } from '../../../../src/engine/jobs/job-table.ts';
import type { ScheduledJob } from '../../../../src/engine/ports.ts';
import { NO_LIMITS } from '../../../support/no-limits.ts';

const NOON_MS = Date.parse('2026-03-01T12:00:00Z');
const MINUTE_MS = 60_000;

describe('the table of jobs', () => {
  const waiting = (pattern: string): JobTable => {
    const clock = { now: () => NOON_MS, monotonic: () => 0 };
    const table = createJobTable({
      clock,
      owns: () => true,
      aheadMs: 200,
      limits: NO_LIMITS,
      closures: createClosureTable(),
      isDeleted: () => false,
      runsKnown: () => {},
    });
    const cursor = new Date(NOON_MS - 1).toISOString();
    const job: ScheduledJob = {
      jobId: 1,
      tenant: 'acme',
      applicationId: 1,
      enabled: true,
      deleted: false,
      jobRevision: 0,
      scheduleFields: { pattern, timezone: 'UTC', scheduleSince: cursor },
      runsRevision: 0,
      tail: { jobRevision: 0, cursor, runs: 0, open: [] },
    };
    table.load(job);
    const [due] = table.popDue(NOON_MS, 1);
    if (due === undefined) throw new Error('the slot of noon is not due');
    table.waits(due);
    return table;
  };

  it('looks at a job that waits for a place once a minute, where slots passed meanwhile', () => {
    expect(waiting('* * * * * *').nextMs()).to.equal(NOON_MS + MINUTE_MS);
    expect(waiting('* * * * *').nextMs()).to.equal(NOON_MS + MINUTE_MS);
  });

  it('lets one be that has nothing to settle until its next slot passes', () => {
    expect(waiting('0 * * * *').nextMs()).to.equal(NOON_MS + 60 * MINUTE_MS);
    expect(waiting('0 0 12 1 3 *').nextMs()).to.equal(Date.parse('2027-03-01T12:00:00Z'));
  });
});
