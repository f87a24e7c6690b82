import type { EventOf, HttpJobDefinition } from '../../src/domain/events/index.ts';

export const bornAt = '2026-03-01T08:00:00.000Z';

/** A job that fires each minute, unless a test changes that. */
export const aJob = (other: Partial<HttpJobDefinition> = {}): HttpJobDefinition => ({
  jobId: 7,
  tenant: 'acme',
  applicationId: 3,
  name: 'sync',
  enabled: true,
  pattern: '* * * * *',
  timezone: 'UTC',
  scheduleSince: bornAt,
  taskType: 'HttpInvokerTask',
  taskConfig: { endpoint: 'https://example.com', path: '/sync', method: 'GET' },
  createdAt: bornAt,
  createdBy: 'ann',
  updatedAt: bornAt,
  updatedBy: 'ann',
  ...other,
});

export const jobCreated = (other: Partial<HttpJobDefinition> = {}): EventOf<'JobCreated'> => ({
  type: 'JobCreated',
  data: aJob(other),
});
export const jobDisabled = (other: Partial<HttpJobDefinition> = {}): EventOf<'JobDisabled'> => ({
  type: 'JobDisabled',
  data: aJob({ enabled: false, ...other }),
});
export const jobDeleted = (other: Partial<HttpJobDefinition> = {}): EventOf<'JobDeleted'> => ({
  type: 'JobDeleted',
  data: aJob(other),
});
