import { expect } from 'chai';
import { targetUrl } from '../../../../../src/domain/targets/target-url.ts';
import { withQuery } from '../../../../../src/domain/tasks/http/run-input.ts';

describe('the query of one run', () => {
  const query = { page: '7', 'a b': 'c&d' };
  const cases: readonly (readonly [title: string, task: Parameters<typeof withQuery>[0], url: string])[] = [
    ['a URL', { url: 'https://x.example/a?page=1&b=2#c' }, 'https://x.example/a?b=2&page=7&a%20b=c%26d'],
    ['a path', { endpoint: 'https://x.example', path: '/a?page=1' }, 'https://x.example/a?page=7&a%20b=c%26d'],
    ['an endpoint alone', { endpoint: 'https://x.example/a' }, 'https://x.example/a?page=7&a%20b=c%26d'],
    [
      'the query of an endpoint',
      { endpoint: 'https://x.example/a?page=1&k=v#e', path: '/b' },
      'https://x.example/a/b?k=v&page=7&a%20b=c%26d',
    ],
    [
      'an endpoint whose query it has whole',
      { endpoint: 'https://x.example/?page=1', path: '' },
      'https://x.example/?page=7&a%20b=c%26d',
    ],
  ];
  for (const [title, task, url] of cases) {
    it(`goes to ${title}, in place of what is named alike there`, () => {
      expect(String(targetUrl({ ...task, ...withQuery(task, query) }))).to.equal(url);
    });
  }
});
