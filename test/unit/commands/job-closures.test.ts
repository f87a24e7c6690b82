import { expect } from 'chai';
import { jobClosuresOf } from '../../../src/commands/job-closures.ts';
import type { CommandReads } from '../../../src/commands/read-models.ts';
import { createClosureBook, type PauseVersion } from '../../../src/domain/closure/closure-book.ts';
import { type EventStore, LOG_START } from '../../../src/event-store/port.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const stopping: PauseVersion = {
  ...{ pauseId: 1, tenant: 'acme', scope: 'jobs', jobs: [7, 1], operationId: 5, revision: 0 },
  createdAt: '2026-03-01T09:00:00.000Z',
  createdBy: 'ann',
};
const later: PauseVersion = {
  ...{ pauseId: 2, tenant: 'acme', scope: 'labels', labels: { team: 'crm' }, revision: 0 },
  createdAt: '2026-03-01T09:01:00.000Z',
  createdBy: 'ann',
};

describe('what closes a job', () => {
  it('includes the operation that stops it, even after another pause', async () => {
    const book = createClosureBook();
    for (const pause of [stopping, later]) book.setPause(pause);
    const { stoppedBy } = jobClosuresOf({
      store: stub<EventStore>({ end: async () => LOG_START }),
      queries: stub<CommandReads['queries']>({ awaitPosition: async () => true, loadClosures: async () => book }),
      world: manualWorld({ nowMs: Date.parse('2026-03-01T09:02:00Z') }),
    });
    const task = { url: 'https://api.example.com', method: 'GET' } as const;
    const job = {
      tenant: 'acme',
      applicationId: 3,
      jobId: 7,
      timezone: 'UTC',
      taskType: 'HttpInvokerTask' as const,
      taskConfig: task,
      labels: { team: 'crm' },
    };
    expect(await stoppedBy(job)).to.equal(5);
    expect(await stoppedBy({ ...job, jobId: 8 })).to.equal(undefined);
  });
});
