import { expect } from 'chai';
import { checkNames } from '../../../../src/commands/job/check-fields.ts';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import { anApplication } from '../../../support/applications.ts';
import { calendarEntry } from '../../../support/closure-entries.ts';
import { inMemory } from '../../../support/engines.ts';
import { metadata } from '../../../support/histories.ts';
import { bornAt } from '../../../support/jobs.ts';

const limits = [{ name: 'crm-api', parallel: 1, updatedAt: bornAt, updatedBy: 'ann' }];
const owner = { tenant: 'acme', application: anApplication({ limits }) };

describe('the names in a definition', () => {
  const { world, store } = inMemory();
  const check = (fields: Parameters<typeof checkNames>[2], as = owner) =>
    checkNames(store, as, fields).then(
      () => 'accepted',
      (error: unknown) => error,
    );

  before(async () => {
    const entries = [
      calendarEntry({ name: 'holidays' }),
      calendarEntry({ name: 'gone' }),
      calendarEntry({ name: 'gone' }, 'CalendarDeleted'),
    ];
    for (const { stream, event } of entries) {
      const expectedRevision = event.type === 'CalendarDeleted' ? 0 : -1;
      await store.append({ stream, expectedRevision, events: [{ ...event, id: world.random.uuid(), metadata }] });
    }
  });

  it('may be none, and those of calendars and limits that are there', async () => {
    expect(await check({})).to.equal('accepted');
    expect(await check({ calendar: null, limit: null })).to.equal('accepted');
    expect(await check({ calendar: { exclude: ['holidays'] }, limit: 'crm-api' })).to.equal('accepted');
  });

  it('are rejected, each by its place, if there is no such calendar', async () => {
    const rejected = await check({ calendar: { exclude: ['holidays', 'gone'], include: ['never'] } });
    expect(rejected).to.be.instanceOf(DomainError).and.to.have.property('code', 'UNKNOWN_CALENDAR');
    expect(rejected).to.have.deep.property('errors', [
      { pointer: '/calendar/exclude/1', message: 'there is no calendar gone' },
      { pointer: '/calendar/include/0', message: 'there is no calendar never' },
    ]);
    const elsewhere = await check({ calendar: { exclude: ['holidays'] } }, { ...owner, tenant: 'globex' });
    expect(elsewhere).to.have.property('code', 'UNKNOWN_CALENDAR');
  });

  it('are rejected if the application has no such limit', async () => {
    const rejected = await check({ limit: 'other' });
    expect(rejected).to.have.property('code', 'UNKNOWN_LIMIT');
    expect(rejected).to.have.nested.property('errors[0].pointer', '/limit');
  });
});
