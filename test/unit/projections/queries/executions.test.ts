import { expect } from 'chai';
import { QueryTooSlow } from '../../../../src/db/reader.ts';
import type { ReadFastThenSlow, ReadPlan } from '../../../../src/db/readers.ts';
import { readExecutions } from '../../../../src/projections/queries/executions.ts';
import type { ExecutionFilter } from '../../../../src/projections/queries/executions-filter.ts';

/** An empty stream. */
async function* notRead(): AsyncGenerator<never> {}

const failing = (error: Error, readings: ReadPlan[] = []) => {
  const read: ReadFastThenSlow = (_caller, reading) => {
    readings.push(reading);
    return Promise.reject(error);
  };
  const list = readExecutions({ fastThenSlow: read, store: { readStream: notRead } });
  return (filter: ExecutionFilter, cursor?: string) =>
    list({ tenant: 'acme' }, filter, { limit: 5, ...(cursor === undefined ? {} : { cursor }) }).catch(
      (thrown: unknown) => thrown,
    );
};

describe('reading executions', () => {
  it('states by what a list can be narrowed that was not found in time', async () => {
    const list = failing(new QueryTooSlow('10 s'));
    expect(await list({ labels: { team: 'a' }, status: ['failed'] }))
      .to.include({ code: 'QUERY_TOO_SLOW' })
      .and.to.have.property('message')
      .that.matches(/span of time \(from and to\), or a job \(jobId\), or a trigger$/);
    const spanned = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', jobId: 1 };
    expect(await list({ ...spanned, trigger: 'manual' }))
      .to.have.property('message')
      .that.matches(/by a shorter span of time, or a status$/);
  });

  it('hands on other errors', async () => {
    const error = new Error('of another kind');
    expect(await failing(error)({})).to.equal(error);
  });

  it('takes the pages of a list to be as slow as each other, and lists by the same filters to be alike', async () => {
    const readings: ReadPlan[] = [];
    const list = failing(new Error('not read'), readings);
    await list({ jobId: 1, trigger: 'manual' });
    await list({ jobId: 1, trigger: 'manual' }, 'second page');
    await list({ jobId: 2, trigger: 'manual' });
    await list({ jobId: 1, trigger: 'rerun' });
    const [first, second, other, rerun] = readings;
    expect(second).to.deep.equal(first);
    expect(other?.key).to.not.equal(first?.key);
    expect(other?.shape).to.equal(first?.shape);
    expect(rerun?.shape).to.not.equal(first?.shape);
  });
});
