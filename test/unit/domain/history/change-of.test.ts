import { expect } from 'chai';
import { erasedSecrets } from '../../../../src/commands/job/update-job.ts';
import type { Actor } from '../../../../src/domain/events/index.ts';
import { changedFields, changeOf, comparedJobFields, isChangeEvent } from '../../../../src/domain/history/change-of.ts';
import { history, STEPS, type Step } from '../../../support/histories.ts';
import { aJob } from '../../../support/jobs.ts';

const sealed = (fingerprint: string, box = 'box', generation = 1) => ({ $sealed: { generation, box, fingerprint } });
const calling = (token: ReturnType<typeof sealed>, other: object = {}) =>
  comparedJobFields(
    aJob({
      taskConfig: { url: 'https://example.com', method: 'GET', auth: { authMethod: 'bearer', token }, ...other },
    }),
  );

describe('the changed fields of a version', () => {
  it('are all of them in the first, without those that the server sets', () => {
    const paths = changedFields(undefined, comparedJobFields(aJob())).map(({ path, from }) => [path, from]);
    expect(paths).to.deep.equal(
      ['/applicationId', '/name', '/enabled', '/pattern', '/timezone', '/taskType', '/taskConfig'].map((path) => [
        path,
        undefined,
      ]),
    );
  });

  it('are named one by one, with what they were and are', () => {
    const before = comparedJobFields(aJob({ labels: { team: 'red', old: 'x' }, description: 'to be dropped' }));
    const after = comparedJobFields(aJob({ labels: { team: 'blue', new: 'y' }, retry: { maxAttempts: 3 } }));
    expect(changedFields(before, after)).to.have.deep.members([
      { path: '/labels/team', from: 'red', to: 'blue' },
      { path: '/labels/old', from: 'x' },
      { path: '/labels/new', to: 'y' },
      { path: '/description', from: 'to be dropped' },
      { path: '/retry', to: { maxAttempts: 3 } },
    ]);
  });

  it('report that a secret changed, and never what it is', () => {
    const mask = { sealed: true };
    expect(changedFields(calling(sealed('one')), calling(sealed('two')))).to.deep.equal([
      { path: '/taskConfig/auth/token', from: mask, to: mask },
    ]);
    expect(changedFields(calling(sealed('one', 'a')), calling(sealed('one', 'b')))).to.deep.equal([]);
    const created = changedFields(undefined, calling(sealed('one', 'the box'))).find(
      ({ path }) => path === '/taskConfig',
    );
    expect(created?.to).to.have.nested.property('auth.token').that.deep.equals(mask);
    expect(JSON.stringify(created)).to.not.contain('the box');
  });

  it('leave out a value over 4 KiB, and state how large it is', () => {
    const body = 'x'.repeat(5_000);
    const change = changedFields(calling(sealed('one')), calling(sealed('one'), { body }));
    expect(change).to.deep.equal([{ path: '/taskConfig/body', to: { omitted: true, bytes: 5_002 } }]);
  });
});

describe('the erased secrets of a version', () => {
  it('are those of the erased generation or an earlier one, wherever they are', () => {
    const task = { headers: { 'x/key': sealed('a', 'b', 2) }, auth: { token: sealed('c', 'd', 3) }, body: null };
    expect(erasedSecrets({ task }, 2)).to.deep.equal(['/task/headers/x~1key']);
    expect(erasedSecrets({ task }, 0)).to.deep.equal([]);
  });
});

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
