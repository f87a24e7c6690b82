import { expect } from 'chai';
import type { Actor } from '../../../../src/domain/events/index.ts';
import { changeOf, isChangeEvent } from '../../../../src/domain/history/change-of.ts';
import { history, STEPS, type Step } from '../../../support/histories.ts';

const ann: Actor = { type: 'user', name: 'ann' };
const engine: Actor = { type: 'engine', name: 'engine-1' };

const actionsOf = (actor: Actor, ...steps: Step['step'][]) =>
  history(steps.map((step) => ({ jobId: 1, step }))).flatMap(({ event }) => {
    const change = isChangeEvent(event) ? changeOf(event, actor) : undefined;
    return change === undefined ? [] : [change.action];
  });

describe('the change that an event records', () => {
  it('is what someone requested', () => {
    const made = ['createApplication', 'createJob'];
    expect(actionsOf(ann, 'edit', 'switch', 'delete')).to.deep.equal([...made, 'updateJob', 'disableJob', 'deleteJob']);
    expect(actionsOf(ann, 'request', 'backfill', 'backfill')).to.deep.equal([
      ...made,
      'triggerJob',
      'requestBackfill',
      'cancelBackfill',
    ]);
    expect(actionsOf(ann, 'pause', 'pause', 'date', 'operate')).to.deep.equal([
      ...made,
      'setPause',
      'liftPause',
      'setCalendar',
      'bulkUpdateJobs',
    ]);
  });

  it('is none if the engine continues by itself', () => {
    expect(actionsOf(engine, 'claim', 'try again', 'start', 'succeed', 'claim', 'fail', 'pass')).to.deep.equal([
      'createApplication',
      'createJob',
    ]);
  });

  it('names what was changed, in the tenant that it is of', () => {
    for (const { event } of history(STEPS.map((step) => ({ jobId: 1, step })))) {
      const change = isChangeEvent(event) ? changeOf(event, ann) : undefined;
      if (change === undefined) continue;
      expect(change.tenant).to.equal('acme');
      expect(change.of.id ?? change.of.name, change.action).to.not.equal(undefined);
    }
  });
});
