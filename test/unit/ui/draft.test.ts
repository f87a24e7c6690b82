import { expect } from 'chai';
import { changeOf, mergeOf, valueAt, withValue } from '../../../ui/src/pages/edit-job/draft.ts';
import { printHeaders, printLabels, readHeaders, readLabels } from '../../../ui/src/pages/edit-job/lines.ts';

describe('draft of a job', () => {
  it('stores a value at a pointer, and returns it', () => {
    const draft = withValue({}, '/retry/backoff/initial', '5s');
    expect(draft).to.deep.equal({ retry: { backoff: { initial: '5s' } } });
    expect(valueAt(draft, '/retry/backoff/initial')).to.equal('5s');
  });

  it('keeps other values, and drops an object with its last value', () => {
    const draft = { retry: { maxAttempts: 3, backoff: { initial: '5s' } } };
    const one = withValue(draft, '/retry/backoff/initial', undefined);
    expect(one).to.deep.equal({ retry: { maxAttempts: 3 } });
    expect(withValue(one, '/retry/maxAttempts', undefined)).to.deep.equal({});
  });

  it('states null of what it no longer has', () => {
    expect(changeOf({ name: 'a', pattern: '@daily' }, { name: 'a', schedule: { every: '1h' } })).to.deep.equal({
      name: 'a',
      pattern: null,
      schedule: { every: '1h' },
    });
  });

  it('applies the changes of this page to what someone else has saved', () => {
    const before = { name: 'a', pattern: '@daily', limit: 'slow', overlap: 'skip' };
    const theirs = { name: 'a', pattern: '@hourly', limit: 'slow', overlap: 'queue', labels: { team: 'x' } };
    const mine = { name: 'b', pattern: '@daily', overlap: 'allow' };
    expect(mergeOf(before, theirs, mine)).to.deep.equal({
      name: 'b',
      pattern: '@hourly',
      overlap: 'allow',
      labels: { team: 'x' },
    });
  });

  it('has headers one a line, and keeps those that are sealed', () => {
    const headers = { Accept: 'text/plain', Authorization: { sealed: true }, 'X-Time': '12:30' };
    expect(readHeaders(printHeaders(headers))).to.deep.equal(headers);
    expect(readHeaders(' \n')).to.equal(undefined);
  });

  it('has labels with commas between them', () => {
    const labels = { team: 'blue', stage: 'test' };
    expect(readLabels(printLabels(labels))).to.deep.equal(labels);
    expect(readLabels('')).to.equal(undefined);
  });
});
