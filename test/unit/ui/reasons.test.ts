import { expect } from 'chai';
import { formatClosure, formatReason } from '../../../ui/src/format/reasons.ts';

describe('why a slot is not called', () => {
  it('has the text of the reference, and without Markdown', () => {
    expect(formatReason('NO_WORKER')).to.equal('The work was offered on time, but no worker took it within 1 second.');
    expect(formatReason('TOO_LATE')).to.contain('within maxLateness after');
    expect(formatReason('OF_A_LATER_VERSION')).to.equal('OF_A_LATER_VERSION');
  });

  it('names the calendars that exclude it', () => {
    expect(formatClosure('CALENDAR', ['holidays'])).to.equal('Excluded by the calendar holidays.');
    expect(formatClosure('CALENDAR', ['holidays', 'audit'])).to.equal('Excluded by the calendars holidays, audit.');
    expect(formatClosure('CALENDAR')).to.match(/^The job's calendar excludes the date/);
    expect(formatClosure('PAUSED', ['holidays'])).to.match(/was paused\.$/);
  });
});
