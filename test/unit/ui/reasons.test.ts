import { expect } from 'chai';
import { formatClosure } from '../../../ui/src/format/reasons.ts';

describe('why a slot is not called', () => {
  it('names the calendars that exclude it', () => {
    expect(formatClosure('CALENDAR', ['holidays'])).to.equal('Excluded by the calendar holidays.');
    expect(formatClosure('CALENDAR', ['holidays', 'audit'])).to.equal('Excluded by the calendars holidays, audit.');
    expect(formatClosure('CALENDAR')).to.match(/^A calendar of the job excludes this date/);
    expect(formatClosure('PAUSED', ['holidays'])).to.equal('The job was paused.');
  });
});
