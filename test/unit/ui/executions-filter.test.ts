import { expect } from 'chai';
import { instantIn, wallIn } from '../../../ui/src/format/time-field.ts';
import { readRetryOn } from '../../../ui/src/pages/edit-job/lines.ts';
import {
  bulksOf,
  executionsAddress,
  executionsQuery,
  readExecutionsFilter,
  spanOf,
} from '../../../ui/src/pages/executions/filter.ts';

describe('the filter of the list of executions', () => {
  it('is what the address states, and nothing else of it', () => {
    const filter = readExecutionsFilter('?status=failed&errorText=timed+out&cursor=x&jobName=');
    expect(filter).to.deep.equal({ status: 'failed', errorText: 'timed out' });
    expect(executionsAddress(filter)).to.equal('/executions?status=failed&errorText=timed+out');
    expect(executionsAddress({}, { cursor: 'x' })).to.equal('/executions?cursor=x');
    expect(executionsAddress({ status: '' })).to.equal('/executions');
  });

  it('requests what the API knows', () => {
    expect(executionsQuery({ trigger: 'manual', jobId: '7' }, 0)).to.deep.equal({ trigger: 'manual', jobId: 7 });
    expect(executionsQuery({ trigger: 'nonsense' }, 0)).to.deep.equal({});
    expect(executionsQuery({ jobName: ' sync ', label: 'team' }, 0), 'while it is typed').to.deep.equal({
      jobName: '*sync*',
    });
    expect(executionsQuery({ label: 'team:blue' }, 0)).to.deep.equal({ label: 'team:blue' });
  });
});

describe('what can be done to all executions that match', () => {
  it('runs those again that have ended, and cancels those that have not', () => {
    const works = bulksOf({ jobName: 'sync', label: 'team:a:b', span: '1h' }, Date.parse('2026-03-01T12:00:00Z'));
    const filter = { jobName: '*sync*', labels: { team: 'a:b' }, from: '2026-03-01T11:00:00.000Z' };
    expect(works).to.deep.equal([
      { of: 'executions', action: 'rerun', filter: { ...filter, status: ['succeeded', 'failed', 'cancelled'] } },
      { of: 'executions', action: 'cancel', filter: { ...filter, status: ['pending', 'running'] } },
    ]);
  });

  it('is what the status leaves', () => {
    const [work, ...others] = bulksOf({ status: 'failed' }, 0);
    expect([work, others]).to.deep.equal([{ of: 'executions', action: 'rerun', filter: { status: ['failed'] } }, []]);
  });
});

describe('the time of the list of executions', () => {
  const nowMs = Date.parse('2026-03-01T12:00:00Z');
  const hour = '2026-03-01T11:00:00.000Z';

  it('is a span up to now, or what was chosen instead', () => {
    expect(executionsQuery({ span: '1h' }, nowMs)).to.deep.equal({ from: hour });
    expect(executionsQuery({ span: '1h', from: '2026-03-01T09:00:00Z' }, nowMs)).to.deep.equal({
      from: '2026-03-01T09:00:00Z',
    });
    expect(spanOf({}, nowMs)).to.equal(undefined);
    expect(spanOf({ from: hour }, nowMs)).to.deep.equal({ fromMs: Date.parse(hour), toMs: nowMs });
    expect(spanOf({ span: '24h', to: hour }, nowMs)?.toMs).to.equal(Date.parse(hour));
    expect(executionsQuery({ span: 'ages' }, nowMs)).to.deep.equal({});
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
