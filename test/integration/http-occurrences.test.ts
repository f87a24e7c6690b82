import { expect } from 'chai';
import supertest from 'supertest';
import type { SlotDay } from '../../src/projections/queries/occurrences/slot-days.ts';
import type { OccurrenceFilter, OccurrenceView } from '../../src/projections/queries/occurrences/slots.ts';
import { NOW_MS, testApp, tokenFor } from '../support/http.ts';

const API = '/_/scheduler';
const bearer = `Bearer ${tokenFor()}`;

const slotDay: SlotDay = {
  fired: 1_438,
  late: { ENGINE_BEHIND: 1 },
  skipped: {},
  missed: { ENGINE_DOWN: 1 },
  failed: 2,
};
const occurrenceView: OccurrenceView = {
  jobId: 7,
  at: '2026-01-01T02:00:00.000Z',
  outcome: 'late',
  reason: 'ENGINE_DOWN',
  executionId: 42,
  definitionVersion: 4,
};

const asking = () => {
  const requested: OccurrenceFilter[] = [];
  const { app } = testApp({
    queries: {
      listOccurrences: async (_scope, filter) => {
        requested.push(filter);
        return { items: [occurrenceView], next: 'c2' };
      },
    },
  });
  return {
    asked: requested,
    get: (path: string) =>
      supertest(app)
        .get(API + path)
        .set('Authorization', bearer),
  };
};

describe('the occurrences API', () => {
  it('lists the slots of a job in a span, with those outcomes that are requested', async () => {
    const { asked: requested, get } = asking();
    const query = 'from=2026-01-01T01:00:00%2B01:00&to=2026-02-01T00:00:00Z&outcome=missed,late';
    const { body } = await get(`/jobs/7/occurrences?${query}`).expect(200);
    expect(body).to.deep.equal([{ ...occurrenceView, jobName: 'nightly', applicationId: 1, applicationName: 'crm' }]);
    expect(requested).to.deep.equal([
      { jobId: 7, from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', outcomes: ['missed', 'late'] },
    ]);
  });

  it('lists the last day if no span is given, and stays with it on the next pages', async () => {
    const { asked: requested, get } = asking();
    const day = { from: '2025-12-31T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' };
    expect(new Date(NOW_MS).toISOString()).to.equal(day.to);
    const { headers } = await get('/occurrences?limit=1').expect(200);
    expect(requested).to.deep.equal([day]);
    const { from, to } = day;
    const next = new URLSearchParams({ limit: '1', from, to, cursor: 'c2' });
    expect(headers.link).to.equal(`<${API}/occurrences?${next}>; rel="next"`);
  });

  for (const [path, pointer] of [
    ['/jobs/7/occurrences?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00.001Z', '/to'],
    ['/occurrences?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00.001Z', '/to'],
    ['/occurrences?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', '/to'],
    ['/occurrences?to=0001-01-01T00:00:00Z', '/to'],
    ['/occurrences?from=lately', '/from'],
    ['/occurrences?outcome=missed,lost', '/outcome'],
    ['/occurrences?outcome=', '/outcome'],
    ['/occurrences?outcome=missed&outcome=late', '/outcome'],
    ['/occurrences?reason=OVERLAP', '/reason'],
    ['/jobs/7/occurrences/days', '/month'],
    ['/jobs/7/occurrences/days?month=2026-13', '/month'],
    ['/jobs/7/occurrences/days?month=2026-03&timezone=Mars/Base', '/timezone'],
  ]) {
    it(`rejects ${path}`, async () => {
      const { body } = await asking()
        .get(path ?? '')
        .expect(400);
      expect([body.code, body.errors[0].pointer]).to.deep.equal(['BAD_INPUT', pointer]);
    });
  }

  it('counts the slots of a job per day of a month, in a zone', async () => {
    const requested: (readonly number[])[] = [];
    const none = { fired: 0, late: {}, skipped: {}, missed: {}, failed: 0 };
    const { app } = testApp({
      queries: {
        slotDays: async (_scope, _jobId, midnightsMs) => {
          requested.push(midnightsMs);
          return midnightsMs.slice(1).map((_, day) => (day === 28 ? slotDay : none));
        },
      },
    });
    const { body } = await supertest(app)
      .get(`${API}/jobs/7/occurrences/days?month=2026-03&timezone=Europe/Berlin`)
      .set('Authorization', bearer)
      .expect(200);
    expect(body).to.deep.equal([{ date: '2026-03-29', ...slotDay }]);
    const midnights = requested[0]?.map((ms) => new Date(ms).toISOString());
    expect(midnights?.length).to.equal(32);
    // The clock is put forward on the 29th.
    expect([midnights?.[0], midnights?.[28], midnights?.[29], midnights?.[31]]).to.deep.equal([
      '2026-02-28T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ]);
  });

  it('has none of a job that never was', async () => {
    const { body } = await asking().get('/jobs/8/occurrences').expect(404);
    expect(body.code).to.equal('JOB_NOT_FOUND');
  });
});
