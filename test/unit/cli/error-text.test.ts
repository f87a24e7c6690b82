import { expect } from 'chai';
import { errorText, serverUnreachable } from '../../../src/cli/error-text.ts';

const problem = (code: string, detail: string, errors: readonly object[] = []) => ({ code, detail, errors });

describe('what the command line reports of a rejection', () => {
  it('names the code, the fields that the detail does not, and a command that helps', () => {
    const errors = [
      { pointer: '/of', message: 'there is no job crm/none' },
      { pointer: '/until', message: 'must be in the future' },
    ];
    expect(errorText(422, problem('UNKNOWN_JOB', 'there is no job crm/none', errors))).to.equal(
      'UNKNOWN_JOB: /of: there is no job crm/none\n  /until: must be in the future\n' +
        '  `carillon jobs list` shows the jobs and their addresses.',
    );
  });

  it('states when to try again, if the server does', () => {
    expect(errorText(429, problem('TOO_MANY_REQUESTS', '600 a minute are allowed'), { retryAfter: '7' })).to.equal(
      'TOO_MANY_REQUESTS: 600 a minute are allowed\n  Try again in 7 s.',
    );
  });

  it('names the option that was typed in place of the field that it became', () => {
    const errors = [
      { pointer: '/from', message: 'must be a date' },
      { pointer: '/headers/X-Mode', message: 'must be a text' },
      { pointer: '/permissions/0', message: 'must be a permission' },
      { pointer: '/pattern', message: 'is required' },
    ];
    const detail = errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
    const typed = { from: '--since', headers: '--header', permissions: '--permissions' };
    expect(errorText(400, problem('BAD_INPUT', detail, errors), { typed }).split('\n')[0]).to.equal(
      'BAD_INPUT: --since: must be a date; --header X-Mode: must be a text; ' +
        '--permissions: must be a permission; /pattern: is required',
    );
    const one = problem('UNTIL_IN_PAST', 'must be in the future', [
      { pointer: '/until', message: 'must be in the future' },
    ]);
    expect(errorText(422, one, { typed: { until: '--until' } })).to.match(
      /^UNTIL_IN_PAST: --until: must be in the future\n/,
    );
  });

  it('names an option by the object that it is part of, if no other option is', () => {
    const schedule = problem('BAD_SCHEDULE', '/schedule: give one', [{ pointer: '/schedule', message: 'give one' }]);
    const typed = { 'schedule/every': '--every', 'taskConfig/url': '--url', 'taskConfig/method': '--method' };
    expect(errorText(422, schedule, { typed })).to.match(/^BAD_SCHEDULE: --every: give one\n/);
    const task = problem('BAD_INPUT', '/taskConfig: is odd', [{ pointer: '/taskConfig', message: 'is odd' }]);
    expect(errorText(422, task, { typed })).to.match(/^BAD_INPUT: \/taskConfig: is odd\n/);
  });

  it('advises what docs/reference/codes.md does if no command helps, without its links', () => {
    const text = errorText(422, problem('TARGET_BLOCKED', 'blocked'));
    expect(text.split('\n')).to.have.length(2);
    expect(text).to.not.match(/\]\(/);
  });

  it('knows no more of a code of a later release than the server states', () => {
    expect(errorText(409, problem('TOMORROW', 'not yet'))).to.equal('TOMORROW: not yet');
  });

  it('lets no detail move the cursor', () => {
    expect(errorText(409, problem('TOMORROW', 'a\u001b[2Jb'))).to.equal('TOMORROW: a [2Jb');
  });

  it('distinguishes a page of a proxy from a response of Carillon', () => {
    expect(errorText(502, '<html>Bad gateway</html>')).to.match(/^The response \(HTTP 502\) is not from a/);
  });

  it('names the cause of a failed connection, also without a message', () => {
    const rejected = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    expect(serverUnreachable(rejected).message).to.match(/^Can't reach the server: ECONNREFUSED\n/);
  });

  it('warns that a change may have been made, unless nothing was sent', () => {
    const textOf = (code: string) => serverUnreachable(Object.assign(new Error('gone'), { code }), 'post').message;
    expect(textOf('ECONNRESET')).to.match(/gone\n {2}The request may have succeeded/);
    expect(textOf('ECONNREFUSED')).to.match(/gone\n {2}Check that it's running/);
  });
});
