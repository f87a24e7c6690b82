import { expect } from 'chai';
import type { z } from 'zod';
import {
  CreateJob,
  checkRenamed,
  completeChange,
  DisplayName,
  Labels,
  NewName,
  nameWarnings,
  UpdateJob,
} from '../../../../src/commands/job/job-input.ts';
import { checkInput } from '../../../../src/commands/parse.ts';
import { CreateToken } from '../../../../src/commands/token.ts';

const NOT_ADDRESSABLE = ['a/b', 'a\\b', 'why?', '#1', '50%', '17', '.', '..'];

describe('the name of a job', () => {
  it('must be valid in an address, if it is new', () => {
    for (const name of NOT_ADDRESSABLE) {
      expect(NewName.safeParse(name).success, name).to.equal(false);
      expect(() => checkRenamed(name, 'before'), name).to.throw('must not contain');
    }
    for (const name of ['nightly-sync', 'Täglicher Abgleich', '24/7'.replace('/', '-'), '17a', 'v1.2', '...']) {
      expect(NewName.parse(name)).to.equal(name);
    }
  });

  it('is trimmed and normalised', () => {
    expect(NewName.parse('  A\u030angstro\u0308m ')).to.equal('Ångström');
  });
  it('stays valid if it was given before that rule, with a warning', () => {
    expect(UpdateJob.parse({ name: 'a/b' }).name).to.equal('a/b');
    expect(() => checkRenamed('a/b', 'a/b')).to.not.throw();
    expect(nameWarnings('a/b')[0]).to.match(/^the name "a\/b" must not contain .*: rename it$/);
    expect(nameWarnings('nightly-sync')).to.deep.equal([]);
  });
});

describe('names and labels of jobs', () => {
  const INVISIBLE = ['\u202E', '\u2066', '\u200B', '\u200D', '\uFEFF', '\u00AD', '\u2028', '\u3164'];
  const messageOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues[0]?.message;

  it('have no invisible characters', () => {
    for (const character of INVISIBLE) {
      const text = `a${character}b`;
      const code = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
      const message = `must not contain invisible characters, such as ${code}`;
      expect(messageOf(NewName, text)).to.equal(message);
      expect(messageOf(DisplayName, text)).to.equal(message);
      expect(messageOf(Labels, { team: text })).to.equal(message);
      expect(messageOf(CreateToken.shape.name, text)).to.equal(message);
      expect(() => checkRenamed(text, 'before')).to.throw(message);
      expect(() => checkRenamed(text, text)).to.not.throw();
    }
    for (const name of ['Täglich ❤️', '日本語', 'تقرير', 'дневной'])
      expect(messageOf(NewName, name)).to.equal(undefined);
  });
});

describe('a misspelt field of a new job', () => {
  const job = {
    ...{ applicationId: 1, name: 'sync', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
    taskConfig: { url: 'https://a.example', method: 'GET' },
  };
  const messageOf = (fields: object): string => {
    const checked = checkInput(CreateJob, { ...job, ...fields });
    return 'faults' in checked ? (checked.faults[0]?.message ?? '') : expect.fail('it is accepted');
  };

  it('is rejected with the name that was meant', () => {
    expect(messageOf({ timeout: '3s' })).to.equal('is unknown; did you mean taskConfig.timeout?');
    expect(messageOf({ url: 'https://a.example' })).to.match(/did you mean .*taskConfig\.url\?$/);
    expect(messageOf({ taskType: 'HttpInvoker' })).to.equal(
      'must be one of HttpInvokerTask, WorkerTask; did you mean HttpInvokerTask?',
    );
    expect(messageOf({ taskType: 'Shell' })).to.equal('must be one of HttpInvokerTask, WorkerTask');
  });
});

describe('a complete change', () => {
  it('clears omitted fields, except name, target and enabled', () => {
    const { pattern, labels, misfire, ...change } = completeChange({ pattern: '0 2 * * *' });
    expect([pattern, labels, misfire]).to.deep.equal(['0 2 * * *', null, null]);
    expect(change).to.not.have.any.keys('name', 'taskType', 'taskConfig', 'enabled', 'applicationId');
  });
});
