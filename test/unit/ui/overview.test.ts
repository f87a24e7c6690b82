import { expect } from 'chai';
import type { Attention } from '../../../packages/client/src/schema.ts';
import { pauseEnds } from '../../../ui/src/format/pause-ends.ts';
import { needGroups } from '../../../ui/src/pages/overview/need-groups.ts';

const need = (jobId: number, other: Partial<Attention> = {}): Attention => ({
  ...{ kind: 'failing', jobId, jobName: `job ${jobId}`, applicationId: 1, since: '2026-03-01T09:00:00.000Z', count: 1 },
  error: { code: 'HTTP_500', message: 'the target responded with status 500' },
  ...other,
});

describe('what needs attention', () => {
  it('is grouped by error and response, in the order of the first; other kinds are by themselves', () => {
    const groups = needGroups([
      need(1, { response: 'no column' }),
      need(2),
      need(3, { response: 'no column' }),
      need(4, { kind: 'missed' }),
      need(5, { kind: 'missed' }),
    ]);
    expect(groups.map(({ jobs }) => jobs.map(({ jobId }) => jobId))).to.deep.equal([[1, 3], [2], [4], [5]]);
    expect(groups.map(({ response }) => response)).to.deep.equal(['no column', undefined, undefined, undefined]);
  });
});

describe('the ends of a pause', () => {
  const endsAt = (at: string, zone = 'Europe/Berlin') =>
    Object.fromEntries(pauseEnds(Date.parse(at), zone).map(({ text, until }) => [text, until]));

  it('are some time from now, or a morning of the zone', () => {
    // A Friday afternoon; on Sunday, clocks go forward.
    expect(endsAt('2026-03-27T14:00:00.000Z')).to.deep.equal({
      'For 30 minutes': '2026-03-27T14:30:00.000Z',
      'For 2 hours': '2026-03-27T16:00:00.000Z',
      'For 24 hours': '2026-03-28T14:00:00.000Z',
      'Until tomorrow 09:00': '2026-03-28T08:00:00.000Z',
      'Until Monday 09:00': '2026-03-30T07:00:00.000Z',
    });
  });
  it('include the same morning before it, and one Monday alone', () => {
    expect(endsAt('2026-03-29T03:00:00.000Z', 'UTC')).to.include({
      'Until today 09:00': '2026-03-29T09:00:00.000Z',
      'Until tomorrow 09:00': '2026-03-30T09:00:00.000Z',
    });
    expect(endsAt('2026-03-29T03:00:00.000Z', 'UTC')).not.to.have.property('Until Monday 09:00');
    expect(endsAt('2026-03-30T10:00:00.000Z', 'UTC')).to.include({ 'Until Monday 09:00': '2026-04-06T09:00:00.000Z' });
  });
});
