import { expect } from 'chai';
import supertest from 'supertest';
import { testApp, tokenFor } from '../support/http.ts';

const API = '/_/scheduler';
const permissions = [
  ...['scheduler:executions:read', 'scheduler:executions:cancel', 'scheduler:jobs:read', 'scheduler:jobs:trigger'],
  'scheduler:audit:read',
];
const bearer = `Bearer ${tokenFor({ permissions })}`;
const HORIZON = '2025-12-01T00:00:00.000Z';

/** Of job 7, executions 1 to 40 have expired. */
const { app } = testApp({
  queries: {
    getExecution: async () => undefined,
    listExecutions: async () => ({ items: [] }),
    listOccurrences: async () => ({ items: [] }),
    lastEventOfExecution: async () => undefined,
    expiredBefore: async (_scope, { jobId = 7, executionId = 1 } = {}) =>
      jobId === 7 && executionId <= 40 ? HORIZON : undefined,
  },
});
const request = (method: 'get' | 'post', path: string) =>
  supertest(app)
    [method](API + path)
    .set('Authorization', bearer);

describe('what has expired', () => {
  for (const [method, path] of [
    ['get', '/executions/40'],
    ['post', '/executions/40/rerun'],
    ['post', '/executions/40/cancel'],
    ['get', '/audit/inclusion?executionId=40'],
    ['get', '/executions?asOf=2025-11-30T23:59:59.999Z'],
    ['get', '/jobs?asOf=2025-11-30T23:59:59.999Z'],
    ['get', '/stats?asOf=2025-06-01T00:00:00Z'],
    ['get', `/executions?to=${HORIZON}`],
    ['get', `/jobs/7/executions?from=2025-06-01T00:00:00Z&to=${HORIZON}`],
    ['get', '/jobs/7/occurrences?from=2025-11-30T12:00:00Z&to=2025-12-02T00:00:00Z'],
    ['get', '/occurrences?from=2025-11-30T12:00:00Z&to=2025-12-01T00:00:00Z'],
  ] as const) {
    it(`is gone, and the response names the retention cutoff: ${method} ${path}`, async () => {
      const { body } = await request(method, path).expect(410);
      expect(body.code).to.equal('EXPIRED');
      expect(body.detail).to.contain(HORIZON);
    });
  }

  for (const [path, status] of [
    ['/executions/41', 404],
    ['/audit/inclusion?executionId=41', 404],
    [`/executions?asOf=${HORIZON}`, 200],
    ['/executions?from=2025-06-01T00:00:00Z&to=2025-12-01T00:00:00.001Z', 200],
    [`/jobs/7/occurrences?from=${HORIZON}&to=2025-12-02T00:00:00Z`, 200],
    ['/executions/41?asOf=2024-12-31T00:00:00Z', 400],
  ] as const) {
    it(`does not include ${path}, which has status ${status}`, async () => {
      await request('get', path).expect(status);
    });
  }
});
