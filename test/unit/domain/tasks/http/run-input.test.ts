import { expect } from 'chai';
import { withInput } from '../../../../../src/domain/tasks/http/run-input.ts';
import type { TaskConfig } from '../../../../../src/domain/tasks/stored.ts';

const task: TaskConfig = {
  endpoint: 'https://api.example.com',
  path: '/sync?page=1&day=${T:YYYY-MM-DD}&flag#top',
  method: 'POST',
  headers: { 'X-Mode': 'full', Accept: 'application/json' },
  body: { all: true },
};
const called = (input: Parameters<typeof withInput>[1], taskConfig = task) =>
  withInput({ taskConfig }, input).taskConfig;

describe('the input of one run', () => {
  it('leaves the definition alone where there is none', () => {
    const definition = { taskConfig: task };
    expect(withInput(definition, undefined)).to.equal(definition);
    expect(called({})).to.deep.equal(task);
  });

  it('stands in place of the body, and of headers in whatever case', () => {
    expect(called({ body: null }).body).to.equal(null);
    expect(called({ headers: { 'x-mode': 'part', 'X-New': '1' } }).headers).to.deep.equal({
      Accept: 'application/json',
      'x-mode': 'part',
      'X-New': '1',
    });
  });

  it('stands in place of query parameters of its names, and keeps the rest of the template', () => {
    const path = (query: Record<string, string>, taskConfig?: TaskConfig) => called({ query }, taskConfig).path;
    expect(path({ page: '7' })).to.equal('/sync?day=${T:YYYY-MM-DD}&flag&page=7#top');
    expect(path({ flag: 'a&b=c' })).to.equal('/sync?page=1&day=${T:YYYY-MM-DD}&flag=a%26b%3Dc#top');
    expect(path({ page: '7' }, { ...task, path: '/sync' })).to.equal('/sync?page=7');
    const { endpoint: _, path: __, ...other } = task;
    expect(called({ query: { page: '7' } }, { ...other, url: 'https://a.example/?page=1&page=2' })).to.include({
      url: 'https://a.example/?page=7',
    });
  });

  it('cannot move the target', () => {
    for (const name of ['@host/', '/../', '#', '?', 'https://other.example']) {
      const url = new URL(`https://api.example.com${called({ query: { [name]: name } }).path}`);
      expect([url.host, url.pathname, url.searchParams.get(name)]).to.deep.equal(['api.example.com', '/sync', name]);
    }
  });
});
