import { expect } from 'chai';
import { createRememberNone } from '../../../../src/projections/queries/remember-none.ts';
import { documents } from '../../../../src/projections/read-models/documents.ts';
import { jobs } from '../../../../src/projections/read-models/jobs.ts';

describe('remember that a read model has none', () => {
  let nowMs: number;
  let changes: number;
  let rows: number;
  let checks: number;
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const remembering = () =>
    createRememberNone((projection) => (projection === jobs ? changes : 0), clock)([documents, jobs], async () => {
      checks += 1;
      return rows > 0;
    });

  beforeEach(() => {
    [nowMs, changes, rows, checks] = [0, 0, 0, 0];
  });

  it('checks again only after a change', async () => {
    const hasAny = remembering();
    expect([await hasAny(), await hasAny(), checks]).to.deep.equal([false, false, 1]);
    [rows, changes] = [1, 1];
    expect([await hasAny(), checks]).to.deep.equal([true, 2]);
  });

  it('checks each time while there are some', async () => {
    rows = 1;
    const hasAny = remembering();
    expect([await hasAny(), await hasAny(), checks]).to.deep.equal([true, true, 2]);
    rows = 0;
    expect([await hasAny(), await hasAny(), checks]).to.deep.equal([false, false, 3]);
  });

  it('checks again after a change that came during the check', async () => {
    const found = Promise.withResolvers<boolean>();
    const responses = [found.promise, Promise.resolve(true)];
    const hasAny = createRememberNone(() => changes, clock)([jobs], async () => responses.shift() ?? false);
    const first = hasAny();
    changes = 1;
    found.resolve(false);
    expect([await first, await hasAny()]).to.deep.equal([false, true]);
  });

  it('checks again after 10 s, in case a notification was lost', async () => {
    const hasAny = remembering();
    await hasAny();
    rows = 1;
    nowMs = 9_999;
    expect(await hasAny()).to.equal(false);
    nowMs = 10_000;
    expect(await hasAny()).to.equal(true);
  });
});
