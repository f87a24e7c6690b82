import { expect } from 'chai';
import {
  CreateJob,
  checkRenamed,
  completeChange,
  nameWarnings,
  UpdateJob,
} from '../../../../src/commands/job/job-input.ts';

const NOT_ADDRESSABLE = ['a/b', 'a\\b', 'why?', '#1', '50%', '17', '.', '..'];

describe('the name of a job', () => {
  it('can be a part of an address, where it is new', () => {
    for (const name of NOT_ADDRESSABLE) {
      expect(CreateJob.shape.name.safeParse(name).success, name).to.equal(false);
      expect(() => checkRenamed(name, 'before'), name).to.throw('must not contain');
    }
    for (const name of ['nightly-sync', 'Täglicher Abgleich', '24/7'.replace('/', '-'), '17a', 'v1.2', '...']) {
      expect(CreateJob.shape.name.parse(name)).to.equal(name);
    }
  });

  it('may stay what it was before that rule, which each change is told', () => {
    expect(UpdateJob.parse({ name: 'a/b' }).name).to.equal('a/b');
    expect(() => checkRenamed('a/b', 'a/b')).to.not.throw();
    expect(nameWarnings('a/b')[0]).to.match(/^the name "a\/b" must not contain .*: rename it$/);
    expect(nameWarnings('nightly-sync')).to.deep.equal([]);
  });
});

describe('a complete change', () => {
  it('clears what it leaves out, but neither the name, the target nor whether the job is enabled', () => {
    const { pattern, labels, misfire, ...change } = completeChange({ pattern: '0 2 * * *' });
    expect([pattern, labels, misfire]).to.deep.equal(['0 2 * * *', null, null]);
    expect(change).to.not.have.any.keys('name', 'taskType', 'taskConfig', 'enabled', 'applicationId');
  });
});
