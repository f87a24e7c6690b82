import { expect } from 'chai';
import { type JobState, type JobStateFacts, jobStateOf } from '../../../../src/domain/job/job-state.ts';

const since = '2026-03-01T09:00:00.000Z';
const well: JobStateFacts = {
  isCompleted: false,
  isEnabled: true,
  disabled: undefined,
  parked: undefined,
  pause: undefined,
  failures: undefined,
  isExcluded: false,
};
const completed = { isCompleted: true };
const disabled = { isEnabled: false, disabled: { by: 'ann', since, reason: 'Stocktaking' } };
const parked = { parked: { since, reason: 'cannot be read' } };
const byAnn = { pauseId: 1, tenant: 'acme', scope: 'tenant', createdBy: 'ann', createdAt: since } as const;
const paused = {
  pause: { ...byAnn, until: '2026-03-02T09:00:00.000Z', reason: 'Maintenance' },
};
const failing = { failures: { count: 3, since, code: 'HTTP_STATUS' } };
const blocked = { failures: { count: 1, since, code: 'TARGET_BLOCKED' } };

const given = (...facts: readonly Partial<JobStateFacts>[]) => ({
  then: (state: JobState) => expect(jobStateOf(Object.assign({}, well, ...facts))).to.deep.equal(state),
});

describe('the state of a job', () => {
  it('is active if nothing keeps it from that', () => {
    given().then({ name: 'active' });
  });

  it('is active without a slot to come, if its calendars exclude all, unless something is worse', () => {
    given({ isExcluded: true }).then({ name: 'active', reason: 'CALENDAR' });
    given({ isExcluded: true }, completed).then({ name: 'completed' });
    given({ isExcluded: true }, { isEnabled: false }).then({ name: 'disabled' });
  });

  it('is completed before everything else', () => {
    given(completed, disabled, parked, paused, failing).then({ name: 'completed' });
  });

  it('is disabled, by whom, since when and why, before it is parked', () => {
    given(disabled, parked, paused, failing).then({ name: 'disabled', by: 'ann', since, reason: 'Stocktaking' });
    given({ isEnabled: false }).then({ name: 'disabled' });
  });

  it('is parked before it is paused', () => {
    given(parked, paused, failing).then({ name: 'parked', since, reason: 'cannot be read' });
  });

  it('is paused by whom, until when and why, before it fails', () => {
    const until = '2026-03-02T09:00:00.000Z';
    given(paused, failing).then({ name: 'paused', by: 'ann', since, until, reason: 'Maintenance' });
    given({ pause: byAnn }).then({ name: 'paused', by: 'ann', since });
  });

  it('is blocked or failing by the code of the newest failure, since the first, so often in a row', () => {
    given(blocked).then({ name: 'blocked', count: 1, since, reason: 'TARGET_BLOCKED' });
    given(failing).then({ name: 'failing', count: 3, since, reason: 'HTTP_STATUS' });
    given({ failures: { count: 2, since, code: undefined } }).then({ name: 'failing', count: 2, since });
  });
});
