import { expect } from 'chai';
import supertest from 'supertest';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import type { ExplainReport, LogReadingOptions } from '../../src/explain/log-reading.ts';
import { NOW_MS, testApp, tokenFor } from '../support/http.ts';

const API = '/_/scheduler';

const explanation: ExplainReport = {
  jobs: 1,
  slots: { fired: 8, late: {}, skipped: {}, missed: {}, due: 0 },
  faults: {
    counts: { unexplained: 1, duplicated: 0, notDue: 0 },
    first: [{ jobId: 7, kind: 'unexplained', firstMs: NOW_MS - 54_000_000, lastMs: NOW_MS - 54_000_000, count: 1 }],
  },
  unreadable: [],
};

const asking = (claims: Readonly<Record<string, unknown>> = { permissions: ['scheduler:audit:read'] }) => {
  const requested: LogReadingOptions[] = [];
  const { app } = testApp({
    explainLog: async ({ tenant, span }) => {
      requested.push({ tenant, span });
      return explanation;
    },
  });
  const get = (path: string) =>
    supertest(app)
      .get(`${API}/audit/explain${path}`)
      .set('Authorization', `Bearer ${tokenFor(claims)}`);
  return { asked: requested, get };
};

describe('the audit API', () => {
  it('reports the outcome of the slots after an instant until now, and which are not explained', async () => {
    const { asked: requested, get } = asking({ tenant: 'acme', permissions: ['scheduler:audit:read'] });
    const { body } = await get('?from=2025-12-31T01:00:00%2B01:00').expect(200);
    expect(body).to.deep.equal({
      from: '2025-12-31T00:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
      explained: false,
      jobs: 1,
      slots: { fired: 8, late: {}, skipped: {}, missed: {}, due: 0 },
      faults: { unexplained: 1, duplicated: 0, notDue: 0 },
      faultySlots: [
        {
          jobId: 7,
          kind: 'unexplained',
          first: '2025-12-31T09:00:00.000Z',
          last: '2025-12-31T09:00:00.000Z',
          count: 1,
        },
      ],
      unreadable: [],
    });
    const span = { afterMs: Date.parse('2025-12-31T00:00:00Z'), untilMs: NOW_MS };
    expect(requested).to.deep.equal([{ tenant: 'acme', span }]);
  });

  it('checks the jobs of all tenants for an administrator who names none', async () => {
    const { asked: requested, get } = asking({ permissions: ['scheduler:admin'] });
    await get('?from=2025-12-31T00:00:00Z').expect(200);
    await get('?from=2025-12-31T00:00:00Z&tenant=acme').expect(200);
    expect(requested.map(({ tenant }) => tenant)).to.deep.equal([EVERY_TENANT, 'acme']);
  });

  it('rejects a span that does not end after it begins', async () => {
    for (const query of ['?from=2025-12-31T00:00:00Z&to=2025-12-31T00:00:00Z', '?from=2027-01-01T00:00:00Z']) {
      const { body } = await asking().get(query).expect(400);
      expect(body.errors[0].pointer).to.equal('/to');
    }
    await asking().get('').expect(400);
  });
});
