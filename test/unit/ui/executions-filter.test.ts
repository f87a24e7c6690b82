import { expect } from 'chai';
import { readRetryOn } from '../../../ui/src/pages/edit-job/lines.ts';
import { executionsAddress, executionsQuery, readExecutionsFilter } from '../../../ui/src/pages/executions/filter.ts';
import { instantIn, wallIn } from '../../../ui/src/words/time-field.ts';

describe('the filter of the list of executions', () => {
  it('is what the address says, and nothing else of it', () => {
    const filter = readExecutionsFilter('?status=failed&errorText=timed+out&cursor=x&jobName=');
    expect(filter).to.deep.equal({ status: 'failed', errorText: 'timed out' });
    expect(executionsAddress(filter)).to.equal('/executions?status=failed&errorText=timed+out');
    expect(executionsAddress({}, { cursor: 'x' })).to.equal('/executions?cursor=x');
    expect(executionsAddress({ status: '' })).to.equal('/executions');
  });

  it('asks for what the API knows', () => {
    expect(executionsQuery({ trigger: 'manual', jobId: '7' })).to.deep.equal({ trigger: 'manual', jobId: 7 });
    expect(executionsQuery({ trigger: 'nonsense' })).to.deep.equal({});
    expect(executionsQuery({ jobName: ' sync ', label: 'team' }), 'while it is typed').to.deep.equal({
      jobName: 'sync',
    });
    expect(executionsQuery({ label: 'team:blue' })).to.deep.equal({ label: 'team:blue' });
  });
});

describe('fields for times and lists', () => {
  it('show an instant as a clock on the wall does, and read it back', () => {
    const instant = '2026-03-01T09:30:00.000Z';
    expect(instantIn(wallIn(instant, 'Europe/Berlin'), 'Europe/Berlin')).to.equal(instant);
    expect(wallIn(instant, 'Europe/Berlin')).to.equal('2026-03-01T10:30');
    expect([wallIn('', 'UTC'), wallIn('nonsense', 'UTC'), instantIn('', 'UTC')]).to.deep.equal(['', '', '']);
    expect(instantIn('0202-03-01T09:30', 'UTC'), 'a year that is still being typed').to.equal(undefined);
  });

  it('read statuses as numbers beside names', () => {
    expect(readRetryOn('connect, 429, 5xx')).to.deep.equal(['connect', 429, '5xx']);
    expect(readRetryOn(' ')).to.equal(undefined);
  });
});
